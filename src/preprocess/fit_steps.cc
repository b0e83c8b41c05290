#include "archmlp/preprocess/fit_steps.h"

#include <variant>

#include "archmlp/preprocess/fit_impute.h"
#include "archmlp/preprocess/fit_one_hot.h"
#include "archmlp/transform/steps.h"

namespace archmlp::preprocess {
namespace {

struct Fit {
  const FitInput& input;

  using Fitted = base::Result<transform::StepPointer>;
  Fitted operator()(const contract::FilterStep& step) const { return transform::make_filter(step.condition); }
  Fitted operator()(const contract::RemoveStep& step) const { return transform::make_remove(step.columns); }
  Fitted operator()(const contract::RenameStep& step) const { return transform::make_rename(step.names); }
  Fitted operator()(const contract::ReplaceStep& step) const {
    return transform::make_replace(step.columns, step.where, step.with);
  }
  Fitted operator()(const contract::AddFeaturesStep& step) const {
    return transform::make_add_features(step.features);
  }
  Fitted operator()(const contract::ImputeStep& step) const { return fit_impute(step, input); }
  Fitted operator()(const contract::OneHotStep& step) const { return fit_one_hot(step, input); }
};

}  // namespace

bool needs_fitting(const contract::StepConfig& step) noexcept {
  return std::holds_alternative<contract::ImputeStep>(step) ||
         std::holds_alternative<contract::OneHotStep>(step);
}

base::Result<transform::StepPointer> fit_step(const contract::StepConfig& step, const FitInput& input) {
  return std::visit(Fit{input}, step);
}

}  // namespace archmlp::preprocess
