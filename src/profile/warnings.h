#pragma once

#include <cstddef>

#include "archmlp/profile/column_profile.h"
#include "archmlp/profile/profile.h"

namespace archmlp::profile {

// From where on something is worth a warning; docs/guides/inspect.md says the same.
inline constexpr double kManyMissingShare = 0.2;
inline constexpr double kSkewedFrom = 3;                  // |skewness|, with more than two values
inline constexpr double kIdentifierShare = 0.95;          // distinct values of those present
inline constexpr std::size_t kIdentifierRows = 20;        // at least so many
inline constexpr std::size_t kHighCardinalityFrom = 100;  // more distinct texts
inline constexpr double kMixedNumberShare = 0.5;          // numbers among the cells of a text column
inline constexpr double kDateShare = 0.95;
inline constexpr double kLeakFrom = 0.98;  // association with the label
inline constexpr double kRareClassShare = 0.05;

/// What is suspicious in a column by itself.
void warn_of_column(const TextForms& forms, std::size_t row_count, ColumnProfile& column);

/// Adds what only shows beside others: a column that leaks the label, a label that is rare or has gaps.
void warn_of_label(TableProfile& profile);

/// Warns of columns that equal an earlier one cell by cell. Constant columns are not compared.
void warn_of_duplicates(const table::Table& table, TableProfile& profile);

}  // namespace archmlp::profile
