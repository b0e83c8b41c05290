#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "archmlp/model/matrix_view.h"

namespace archmlp::svm {

/// What of a row is not 0, columns ascending.
struct RowEntries {
  const std::uint32_t* columns = nullptr;
  const float* values = nullptr;
  std::size_t count = 0;
};

/// Rows of numbers and categories, read as the one-hot rows that they stand for, which are never written out.
class OneHotRows {
 public:
  /// A feature j with category_counts[j] > 0 holds the number of a category and stands for so many columns,
  /// of which the category's is 1; none, if it is below 0. `x` must outlive it.
  OneHotRows(model::MatrixView x, std::span<const std::uint32_t> category_counts);

  std::size_t rows() const noexcept { return x_.rows; }
  std::size_t cols() const noexcept { return cols_; }

  /// Where entries are put together.
  struct Room {
    std::vector<std::uint32_t> columns;
    std::vector<float> values;
  };
  /// Of several rows: what is shown lasts until the room is used again.
  void entries(std::span<const std::uint32_t> rows, Room& room, std::vector<RowEntries>& found) const;

 private:
  model::MatrixView x_;
  std::size_t cols_ = 0;
  std::vector<std::uint32_t> category_counts_, first_columns_;  // of each feature
};

}  // namespace archmlp::svm
