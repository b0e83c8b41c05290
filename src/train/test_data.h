#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "archmlp/base/rng.h"
#include "archmlp/train/forest_trainer.h"

namespace archmlp::train {

/// Rows for tests, [n, p] row-major, with their labels.
struct TestData {
  std::size_t cols = 0;
  std::vector<float> x;
  Labels labels;

  std::size_t rows() const noexcept { return x.size() / cols; }
  model::MatrixView view() const noexcept { return model::MatrixView::row_major(x.data(), rows(), cols); }
};

/// Features uniform in [0, 1), on a grid of `grid` values if that is not 0. The label is a noisy function of
/// the first three: for regression a real number, otherwise one of `class_count` classes.
inline TestData make_test_data(std::size_t rows, std::size_t cols, std::size_t class_count,
                               std::uint64_t seed, std::size_t grid = 0) {
  base::Rng rng({seed, rows, cols});
  TestData data;
  data.cols = cols;
  data.labels.task = class_count == 0 ? contract::Task::kRegression : contract::Task::kClassification;
  for (std::size_t k = 0; k < class_count; ++k)
    data.labels.classes.emplace_back(static_cast<std::int64_t>(k));
  for (std::size_t row = 0; row < rows; ++row) {
    const std::size_t begin = data.x.size();
    for (std::size_t col = 0; col < cols; ++col) {
      const double value =
          grid == 0 ? rng.uniform() : static_cast<double>(rng.below(grid)) / static_cast<double>(grid);
      data.x.push_back(static_cast<float>(value));
    }
    const double a = data.x[begin];
    const double b = data.x[begin + 1 % cols];
    const double c = data.x[begin + 2 % cols];
    const double signal = (a > 0.5 ? b : 1 - b) + 0.5 * c + 0.1 * rng.uniform();  // in [0, 1.6)
    if (class_count == 0) data.labels.values.push_back(10 * signal - 3);
    if (class_count > 0) {
      const auto index = static_cast<std::uint32_t>(signal / 1.6 * static_cast<double>(class_count));
      data.labels.class_indices.push_back(
          rng.below(20) == 0 ? static_cast<std::uint32_t>(rng.below(class_count)) : index);
    }
  }
  return data;
}

}  // namespace archmlp::train
