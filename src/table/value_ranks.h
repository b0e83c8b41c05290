#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "archmlp/table/table.h"

namespace archmlp::table {

/// The distinct values of a column in value order (contract::value_less), numbered from 0.
struct ValueRanks {
  static constexpr std::uint32_t kMissing = std::numeric_limits<std::uint32_t>::max();

  std::vector<std::uint32_t> of_row;      // kMissing where the value is missing
  std::vector<std::size_t> row_counts;    // per rank
  std::vector<std::uint32_t> first_rows;  // per rank: where its value stands first
  std::size_t missing_count = 0;

  std::size_t distinct_count() const noexcept { return row_counts.size(); }
};

/// Depends on the values alone, not on how a text column numbers its levels.
ValueRanks rank_values(const Column& column);

}  // namespace archmlp::table
