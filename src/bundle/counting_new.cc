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

#ifndef ARCHMLP_OPERATOR_NEW_IS_TAKEN

// Every form that ends in the plain `operator delete`, or sanitizers see memory freed by another allocator.

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++archmlp::bundle::count;
  return std::malloc(size);
}
void* operator new(std::size_t size) {
  if (void* memory = operator new(size, std::nothrow)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }

#endif
