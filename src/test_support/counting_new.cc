#include "archmlp/test_support/counting_new.h"

#include <atomic>
#include <cstdlib>
#include <new>

#if defined(__SANITIZE_THREAD__)
#define ARCHMLP_OPERATOR_NEW_IS_TAKEN
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define ARCHMLP_OPERATOR_NEW_IS_TAKEN
#endif
#endif

namespace archmlp::test_support {
namespace {

std::atomic<std::size_t> count = 0;

#ifdef ARCHMLP_OPERATOR_NEW_IS_TAKEN
constexpr bool kCounts = false;
#else
constexpr bool kCounts = true;
#endif

}  // namespace

bool allocations_are_counted() noexcept { return kCounts; }

std::size_t allocation_count() noexcept { return count; }

}  // namespace archmlp::test_support

#ifndef ARCHMLP_OPERATOR_NEW_IS_TAKEN

// Every form that ends in the plain `operator delete`, or sanitizers see memory freed by another allocator.

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++archmlp::test_support::count;
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
