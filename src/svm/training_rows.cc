#include "archmlp/svm/training_rows.h"

#include <fmt/format.h>

#include <cmath>

namespace archmlp::svm {

base::Result<TrainingRows> rows_with_weight(model::MatrixView x, const SvmLabels& labels) {
  TrainingRows rows;
  rows.cols = x.cols;
  rows.x.reserve(x.rows * x.cols);
  for (std::size_t row = 0; row < x.rows; ++row) {
    const double weight = labels.weights.empty() ? 1.0 : labels.weights[row];
    if (weight == 0) continue;
    for (std::size_t col = 0; col < x.cols; ++col) {
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

std::vector<model::SvmScale> standardize(TrainingRows& rows) {
  std::vector<double> means(rows.cols), variances(rows.cols);
  double whole = 0;
  for (std::size_t row = 0; row < rows.count(); ++row) {
    whole += rows.weights[row];
    for (std::size_t col = 0; col < rows.cols; ++col)
      means[col] += rows.weights[row] * static_cast<double>(rows.row(row)[col]);
  }
  for (double& mean : means) mean /= whole;
  for (std::size_t row = 0; row < rows.count(); ++row) {
    for (std::size_t col = 0; col < rows.cols; ++col) {
      const double apart = static_cast<double>(rows.row(row)[col]) - means[col];
      variances[col] += rows.weights[row] * apart * apart;
    }
  }
  std::vector<model::SvmScale> scales(rows.cols);
  for (std::size_t col = 0; col < rows.cols; ++col) {
    const double deviation = std::sqrt(variances[col] / whole);
    // What rounding leaves of a constant's variance is no spread.
    const bool is_constant = deviation <= 1e-7 * std::abs(means[col]) || deviation == 0;
    scales[col] = {.shift = means[col], .factor = is_constant ? 0 : 1 / deviation};
  }
  for (std::size_t i = 0; i < rows.x.size(); ++i) rows.x[i] = scales[i % rows.cols].apply(rows.x[i]);
  return scales;
}

double scaled_gamma(const TrainingRows& rows) {
  const auto count = static_cast<double>(rows.x.size());
  double mean = 0, variance = 0;
  for (const float value : rows.x) mean += static_cast<double>(value);
  mean /= count;
  for (const float value : rows.x) {
    const double apart = static_cast<double>(value) - mean;
    variance += apart * apart;
  }
  variance /= count;
  return variance == 0 ? 1.0 : 1.0 / (static_cast<double>(rows.cols) * variance);
}

}  // namespace archmlp::svm
