#pragma once

#include <cstddef>

namespace archmlp::model {

/// Features, [rows, cols], float32 as in scikit-learn's forests; NaN is missing. Does not own.
struct MatrixView {
  const float* data = nullptr;
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::size_t row_stride = 0;  // in floats; row-major: cols
  std::size_t col_stride = 1;  // column-major: rows

  float at(std::size_t row, std::size_t col) const noexcept {
    return data[row * row_stride + col * col_stride];
  }
  static MatrixView row_major(const float* data, std::size_t rows, std::size_t cols) noexcept {
    return {data, rows, cols, cols, 1};
  }
  static MatrixView column_major(const float* data, std::size_t rows, std::size_t cols) noexcept {
    return {data, rows, cols, 1, rows};
  }
};

}  // namespace archmlp::model
