#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/profile/profile.h"
#include "archmlp/table/table.h"

namespace archmlp::profile {

// What bounds the cost. Columns of text with more values, and columns behind the most, are not compared.
inline constexpr std::size_t kMostCategories = 100;
inline constexpr std::size_t kMostComparedColumns = 200;
inline constexpr std::size_t kMostComparedRows = 100'000;

/// At most `count` rows, ascending: all of them, or one drawn from each of `count` equal stretches of the
/// table. The same rows for the same table always.
std::vector<std::uint32_t> sample_rows(std::size_t row_count, std::size_t count);

/// On how many rows so many columns are compared: kMostComparedRows, fewer from 90 columns on.
std::size_t compared_row_count(std::size_t row_count, std::size_t column_count) noexcept;

struct Comparison {
  Associations associations;
  std::vector<std::optional<Association>> with_label;  // one a column; none without a label
};

/// Pearson's r for two columns of numbers, Cramér's V for two of text or booleans, the correlation ratio for
/// one of each. A label that is a class counts as text.
/// Errors: kResourceLimit.
base::Result<Comparison> compare_columns(const table::Table& table,
                                         const std::vector<ColumnProfile>& profiles,
                                         const std::optional<LabelProfile>& label, int thread_count);

}  // namespace archmlp::profile
