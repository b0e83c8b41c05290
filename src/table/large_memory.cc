#include "archmlp/table/large_memory.h"

#include <cstdint>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace archmlp::table {

void advise_large_pages([[maybe_unused]] void* begin, [[maybe_unused]] std::size_t size) noexcept {
#ifdef __linux__
  constexpr std::uintptr_t kLargePage = std::uintptr_t{2} << 20U;
  if (size < 2 * kLargePage) return;
  // Whole pages inside the block only.
  const std::uintptr_t first =
      (reinterpret_cast<std::uintptr_t>(begin) + kLargePage - 1) / kLargePage * kLargePage;
  const std::uintptr_t last = (reinterpret_cast<std::uintptr_t>(begin) + size) / kLargePage * kLargePage;
  if (first < last) madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
#endif
}

}  // namespace archmlp::table
