#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "archmlp/base/try.h"
#include "archmlp/preprocess/fit_steps.h"
#include "archmlp/preprocess/numbers.h"
#include "archmlp/transform/steps.h"

namespace archmlp::preprocess {
namespace {

/// The negative logarithm of the likelihood of `lambda`, if what is transformed is normally distributed.
/// Source: Yeo, Johnson 2000, section 3.
class LikelihoodOfLambda {
 public:
  explicit LikelihoodOfLambda(const std::vector<double>& numbers)
      : numbers_(numbers), transformed_(numbers.size()) {
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      transformed_[i] = std::copysign(std::log1p(std::abs(numbers[i])), numbers[i]);
    }
    log_jacobian_ = sum(transformed_);
  }

  double operator()(double lambda) {
    std::transform(numbers_.begin(), numbers_.end(), transformed_.begin(),
                   [lambda](double x) { return transform::yeo_johnson(x, lambda); });
    const double deviation = moments(transformed_).standard_deviation;
    if (!(deviation * deviation >= std::numeric_limits<double>::min()) || !std::isfinite(deviation))
      return std::numeric_limits<double>::infinity();
    const auto count = static_cast<double>(numbers_.size());
    return count * std::log(deviation) - (lambda - 1.0) * log_jacobian_;
  }

 private:
  const std::vector<double>& numbers_;
  std::vector<double> transformed_;
  double log_jacobian_ = 0.0;
};

/// Where `function` is least between `low` and `high`, if it has one minimum there.
/// Source: Brent 1973, "Algorithms for minimization without derivatives", chapter 5.
template <typename Function>
double minimize(Function& function, double low, double high) {
  constexpr double kTolerance = 1e-9;
  constexpr double kGolden = 2.0 - std::numbers::phi;
  double best = low + kGolden * (high - low);
  double second = best, third = best;
  double best_value = function(best);
  double second_value = best_value, third_value = best_value;
  double step = 0.0, step_before = 0.0;
  for (int round = 0; round < 200; ++round) {
    const double middle = (low + high) / 2.0;
    const double tolerance = kTolerance * std::abs(best) + 1e-10;
    if (std::abs(best - middle) <= 2.0 * tolerance - (high - low) / 2.0) break;
    // A parabola through the three best points, unless it leads nowhere.
    double numerator = 0.0, denominator = 0.0;
    if (std::abs(step_before) > tolerance) {
      const double a = (best - second) * (best_value - third_value);
      const double b = (best - third) * (best_value - second_value);
      numerator = (best - third) * b - (best - second) * a;
      denominator = 2.0 * (b - a);
      if (denominator > 0.0) numerator = -numerator;
      denominator = std::abs(denominator);
    }
    const bool is_usable = std::isfinite(numerator) && std::isfinite(denominator) &&
                           std::abs(numerator) < std::abs(0.5 * denominator * step_before) &&
                           numerator > denominator * (low - best) && numerator < denominator * (high - best);
    if (is_usable) {
      step_before = step;
      step = numerator / denominator;
      const double next = best + step;
      if (next - low < 2.0 * tolerance || high - next < 2.0 * tolerance)
        step = std::copysign(tolerance, middle - best);
    } else {
      step_before = (best < middle ? high : low) - best;
      step = kGolden * step_before;
    }
    const double point = best + (std::abs(step) >= tolerance ? step : std::copysign(tolerance, step));
    const double value = function(point);
    if (value <= best_value) {
      (point < best ? high : low) = best;
      third = second, third_value = second_value;
      second = best, second_value = best_value;
      best = point, best_value = value;
      continue;
    }
    (point < best ? low : high) = point;
    if (value <= second_value || second == best) {
      third = second, third_value = second_value;
      second = point, second_value = value;
    } else if (value <= third_value || third == best || third == second) {
      third = point, third_value = value;
    }
  }
  return best;
}

/// By maximum likelihood. A column of one value keeps its values.
double learn_lambda(const std::vector<double>& numbers) {
  const auto [least, most] = std::minmax_element(numbers.begin(), numbers.end());
  if (*least == *most) return 1.0;
  LikelihoodOfLambda likelihood(numbers);
  // The likelihood has one maximum; the interval grows until it is not at its edge.
  for (double reach = 4.0;; reach *= 4.0) {
    const double lambda = minimize(likelihood, 1.0 - reach, 1.0 + reach);
    if (std::abs(lambda - 1.0) < 0.99 * reach || reach > 1000.0) return lambda;
  }
}

}  // namespace

Fitted fit(const contract::PowerStep& step, const FitInput& input) {
  std::vector<transform::PowerColumn> powers;
  const auto columns = TRY(number_columns(step.columns, input));
  for (const contract::ColumnSchema* column : columns) {
    std::vector<double> numbers = TRY(training_numbers(column->name, input));
    transform::PowerColumn one{.name = column->name, .lambda = learn_lambda(numbers)};
    if (step.standardize) {
      for (double& number : numbers) number = transform::yeo_johnson(number, one.lambda);
      const Moments found = moments(numbers);
      if (!std::isfinite(found.mean) || !std::isfinite(found.standard_deviation))
        return beyond_double(column->name, "spread");
      one.center = found.mean;
      one.scale = found.standard_deviation > 0.0 ? found.standard_deviation : 1.0;
    }
    powers.push_back(std::move(one));
  }
  if (powers.empty()) return FittedStep();
  return FittedStep(transform::make_power(std::move(powers)));
}

}  // namespace archmlp::preprocess
