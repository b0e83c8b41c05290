#pragma once

#include <cstddef>

namespace archmlp::bundle {

/// Calls of operator new so far in this test program, on all threads.
std::size_t allocation_count() noexcept;

}  // namespace archmlp::bundle
