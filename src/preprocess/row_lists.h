#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

namespace archmlp::preprocess {

/// `count` positions of rows from `first` on.
inline std::vector<std::uint32_t> counted_from(std::size_t first, std::size_t count) {
  std::vector<std::uint32_t> rows(count);
  std::iota(rows.begin(), rows.end(), static_cast<std::uint32_t>(first));
  return rows;
}

}  // namespace archmlp::preprocess
