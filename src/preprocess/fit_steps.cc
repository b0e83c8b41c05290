#include "archmlp/preprocess/fit_steps.h"

#include <variant>

#include "archmlp/transform/steps.h"

namespace archmlp::preprocess {

Fitted fit_step(const contract::StepConfig& step, const FitInput& input) {
  return std::visit([&](const auto& one) { return fit(one, input); }, step);
}

// The steps that learn nothing.

Fitted fit(const contract::FilterStep& step, const FitInput& /*input*/) {
  return FittedStep(transform::make_filter(step.condition));
}
Fitted fit(const contract::RemoveStep& step, const FitInput& /*input*/) {
  return FittedStep(transform::make_remove(step.columns));
}
Fitted fit(const contract::RenameStep& step, const FitInput& /*input*/) {
  return FittedStep(transform::make_rename(step.names));
}
Fitted fit(const contract::ReplaceStep& step, const FitInput& /*input*/) {
  return FittedStep(transform::make_replace(step.columns, step.where, step.with));
}
Fitted fit(const contract::AddFeaturesStep& step, const FitInput& /*input*/) {
  return FittedStep(transform::make_add_features(step.features));
}
Fitted fit(const contract::LogStep& step, const FitInput& /*input*/) {
  return FittedStep(transform::make_log(transform::Logarithm::kLog, step.columns));
}
Fitted fit(const contract::Log1pStep& step, const FitInput& /*input*/) {
  return FittedStep(transform::make_log(transform::Logarithm::kLog1p, step.columns));
}

}  // namespace archmlp::preprocess
