#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "archmlp/model/matrix_view.h"
#include "archmlp/svm/kernel_block.h"

namespace archmlp::svm {

/// Where rows are measured from. The rbf kernel sees differences alone: about their mean, sums keep more
/// digits.
std::vector<double> centre_of(model::MatrixView x, const model::Kernel& kernel, int thread_count);

/// Memory that vectors can be loaded from: it starts at a multiple of 64 bytes.
template <typename T>
class AlignedArray {
 public:
  void resize(std::size_t size) {
    memory_.assign(size + kSpare, T{0});
    const auto address = reinterpret_cast<std::uintptr_t>(memory_.data());
    begin_ = ((64 - address % 64) % 64) / sizeof(T);
    size_ = size;
  }
  T* data() noexcept { return memory_.data() + begin_; }
  const T* data() const noexcept { return memory_.data() + begin_; }
  std::size_t size() const noexcept { return size_; }

 private:
  static constexpr std::size_t kSpare = 64 / sizeof(T);
  std::vector<T> memory_;
  std::size_t begin_ = 0, size_ = 0;
};

/// Rows of a matrix as kernels take them: side by side in panels, the last one filled up with rows of zeros.
/// Numbers come first, less the centre; then the categories by their number, kNoCategory where there is none.
/// A category stands for a one-hot row: two rows have as many products of 1 as categories in common.
template <typename T>
class PackedRows {
 public:
  static constexpr T kNoCategory = -1;

  /// The rows of `x` that `rows` lists. category_counts: [p], 0 for a number; empty: all are numbers.
  /// Precondition: centre [p].
  void pack(model::MatrixView x, std::span<const std::uint32_t> rows, std::span<const double> centre,
            int thread_count, std::span<const std::uint32_t> category_counts = {});

  std::size_t panel_count() const noexcept { return panel_count_; }
  std::size_t padded_count() const noexcept { return panel_count_ * kPanelRows<T>; }
  std::size_t depth() const noexcept { return depth_; }  // numbers and categories
  std::size_t category_depth() const noexcept { return category_depth_; }
  const T* panels() const noexcept { return panels_.data(); }
  const T* norms() const noexcept { return norms_.data(); }

  /// Copies `places` (at most kGroupRows of them) as a group: values [depth, kGroupRows], norms [kGroupRows].
  /// What is no category differs from that of panels, so that the two are never in common.
  void copy_group(std::span<const std::uint32_t> places, T* values, T* norms) const noexcept;

 private:
  std::size_t depth_ = 0, category_depth_ = 0, panel_count_ = 0;
  AlignedArray<T> panels_, norms_;
};

extern template class PackedRows<float>;
extern template class PackedRows<double>;

}  // namespace archmlp::svm
