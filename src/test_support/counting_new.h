#pragma once

#include <cstddef>

namespace archmlp::test_support {

/// Whether this build counts: ThreadSanitizer links its own operator new into the program and allows no
/// other.
bool allocations_are_counted() noexcept;

/// Calls of operator new so far in this test program, on all threads.
std::size_t allocation_count() noexcept;

}  // namespace archmlp::test_support
