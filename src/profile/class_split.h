#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "archmlp/profile/profile.h"
#include "archmlp/table/table.h"

namespace archmlp::profile {

inline constexpr std::size_t kMostSplitClasses = 6;

/// The label's classes with their counts, most frequent first, ties by value; and which one each row has.
struct LabelClasses {
  std::vector<ValueCount> classes;
  std::vector<std::int32_t> of_row;  // -1 where the label is missing
};
/// Precondition: not a real column.
LabelClasses classes_of(const table::Column& label);

/// How the rows of each class fall on the bars of a column: ColumnProfile::by_class.
/// Shape: [class_count][bars]. Rows outside the histogram count nowhere.
std::vector<std::vector<std::size_t>> split_by_class(const table::Column& column,
                                                     const ColumnProfile& profile,
                                                     std::span<const std::int32_t> class_of_row,
                                                     std::size_t class_count);

}  // namespace archmlp::profile
