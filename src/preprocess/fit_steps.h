#pragma once

#include <cstdint>
#include <span>

#include "archmlp/base/result.h"
#include "archmlp/contract/recipe.h"
#include "archmlp/table/table.h"
#include "archmlp/transform/step.h"

namespace archmlp::preprocess {

/// What a step learns from: all rows as the steps before left them, and which of them are training rows.
struct FitInput {
  const table::Table& rows;
  const contract::Schema& schema;  // of `rows`
  std::span<const std::uint32_t> train_rows;
};

using Fitted = base::Result<transform::StepPointer>;

/// The fitted step; null if it would change nothing (`one_hot` of all text columns where there is none).
/// Errors: kInvalidInput, `where` empty or a key of the step.
Fitted fit_step(const contract::StepConfig& step, const FitInput& input);

// One a kind of step.

Fitted fit(const contract::FilterStep& step, const FitInput& input);
Fitted fit(const contract::RemoveStep& step, const FitInput& input);
Fitted fit(const contract::RenameStep& step, const FitInput& input);
Fitted fit(const contract::ReplaceStep& step, const FitInput& input);
Fitted fit(const contract::AddFeaturesStep& step, const FitInput& input);

/// Learns what the missing values of each column become from the training rows. Placeholders count as
/// missing.
///   mean, median    number columns; the result is real (median: the mean of the two middle values, if two)
///   most_frequent   any column; ties go to the smallest value
///   constant        any column whose kind the value suits
/// Without named columns: those that the strategy can treat and that have or may have a missing value.
/// Errors: kInvalidInput: an absent column, a strategy or value that does not suit its kind, no value to
/// learn from, a placeholder that suits none of the columns.
Fitted fit(const contract::ImputeStep& step, const FitInput& input);

/// Learns the categories of each column from the training rows: text, boolean and integer columns, by value.
/// Errors: kInvalidInput: an absent or real column, a column without any value in the training rows;
/// kResourceLimit: too many categories.
Fitted fit(const contract::OneHotStep& step, const FitInput& input);

}  // namespace archmlp::preprocess
