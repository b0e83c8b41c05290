#pragma once

#include <cstdint>
#include <vector>

namespace archmlp::profile {

/// Sorts ascending, in time that grows with the length only. Precondition: no NaN, no negative zero.
void sort_values(std::vector<std::int64_t>& values);
void sort_values(std::vector<double>& values);

}  // namespace archmlp::profile
