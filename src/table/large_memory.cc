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
  const std::uintptr_t skipped =
      (kLargePage - reinterpret_cast<std::uintptr_t>(begin) % kLargePage) % kLargePage;
  const std::size_t length = (size - skipped) / kLargePage * kLargePage;
  madvise(static_cast<char*>(begin) + skipped, length, MADV_HUGEPAGE);
#endif
}

}  // namespace archmlp::table
