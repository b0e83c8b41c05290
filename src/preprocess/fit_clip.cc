#include <algorithm>

#include "archmlp/base/try.h"
#include "archmlp/preprocess/fit_steps.h"
#include "archmlp/preprocess/numbers.h"
#include "archmlp/transform/steps.h"

namespace archmlp::preprocess {

Fitted fit(const contract::ClipStep& step, const FitInput& input) {
  std::vector<transform::ClippedColumn> clipped;
  const auto columns = TRY(number_columns(step.columns, input));
  for (const contract::ColumnSchema* column : columns) {
    transform::ClippedColumn one{.name = column->name, .lower = step.lower, .upper = step.upper};
    if (step.lower_quantile || step.upper_quantile) {
      std::vector<double> numbers = TRY(training_numbers(column->name, input));
      std::sort(numbers.begin(), numbers.end());
      if (step.lower_quantile) one.lower = quantile(numbers, *step.lower_quantile);
      if (step.upper_quantile) one.upper = quantile(numbers, *step.upper_quantile);
    }
    if (one.lower && one.upper && *one.lower > *one.upper) {
      return base::Error{.message = "the lower bound of column \"" + one.name + "\" is above the upper one",
                         .hint = "give both as values or both as quantiles"};
    }
    clipped.push_back(std::move(one));
  }
  if (clipped.empty()) return FittedStep();
  return FittedStep(transform::make_clip(std::move(clipped)));
}

}  // namespace archmlp::preprocess
