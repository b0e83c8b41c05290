#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/model/matrix_view.h"
#include "archmlp/model/model.h"

namespace archmlp::bundle {

/// A few rows, and what the model said of them when it was trained: whoever is about to serve a model file
/// can see that this program, on this machine, says the same.
class Canary {
 public:
  static constexpr std::size_t kMaxRows = 16;

  /// What `model` says of `rows`. Shape: [1 to kMaxRows, model's inputs], row-major. Precondition: no
  /// infinities.
  static base::Result<Canary> of(const model::Model& model, std::vector<float> rows);
  /// The section of a model file: contracts/model-format.md. Errors: kInvalidInput: rows or outputs that are
  /// not those of the model's shape. Precondition: 8-byte aligned.
  static base::Result<Canary> from_bytes(const model::Model& model, std::span<const std::byte> bytes);
  std::vector<std::byte> to_bytes() const;

  std::size_t row_count() const noexcept { return row_count_; }
  model::MatrixView rows() const noexcept {
    return model::MatrixView::row_major(rows_.data(), row_count_, rows_.size() / row_count_);
  }
  std::span<const double> outputs() const noexcept { return outputs_; }  // [rows, outputs], row-major

  /// Predicts the rows one by one and all at once. Errors: kInvalidInput for the first output whose bits are
  /// others than the stored ones (`where` = the row); one NaN is as good as another. Precondition: a model of
  /// the shape of the one that it was made or read with.
  base::Status check(const model::Model& model) const;

 private:
  Canary() = default;

  std::size_t row_count_ = 0;
  std::vector<float> rows_;
  std::vector<double> outputs_;
};

}  // namespace archmlp::bundle
