#pragma once

#include <cstddef>

// ThreadSanitizer links its own operator new into the program and allows no other.
#if defined(__SANITIZE_THREAD__)
#define ARCHMLP_OPERATOR_NEW_IS_TAKEN
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define ARCHMLP_OPERATOR_NEW_IS_TAKEN
#endif
#endif

namespace archmlp::bundle {

/// Whether allocation_count() counts in this build; where it does not, a test of it is to be skipped.
#ifdef ARCHMLP_OPERATOR_NEW_IS_TAKEN
inline constexpr bool kAllocationsAreCounted = false;
#else
inline constexpr bool kAllocationsAreCounted = true;
#endif

/// Calls of operator new so far in this test program, on all threads.
std::size_t allocation_count() noexcept;

}  // namespace archmlp::bundle
