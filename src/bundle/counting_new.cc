#include "archmlp/bundle/counting_new.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace archmlp::bundle {
namespace {
std::atomic<std::size_t> count = 0;
}  // namespace

std::size_t allocation_count() noexcept { return count; }

}  // namespace archmlp::bundle

void* operator new(std::size_t size) {
  ++archmlp::bundle::count;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
// The one that does not throw too: AddressSanitizer has its own, whose memory the delete below could not free.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++archmlp::bundle::count;
  return std::malloc(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
