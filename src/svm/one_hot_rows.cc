#include "archmlp/svm/one_hot_rows.h"

namespace archmlp::svm {

OneHotRows::OneHotRows(model::MatrixView x, std::span<const std::uint32_t> category_counts)
    : x_(x), category_counts_(category_counts.begin(), category_counts.end()) {
  for (const std::uint32_t count : category_counts_) {
    first_columns_.push_back(static_cast<std::uint32_t>(cols_));
    cols_ += count == 0 ? 1 : count;
  }
}

void OneHotRows::entries(std::span<const std::uint32_t> rows, Room& room,
                         std::vector<RowEntries>& found) const {
  found.clear();
  room.columns.resize(rows.size() * x_.cols);
  room.values.resize(room.columns.size());
  std::size_t place = 0;
  for (const std::uint32_t row : rows) {
    const std::size_t begin = place;
    for (std::size_t j = 0; j < x_.cols; ++j) {
      const float value = x_.at(row, j);
      if (category_counts_[j] == 0) {
        if (value == 0) continue;
        room.columns[place] = first_columns_[j];
        room.values[place++] = value;
      } else if (value >= 0) {
        room.columns[place] = first_columns_[j] + static_cast<std::uint32_t>(value);
        room.values[place++] = 1;
      }
    }
    found.push_back({room.columns.data() + begin, room.values.data() + begin, place - begin});
  }
}

}  // namespace archmlp::svm
