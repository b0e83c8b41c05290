#include <algorithm>
#include <cmath>

#include "archmlp/base/try.h"
#include "archmlp/preprocess/fit_steps.h"
#include "archmlp/preprocess/numbers.h"
#include "archmlp/transform/steps.h"

namespace archmlp::preprocess {
namespace {

transform::ScaledColumn learn_scale(std::vector<double> numbers, const std::string& method) {
  if (method == "standard") {
    const Moments found = moments(numbers);
    return {.center = found.mean, .scale = found.standard_deviation};
  }
  std::sort(numbers.begin(), numbers.end());
  if (method == "minmax") return {.center = numbers.front(), .scale = numbers.back() - numbers.front()};
  return {.center = quantile(numbers, 0.5), .scale = quantile(numbers, 0.75) - quantile(numbers, 0.25)};
}

}  // namespace

Fitted fit(const contract::ScaleStep& step, const FitInput& input) {
  std::vector<transform::ScaledColumn> scaled;
  const auto columns = TRY(number_columns(step.columns, input));
  for (const contract::ColumnSchema* column : columns) {
    std::vector<double> numbers = TRY(training_numbers(column->name, input));
    transform::ScaledColumn one = learn_scale(std::move(numbers), step.method);
    if (!std::isfinite(one.center) || !std::isfinite(one.scale)) return beyond_double(column->name, "spread");
    if (one.scale == 0.0) one.scale = 1.0;
    one.name = column->name;
    scaled.push_back(std::move(one));
  }
  if (scaled.empty()) return FittedStep();
  return FittedStep(transform::make_scale(std::move(scaled)));
}

}  // namespace archmlp::preprocess
