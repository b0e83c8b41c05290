#pragma once

#include "archmlp/preprocess/fit_steps.h"

namespace archmlp::preprocess {

/// Learns what the missing values of each column become from the training rows. Placeholders count as
/// missing.
///   mean, median    number columns; the result is real (median: the mean of the two middle values, if two)
///   most_frequent   any column; ties go to the smallest value
///   constant        any column whose kind the value suits
/// Without named columns: those that the strategy can treat and that have or may have a missing value.
/// Errors: kInvalidInput: an absent column, a strategy or value that does not suit its kind, no value to
/// learn from, a placeholder that suits none of the columns.
base::Result<transform::StepPointer> fit_impute(const contract::ImputeStep& step, const FitInput& input);

}  // namespace archmlp::preprocess
