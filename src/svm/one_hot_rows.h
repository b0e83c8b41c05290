#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "archmlp/model/matrix_view.h"

namespace archmlp::svm {

/// What of a row is not 0, columns ascending.
struct SparseEntries {
  const std::uint32_t* columns = nullptr;
  const float* values = nullptr;
  std::size_t count = 0;
};

/// Rows of features most of which are 0. They are never written out in full. Does not own what it shows.
class SparseRows {
 public:
  /// Compressed rows: those of row i are begins[i] to begins[i + 1], columns ascending and below `cols`.
  static SparseRows compressed(std::span<const std::uint64_t> begins, std::span<const std::uint32_t> columns,
                               std::span<const float> values, std::size_t cols);
  /// Numbers and codes as they stand in a table: a column j with levels[j] > 0 holds codes 0 to levels[j] - 1
  /// and stands for as many columns, of which the code's is 1 (none, if it is another value); with levels[j]
  /// == 0 it is a number.
  static SparseRows coded(model::MatrixView x, std::span<const std::uint32_t> levels);

  std::size_t rows() const noexcept { return rows_; }
  std::size_t cols() const noexcept { return cols_; }

  /// Room for a row's entries where they do not stand in memory as they are.
  struct Room {
    std::vector<std::uint32_t> columns;
    std::vector<float> values;
  };
  /// Of several rows: what is shown lasts until the room is used again.
  void entries(std::span<const std::uint32_t> rows, Room& room, std::vector<SparseEntries>& found) const;

 private:
  std::size_t rows_ = 0, cols_ = 0;
  std::span<const std::uint64_t> begins_;
  std::span<const std::uint32_t> columns_;
  std::span<const float> values_;
  model::MatrixView coded_;
  std::vector<std::uint32_t> levels_, first_columns_;  // of each coded column
};

}  // namespace archmlp::svm
