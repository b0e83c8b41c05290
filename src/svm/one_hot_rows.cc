#include "archmlp/svm/sparse_rows.h"

namespace archmlp::svm {

SparseRows SparseRows::compressed(std::span<const std::uint64_t> begins,
                                  std::span<const std::uint32_t> columns, std::span<const float> values,
                                  std::size_t cols) {
  SparseRows rows;
  rows.rows_ = begins.size() - 1;
  rows.cols_ = cols;
  rows.begins_ = begins;
  rows.columns_ = columns;
  rows.values_ = values;
  return rows;
}

SparseRows SparseRows::coded(model::MatrixView x, std::span<const std::uint32_t> levels) {
  SparseRows rows;
  rows.rows_ = x.rows;
  rows.coded_ = x;
  rows.levels_.assign(levels.begin(), levels.end());
  for (const std::uint32_t count : levels) {
    rows.first_columns_.push_back(static_cast<std::uint32_t>(rows.cols_));
    rows.cols_ += count == 0 ? 1 : count;
  }
  return rows;
}

void SparseRows::entries(std::span<const std::uint32_t> rows, Room& room,
                         std::vector<SparseEntries>& found) const {
  found.clear();
  if (levels_.empty()) {
    for (const std::uint32_t row : rows) {
      const std::uint64_t begin = begins_[row];
      found.push_back({columns_.data() + begin, values_.data() + begin, begins_[row + 1] - begin});
    }
    return;
  }
  room.columns.resize(rows.size() * levels_.size());
  room.values.resize(room.columns.size());
  std::size_t place = 0;
  for (const std::uint32_t row : rows) {
    const std::size_t begin = place;
    for (std::size_t j = 0; j < levels_.size(); ++j) {
      const float value = coded_.at(row, j);
      if (levels_[j] == 0) {
        if (value == 0) continue;
        room.columns[place] = first_columns_[j];
        room.values[place++] = value;
      } else if (value >= 0 && value < static_cast<float>(levels_[j])) {
        room.columns[place] = first_columns_[j] + static_cast<std::uint32_t>(value);
        room.values[place++] = 1;
      }
    }
    found.push_back({room.columns.data() + begin, room.values.data() + begin, place - begin});
  }
}

}  // namespace archmlp::svm
