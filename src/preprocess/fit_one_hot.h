#pragma once

#include "archmlp/preprocess/fit_steps.h"

namespace archmlp::preprocess {

/// A column with more categories is an identifier rather than a category.
inline constexpr std::size_t kMaxCategories = 10'000;
/// 0/1 cells that one step may make: they take 8 bytes each.
inline constexpr std::size_t kMaxEncodedCells = 1'000'000'000;

/// Learns the categories of each column from the training rows: text, boolean and integer columns, by value.
/// Errors: kInvalidInput: an absent or real column, a column without any value in the training rows;
/// kResourceLimit: too many categories.
base::Result<transform::StepPointer> fit_one_hot(const contract::OneHotStep& step, const FitInput& input);

}  // namespace archmlp::preprocess
