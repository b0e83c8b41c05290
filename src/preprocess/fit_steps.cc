#include "archmlp/preprocess/fit_steps.h"

#include <variant>

#include "archmlp/base/try.h"
#include "archmlp/preprocess/categories.h"
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
Fitted fit(const contract::AddFeaturesStep& step, const FitInput& /*input*/) {
  return FittedStep(transform::make_add_features(step.features));
}
Fitted fit(const contract::LogStep& step, const FitInput& /*input*/) {
  return FittedStep(transform::make_log(transform::Logarithm::kLog, step.columns));
}
Fitted fit(const contract::Log1pStep& step, const FitInput& /*input*/) {
  return FittedStep(transform::make_log(transform::Logarithm::kLog1p, step.columns));
}

Fitted fit(const contract::TextHashStep& step, const FitInput& input) {
  std::vector<transform::HashedColumn> hashed;
  const auto columns = TRY(category_columns(step.columns, input));
  hashed.reserve(columns.size());
  for (const contract::ColumnSchema* column : columns) {
    hashed.push_back({.name = column->name,
                      .n_features = static_cast<std::size_t>(step.n_features),
                      .seed = static_cast<std::uint64_t>(step.seed)});
  }
  if (hashed.empty()) return FittedStep();
  return FittedStep(transform::make_text_hash(std::move(hashed)));
}

}  // namespace archmlp::preprocess
