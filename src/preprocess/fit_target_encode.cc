#include <algorithm>
#include <cmath>
#include <numeric>

#include "archmlp/base/rng.h"
#include "archmlp/base/try.h"
#include "archmlp/preprocess/categories.h"
#include "archmlp/preprocess/fit_steps.h"
#include "archmlp/preprocess/label.h"
#include "archmlp/preprocess/numbers.h"
#include "archmlp/table/value_ranks.h"
#include "archmlp/transform/steps.h"

namespace archmlp::preprocess {
namespace {

using base::Result;

constexpr std::uint64_t kFoldStream = 0x666F6C6473;  // "folds"

/// What is averaged: the label, or for classes 1 where a row has the class and 0 elsewhere.
struct Outputs {
  std::vector<std::string> names;            // "" where there is one
  std::vector<std::vector<double>> numbers;  // [outputs, train_rows]
};

Outputs outputs_of(const TrainingLabel& label) {
  if (label.task == contract::Task::kRegression) return {.names = {""}, .numbers = {label.numbers}};
  Outputs outputs;
  const bool is_binary = label.classes.size() <= 2;
  for (std::uint32_t one = is_binary ? 1 : 0; one < std::max<std::size_t>(label.classes.size(), 2); ++one) {
    outputs.names.push_back(is_binary ? "" : contract::to_text(label.classes[one]));
    std::vector<double>& numbers = outputs.numbers.emplace_back();
    for (const std::uint32_t row_class : label.class_of) numbers.push_back(row_class == one ? 1.0 : 0.0);
  }
  return outputs;
}

/// The fold of each training row; with classes, every fold has its share of each.
std::vector<std::uint32_t> make_folds(const TrainingLabel& label, std::size_t row_count,
                                      const contract::TargetEncodeStep& step) {
  std::vector<std::uint32_t> order(row_count);
  std::iota(order.begin(), order.end(), 0U);
  base::Rng rng({static_cast<std::uint64_t>(step.random_state), kFoldStream});
  rng.shuffle(std::span<std::uint32_t>(order));
  if (label.task == contract::Task::kClassification) {
    std::stable_sort(order.begin(), order.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return label.class_of[a] < label.class_of[b]; });
  }
  std::vector<std::uint32_t> fold_of(row_count);
  for (std::size_t i = 0; i < row_count; ++i) {
    fold_of[order[i]] = static_cast<std::uint32_t>(i % static_cast<std::size_t>(step.cv));
  }
  return fold_of;
}

/// What a category's rows have on average, drawn towards the average of all rows. Source: Micci-Barreca 2001,
/// "A preprocessing scheme for high-cardinality categorical attributes", as scikit-learn's TargetEncoder.
class Encoder {
 public:
  /// Shapes: categories [rows], each below `category_count`; numbers [rows].
  Encoder(const std::vector<std::uint32_t>& categories, std::size_t category_count,
          std::optional<double> smooth)
      : categories_(categories), category_count_(category_count), smooth_(smooth) {}

  /// Learnt from the rows that are not in `left_out`. Shape: [category_count + 1], the last: no such
  /// category.
  std::vector<double> encode(const std::vector<double>& numbers, const std::vector<std::uint32_t>& fold_of,
                             std::optional<std::uint32_t> left_out) const {
    const auto is_used = [&](std::size_t row) { return !left_out || fold_of[row] != *left_out; };
    std::vector<double> used, counts(category_count_, 0.0), sums(category_count_, 0.0);
    for (std::size_t row = 0; row < numbers.size(); ++row) {
      if (!is_used(row)) continue;
      used.push_back(numbers[row]);
      counts[categories_[row]] += 1.0;
      sums[categories_[row]] += numbers[row];
    }
    const Moments all = moments(used);
    std::vector<double> result(category_count_ + 1, all.mean);
    if (smooth_) {
      for (std::size_t category = 0; category < category_count_; ++category) {
        if (counts[category] + *smooth_ > 0.0)
          result[category] = (sums[category] + *smooth_ * all.mean) / (counts[category] + *smooth_);
      }
      return result;
    }
    std::vector<double> squares(category_count_, 0.0);
    for (std::size_t row = 0; row < numbers.size(); ++row) {
      if (!is_used(row)) continue;
      const double difference = numbers[row] - sums[categories_[row]] / counts[categories_[row]];
      squares[categories_[row]] += difference * difference;
    }
    const double variance = all.standard_deviation * all.standard_deviation;
    for (std::size_t category = 0; category < category_count_; ++category) {
      const double own = variance * counts[category];
      const double weight = own / (own + squares[category] / counts[category]);
      if (!std::isnan(weight))
        result[category] = weight * (sums[category] / counts[category]) + (1.0 - weight) * all.mean;
    }
    return result;
  }

 private:
  const std::vector<std::uint32_t>& categories_;
  std::size_t category_count_;
  std::optional<double> smooth_;
};

/// What one column becomes.
struct Encoded {
  transform::TargetEncodedColumn fitted;
  std::vector<table::Column> training_values;
};

Result<Encoded> encode_column(const contract::ColumnSchema& column, const Outputs& outputs,
                              const std::vector<std::uint32_t>& fold_of,
                              const contract::TargetEncodeStep& step, const FitInput& input) {
  Encoded encoded{.fitted = {.name = column.name}};
  encoded.fitted.categories = TRY(learn_categories(column, input)).values;
  const std::size_t known_count = encoded.fitted.categories.size();
  const table::ValueRanks ranks = table::rank_values(TRY(input.rows->training_cells(column.name)));
  std::vector<std::uint32_t> categories = ranks.of_row;  // missing is a category of its own, the last
  for (std::uint32_t& category : categories) {
    category = std::min(category, static_cast<std::uint32_t>(known_count));
  }
  const Encoder encoder(categories, known_count + 1, step.smooth);
  const std::size_t output_count = outputs.names.size();
  encoded.fitted.encodings.resize((known_count + 2) * output_count);
  for (std::size_t k = 0; k < output_count; ++k) {
    const std::vector<double> full = encoder.encode(outputs.numbers[k], fold_of, std::nullopt);
    for (std::size_t category = 0; category < full.size(); ++category) {
      encoded.fitted.encodings[category * output_count + k] = full[category];
      if (!std::isfinite(full[category])) return beyond_double(input.label, "mean");
    }
    table::RealCells cells{std::vector<double>(categories.size())};
    for (std::uint32_t fold = 0; fold < static_cast<std::uint32_t>(step.cv); ++fold) {
      const std::vector<double> others = encoder.encode(outputs.numbers[k], fold_of, fold);
      for (std::size_t row = 0; row < categories.size(); ++row) {
        if (fold_of[row] == fold) cells.values[row] = others[categories[row]];
      }
    }
    const std::string& suffix = outputs.names[k];
    encoded.training_values.emplace_back(suffix.empty() ? column.name : column.name + "_" + suffix,
                                         std::move(cells));
  }
  return encoded;
}

}  // namespace

Fitted fit(const contract::TargetEncodeStep& step, const FitInput& input) {
  const auto columns = TRY(category_columns(step.columns, input));
  if (columns.empty()) return FittedStep();
  if (input.rows->train_rows().size() < static_cast<std::size_t>(step.cv)) {
    return base::Error{
        .message = "there are fewer training rows than folds", .where = "cv", .hint = "lower it"};
  }
  const TrainingLabel label = TRY(training_label(input));
  const Outputs outputs = outputs_of(label);
  const std::vector<std::uint32_t> fold_of = make_folds(label, input.rows->train_rows().size(), step);
  FittedStep fitted;
  std::vector<transform::TargetEncodedColumn> encoded;
  for (const contract::ColumnSchema* column : columns) {
    Encoded one = TRY(encode_column(*column, outputs, fold_of, step, input));
    encoded.push_back(std::move(one.fitted));
    for (table::Column& values : one.training_values) fitted.training_values.push_back(std::move(values));
  }
  fitted.steps = {transform::make_target_encode(outputs.names, std::move(encoded))};
  return fitted;
}

}  // namespace archmlp::preprocess
