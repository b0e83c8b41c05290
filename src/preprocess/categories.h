#pragma once

#include <string>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/preprocess/fit_steps.h"

namespace archmlp::preprocess {

/// A column with more categories is an identifier rather than a category.
inline constexpr std::size_t kMaxCategories = 10'000;
/// What can be stored of one column's values.
inline constexpr std::size_t kMaxKnownValues = 100'000;

/// The distinct values of a column's training rows, in value order.
struct Categories {
  std::vector<contract::Value> values;
  std::vector<std::size_t> row_counts;  // per value
};

/// The columns named, or every text column if none is. Errors: kInvalidInput for an absent column.
base::Result<std::vector<const contract::ColumnSchema*>> category_columns(
    const std::vector<std::string>& names, const FitInput& input);
/// Errors: kInvalidInput for a real column and one without any value; kResourceLimit for too many values.
base::Result<Categories> learn_categories(const contract::ColumnSchema& column, const FitInput& input);

}  // namespace archmlp::preprocess
