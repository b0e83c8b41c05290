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

  std::size_t count() const noexcept { return weights.size(); }
  model::MatrixView view() const noexcept { return model::MatrixView::row_major(x.data(), count(), cols); }
  const float* row(std::size_t index) const noexcept { return x.data() + index * cols; }
};

/// Errors: kInvalidInput: no rows with weight; a value that is missing or infinite (row and column).
base::Result<TrainingRows> rows_with_weight(model::MatrixView x, const SvmLabels& labels);

/// Brings every feature to mean 0 and variance 1, rows counted by their weight; what is constant to 0. What
/// was done: [p]. Source: scikit-learn's StandardScaler.
std::vector<model::SvmScale> standardize(TrainingRows& rows);

/// Source: scikit-learn's gamma='scale': by the variance of all entries of the matrix.
double scaled_gamma(const TrainingRows& rows);

}  // namespace archmlp::svm
