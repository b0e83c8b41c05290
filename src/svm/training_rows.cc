#include "archmlp/svm/training_rows.h"

#include <fmt/format.h>

#include <cmath>

namespace archmlp::svm {

std::size_t TrainingRows::expanded_cols() const noexcept {
  std::size_t count = cols;
  for (const std::uint32_t categories : category_counts) count += categories == 0 ? 0 : categories - 1;
  return count;
}

base::Result<TrainingRows> rows_with_weight(model::MatrixView x, const SvmLabels& labels,
                                            std::span<const std::uint32_t> category_counts) {
  TrainingRows rows;
  rows.cols = x.cols;
  rows.category_counts.assign(category_counts.begin(), category_counts.end());
  rows.x.reserve(x.rows * x.cols);
  for (std::size_t row = 0; row < x.rows; ++row) {
    const double weight = labels.weights.empty() ? 1.0 : labels.weights[row];
    if (weight == 0) continue;
    for (std::size_t col = 0; col < x.cols; ++col) {
      if (rows.is_category(col)) {
        rows.x.push_back(model::known_category(x.at(row, col), category_counts[col]));
        continue;
      }
      if (!std::isfinite(x.at(row, col))) {
        return base::Error{
            .message = fmt::format("a feature is {}", std::isnan(x.at(row, col)) ? "missing" : "infinite"),
            .where = fmt::format("row {}, feature {}", row + 1, col + 1),
            .hint = "impute missing values first: a support vector machine takes numbers alone"};
      }
      rows.x.push_back(x.at(row, col));
    }
    rows.weights.push_back(weight);
    if (labels.task == contract::Task::kRegression) {
      rows.values.push_back(labels.values[row]);
    } else {
      rows.class_indices.push_back(labels.class_indices[row]);
    }
  }
  if (rows.count() == 0) return base::Error{.message = "there are no rows with a weight to train on"};
  return rows;
}

namespace {

/// Σ weight value(row, col) / Σ weight of every column.
template <typename Value>
std::vector<double> weighted_means(const TrainingRows& rows, const Value& value) {
  std::vector<double> means(rows.cols);
  double whole = 0;
  for (std::size_t row = 0; row < rows.count(); ++row) {
    whole += rows.weights[row];
    for (std::size_t col = 0; col < rows.cols; ++col)
      means[col] += rows.weights[row] * value(static_cast<double>(rows.row(row)[col]), col);
  }
  for (double& mean : means) mean /= whole;
  return means;
}

void apply_scales(const std::vector<model::SvmScale>& scales, TrainingRows& rows) {
  for (std::size_t i = 0; i < rows.x.size(); ++i) rows.x[i] = scales[i % rows.cols].apply(rows.x[i]);
}

}  // namespace

std::vector<model::SvmScale> standardize(TrainingRows& rows) {
  const std::vector<double> means = weighted_means(rows, [](double value, std::size_t) { return value; });
  const std::vector<double> variances = weighted_means(
      rows, [&](double value, std::size_t col) { return (value - means[col]) * (value - means[col]); });
  std::vector<model::SvmScale> scales(rows.cols);
  for (std::size_t col = 0; col < rows.cols; ++col) {
    if (rows.is_category(col)) continue;
    const double deviation = std::sqrt(variances[col]);
    // What rounding leaves of a constant's variance is no spread.
    const bool is_constant = deviation <= 1e-7 * std::abs(means[col]) || deviation == 0;
    scales[col] = {.shift = means[col], .factor = is_constant ? 1 : 1 / deviation};
  }
  apply_scales(scales, rows);
  return scales;
}

std::vector<model::SvmScale> centre(TrainingRows& rows) {
  const std::vector<double> means = weighted_means(rows, [](double value, std::size_t) { return value; });
  std::vector<model::SvmScale> scales(rows.cols);
  for (std::size_t col = 0; col < rows.cols; ++col) {
    if (!rows.is_category(col)) scales[col].shift = means[col];
  }
  apply_scales(scales, rows);
  return scales;
}

double scaled_gamma(const TrainingRows& rows) {
  const double count = static_cast<double>(rows.count()) * static_cast<double>(rows.expanded_cols());
  // The entry that a value of the matrix stands for; the other entries of a category are 0.
  const auto entry = [&](std::size_t i) {
    const float value = rows.x[i];
    return rows.is_category(i % rows.cols) ? (value >= 0 ? 1.0 : 0.0) : static_cast<double>(value);
  };
  double mean = 0, variance = 0;
  for (std::size_t i = 0; i < rows.x.size(); ++i) mean += entry(i);
  mean /= count;
  for (std::size_t i = 0; i < rows.x.size(); ++i) {
    const double apart = entry(i) - mean;
    variance += apart * apart;
  }
  variance += mean * mean * (count - static_cast<double>(rows.x.size()));
  variance /= count;
  return variance == 0 ? 1.0 : 1.0 / (static_cast<double>(rows.expanded_cols()) * variance);
}

}  // namespace archmlp::svm
