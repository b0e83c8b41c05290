#pragma once

#include <cstdint>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/model/matrix_view.h"
#include "archmlp/model/svm.h"
#include "archmlp/svm/svm_trainer.h"

namespace archmlp::svm {

/// The rows that weigh something, side by side.
struct TrainingRows {
  std::vector<float> x;  // [n, p]
  std::vector<std::uint32_t> class_indices;
  std::vector<double> values, weights;
  std::size_t cols = 0;
  std::vector<std::uint32_t> category_counts;  // [p], 0 for a number; or empty

  bool is_category(std::size_t col) const noexcept {
    return !category_counts.empty() && category_counts[col] > 0;
  }
  std::size_t expanded_cols() const noexcept;  // with a column for each category
  std::size_t count() const noexcept { return weights.size(); }
  model::MatrixView view() const noexcept { return model::MatrixView::row_major(x.data(), count(), cols); }
  const float* row(std::size_t index) const noexcept { return x.data() + index * cols; }
};

/// category_counts: [p], 0 for a number; or empty. What is no number of a category becomes -1.
/// Errors: kInvalidInput: no rows with weight; a number that is missing or infinite (row and column).
base::Result<TrainingRows> rows_with_weight(model::MatrixView x, const SvmLabels& labels,
                                            std::span<const std::uint32_t> category_counts = {});

/// Brings every number to mean 0 and variance 1, rows counted by their weight. What was done: [p]. Source:
/// scikit-learn's StandardScaler.
std::vector<model::SvmScale> standardize(TrainingRows& rows);
/// Brings every number to mean 0 alone: what a linear machine says is the same, but large numbers that hardly
/// differ keep their digits.
std::vector<model::SvmScale> centre(TrainingRows& rows);

/// Source: scikit-learn's gamma='scale': by the variance of all entries of the matrix, categories one-hot.
double scaled_gamma(const TrainingRows& rows);

}  // namespace archmlp::svm
