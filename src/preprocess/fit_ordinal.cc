#include "archmlp/base/try.h"
#include "archmlp/preprocess/categories.h"
#include "archmlp/preprocess/fit_steps.h"
#include "archmlp/transform/steps.h"

namespace archmlp::preprocess {

Fitted fit(const contract::OrdinalStep& step, const FitInput& input) {
  std::vector<transform::OrdinalColumn> encoded;
  const auto columns = TRY(category_columns(step.columns, input));
  for (const contract::ColumnSchema* column : columns) {
    Categories categories;
    if (step.categories.empty()) {
      categories = TRY(learn_categories(*column, input));
    } else {
      categories.values = step.categories;
    }
    encoded.push_back({.name = column->name,
                       .categories = std::move(categories.values),
                       .unknown = step.handle_unknown == "error" ? transform::UnknownPolicy::kError
                                                                 : transform::UnknownPolicy::kIgnore,
                       .unknown_value = step.unknown_value});
  }
  if (encoded.empty()) return FittedStep();
  return FittedStep(transform::make_ordinal(std::move(encoded)));
}

}  // namespace archmlp::preprocess
