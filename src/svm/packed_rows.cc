#include "archmlp/svm/packed_rows.h"

#include <algorithm>

#include "archmlp/base/parallel.h"

namespace archmlp::svm {
namespace {

constexpr std::size_t kBlockPanels = 64;
constexpr std::size_t kBlockColumns = 8;

}  // namespace

std::vector<double> centre_of(model::MatrixView x, const model::Kernel& kernel, int thread_count) {
  std::vector<double> centre(x.cols, 0.0);
  if (kernel.kind != model::KernelKind::kRbf) return centre;
  const std::size_t block_count = (x.cols + kBlockColumns - 1) / kBlockColumns;
  base::parallel_for(block_count, thread_count, [&](std::size_t block) -> base::Status {
    const std::size_t begin = block * kBlockColumns, end = std::min(x.cols, begin + kBlockColumns);
    for (std::size_t row = 0; row < x.rows; ++row) {
      for (std::size_t col = begin; col < end; ++col) centre[col] += static_cast<double>(x.at(row, col));
    }
    for (std::size_t col = begin; col < end; ++col) centre[col] /= static_cast<double>(x.rows);
    return {};
  }).value();
  return centre;
}

template <typename T>
void PackedRows<T>::pack(model::MatrixView x, std::span<const std::uint32_t> rows,
                         std::span<const double> centre, int thread_count,
                         std::span<const std::uint32_t> category_counts) {
  constexpr std::size_t kWidth = kPanelRows<T>;
  std::vector<std::size_t> order, categories;
  for (std::size_t col = 0; col < x.cols; ++col)
    (category_counts.empty() || category_counts[col] == 0 ? order : categories).push_back(col);
  const std::size_t number_depth = order.size();
  order.insert(order.end(), categories.begin(), categories.end());
  depth_ = x.cols;
  category_depth_ = categories.size();
  panel_count_ = (rows.size() + kWidth - 1) / kWidth;
  panels_.resize(panel_count_ * depth_ * kWidth);
  norms_.resize(panel_count_ * kWidth);
  const std::size_t block_count = (panel_count_ + kBlockPanels - 1) / kBlockPanels;
  base::parallel_for(block_count, thread_count, [&](std::size_t block) -> base::Status {
    const std::size_t end = std::min(rows.size(), (block + 1) * kBlockPanels * kWidth);
    for (std::size_t place = block * kBlockPanels * kWidth; place < end; ++place) {
      T* panel = panels_.data() + place / kWidth * depth_ * kWidth + place % kWidth;
      double norm = 0;
      for (std::size_t k = 0; k < number_depth; ++k) {
        const std::size_t col = order[k];
        const T value = static_cast<T>(static_cast<double>(x.at(rows[place], col)) - centre[col]);
        panel[k * kWidth] = value;
        norm += static_cast<double>(value) * static_cast<double>(value);
      }
      for (std::size_t k = number_depth; k < depth_; ++k) {
        const float category = x.at(rows[place], order[k]);
        panel[k * kWidth] = category >= 0 ? static_cast<T>(category) : kNoCategory;
        norm += category >= 0 ? 1 : 0;
      }
      norms_.data()[place] = static_cast<T>(norm);
    }
    return {};
  }).value();
}

template <typename T>
void PackedRows<T>::copy_group(std::span<const std::uint32_t> places, T* values, T* norms) const noexcept {
  constexpr std::size_t kWidth = kPanelRows<T>;
  std::fill(values, values + depth_ * kGroupRows, T{0});
  std::fill(norms, norms + kGroupRows, T{0});
  for (std::size_t i = 0; i < places.size(); ++i) {
    const T* panel = panels_.data() + places[i] / kWidth * depth_ * kWidth + places[i] % kWidth;
    for (std::size_t k = 0; k < depth_; ++k) {
      const T value = panel[k * kWidth];
      const bool is_none = k >= depth_ - category_depth_ && value == kNoCategory;
      values[k * kGroupRows + i] = is_none ? 2 * kNoCategory : value;
    }
    norms[i] = norms_.data()[places[i]];
  }
}

template class PackedRows<float>;
template class PackedRows<double>;

}  // namespace archmlp::svm
