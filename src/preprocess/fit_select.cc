#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/preprocess/columns.h"
#include "archmlp/preprocess/feature_scores.h"
#include "archmlp/preprocess/fit_steps.h"
#include "archmlp/preprocess/numbers.h"
#include "archmlp/transform/steps.h"

namespace archmlp::preprocess {
namespace {

using base::Result;

/// A column that may be selected, with the numbers of its training rows; NaN is missing.
struct Candidate {
  std::string name;
  std::vector<double> numbers;
};

Result<std::vector<Candidate>> candidates_of(const contract::SelectStep& step, const FitInput& input) {
  std::vector<const contract::ColumnSchema*> columns;
  if (!step.columns.empty()) columns = TRY(number_columns(step.columns, input));
  for (const contract::ColumnSchema& column : input.schema.columns) {
    if (step.columns.empty() && column.kind != contract::ColumnKind::kText) columns.push_back(&column);
  }
  std::vector<Candidate> candidates;
  for (const contract::ColumnSchema* column : columns) {
    Candidate& one = candidates.emplace_back(Candidate{column->name, {}});
    const table::Column training = TRY(input.rows->training_cells(column->name));
    one.numbers.resize(training.row_count());
    table::copy_as_doubles(training, one.numbers);
  }
  return candidates;
}

/// Of the values that are there; 0 if there is none.
double variance(std::vector<double> numbers) {
  std::erase_if(numbers, [](double number) { return std::isnan(number); });
  if (numbers.empty()) return 0.0;
  const double deviation = moments(numbers).standard_deviation;
  return deviation * deviation;
}

/// The `k` with the highest scores; ties go to the first columns. A score that is no number is the lowest.
std::vector<bool> best(const std::vector<double>& scores, std::size_t k) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto rank = [&](std::size_t i) {
    return std::isnan(scores[i]) ? -std::numeric_limits<double>::infinity() : scores[i];
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return rank(a) > rank(b); });
  std::vector<bool> chosen(scores.size(), false);
  for (std::size_t i = 0; i < std::min(k, order.size()); ++i) chosen[order[i]] = true;
  return chosen;
}

}  // namespace

Fitted fit(const contract::SelectStep& step, const FitInput& input) {
  std::vector<Candidate> left = TRY(candidates_of(step, input));
  std::vector<std::string> removed;
  const auto keep_if = [&](const auto& is_kept) {
    std::vector<Candidate> kept;
    for (std::size_t i = 0; i < left.size(); ++i) {
      if (is_kept(i, kept)) {
        kept.push_back(std::move(left[i]));
      } else {
        removed.push_back(left[i].name);
      }
    }
    left = std::move(kept);
  };
  if (step.min_variance) {
    keep_if([&](std::size_t i, const auto&) { return variance(left[i].numbers) > *step.min_variance; });
  }
  if (step.max_correlation) {
    keep_if([&](std::size_t i, const std::vector<Candidate>& kept) {
      return std::none_of(kept.begin(), kept.end(), [&](const Candidate& before) {
        return std::abs(correlation(before.numbers, left[i].numbers)) > *step.max_correlation;
      });
    });
  }
  if (step.k) {
    const TrainingLabel label = TRY(training_label(input));
    std::vector<double> scores;
    scores.reserve(left.size());
    for (const Candidate& one : left) {
      scores.push_back(step.score == "f" ? f_score(one.numbers, label)
                                         : mutual_information(one.numbers, label));
    }
    const std::vector<bool> chosen = best(scores, static_cast<std::size_t>(*step.k));
    keep_if([&](std::size_t i, const auto&) { return static_cast<bool>(chosen[i]); });
  }
  if (removed.empty()) return FittedStep();
  if (removed.size() == input.schema.columns.size()) {
    return base::Error{.message = "no column would be left", .hint = "lower min_variance"};
  }
  return FittedStep(transform::make_remove(std::move(removed)));
}

}  // namespace archmlp::preprocess
