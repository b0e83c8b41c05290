#include <algorithm>
#include <cmath>

#include "archmlp/base/try.h"
#include "archmlp/preprocess/fit_steps.h"
#include "archmlp/preprocess/numbers.h"
#include "archmlp/transform/steps.h"

namespace archmlp::preprocess {
namespace {

/// The edges between the intervals, as scikit-learn's KBinsDiscretizer computes them, to the bit.
std::vector<double> learn_edges(std::vector<double> numbers, const contract::BinStep& step) {
  std::sort(numbers.begin(), numbers.end());
  if (numbers.front() == numbers.back()) return {};
  const auto bin_count = static_cast<double>(step.n_bins);
  const double width = (numbers.back() - numbers.front()) / bin_count;
  const double percent = 100.0 / bin_count;
  std::vector<double> edges = {numbers.front()};
  for (std::int64_t i = 1; i <= step.n_bins; ++i) {
    const auto index = static_cast<double>(i);
    if (step.strategy == "uniform") {
      edges.push_back(i == step.n_bins ? numbers.back() : index * width + numbers.front());
    } else {
      const double edge = quantile(numbers, i == step.n_bins ? 1.0 : index * percent / 100.0);
      if (edge - edges.back() > 1e-8) edges.push_back(edge);  // intervals of no width are left out
    }
  }
  edges.erase(edges.begin());
  if (!edges.empty()) edges.pop_back();
  return edges;
}

/// The intervals of each column as 0/1 columns.
transform::StepPointer encode_intervals(const std::vector<transform::BinnedColumn>& binned) {
  std::vector<transform::EncodedColumn> encoded;
  for (const transform::BinnedColumn& column : binned) {
    transform::EncodedColumn one{.name = column.name};
    for (std::size_t interval = 0; interval <= column.edges.size(); ++interval) {
      one.categories.emplace_back(static_cast<std::int64_t>(interval));
    }
    encoded.push_back(std::move(one));
  }
  return transform::make_one_hot(std::move(encoded));
}

}  // namespace

Fitted fit(const contract::BinStep& step, const FitInput& input) {
  std::vector<transform::BinnedColumn> binned;
  const auto columns = TRY(number_columns(step.columns, input));
  for (const contract::ColumnSchema* column : columns) {
    transform::BinnedColumn one{.name = column->name, .edges = step.edges};
    if (step.edges.empty()) {
      std::vector<double> numbers = TRY(training_numbers(column->name, input));
      const double range = *std::max_element(numbers.begin(), numbers.end()) -
                           *std::min_element(numbers.begin(), numbers.end());
      if (!std::isfinite(range)) return beyond_double(column->name, "range");
      one.edges = learn_edges(std::move(numbers), step);
    }
    binned.push_back(std::move(one));
  }
  FittedStep fitted;
  if (binned.empty()) return fitted;
  if (step.encode == "onehot") {
    const transform::StepPointer encoding = encode_intervals(binned);
    fitted.steps = {transform::make_bin(std::move(binned)), encoding};
  } else {
    fitted.steps = {transform::make_bin(std::move(binned))};
  }
  return fitted;
}

}  // namespace archmlp::preprocess
