#pragma once

#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/contract/schema.h"
#include "archmlp/preprocess/fit_steps.h"

namespace archmlp::preprocess {

/// What training rows have for a label, as steps that learn from it see it.
struct TrainingLabel {
  contract::Task task = contract::Task::kRegression;
  std::vector<contract::Value> classes;  // in value order; classification only
  std::vector<std::uint32_t> class_of;   // per training row; classification only
  std::vector<double> numbers;           // per training row; regression only
};

/// Precondition: no training row lacks its label. Errors: kInvalidInput if a regression's label is no number.
base::Result<TrainingLabel> training_label(const FitInput& input);

}  // namespace archmlp::preprocess
