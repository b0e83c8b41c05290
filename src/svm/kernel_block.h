#pragma once

#include <array>
#include <cstddef>

#include "archmlp/model/kernel.h"

namespace archmlp::svm {

/// Rows that stand side by side in a panel: what vectors run along. A multiple of every vector's lanes.
template <typename T>
inline constexpr std::size_t kPanelRows = 64 / sizeof(T);

/// Rows that a panel is multiplied with at a time: as many sums as registers hold.
inline constexpr std::size_t kGroupRows = 6;

/// A group of rows against a run of panels. Every value depends on its two rows alone, never on what else is
/// in the block, and is the same with the rows swapped.
template <typename T>
struct KernelBlock {
  model::Kernel kernel;
  std::size_t depth = 0;           // features
  std::size_t category_depth = 0;  // of them, those at the end that are categories
  std::size_t panel_count = 0;
  const T* panels = nullptr;            // [panel_count, depth, kPanelRows]
  const T* panel_norms = nullptr;       // [panel_count, kPanelRows]: |x|², of rbf
  const T* group = nullptr;             // [depth, kGroupRows]
  const T* group_norms = nullptr;       // [kGroupRows]
  std::size_t group_size = 0;           // rows of it that are wanted
  std::array<T*, kGroupRows> out = {};  // of each such row: [panel_count * kPanelRows]
};

/// Kernel values of a block, in the precision T.
void compute_kernel(const KernelBlock<float>& block) noexcept;
void compute_kernel(const KernelBlock<double>& block) noexcept;

/// sums[i] += Σ_r factors[r] rows[r][i], i < count, added up in the order of the rows.
void add_rows(const float* const* rows, const double* factors, std::size_t row_count, std::size_t count,
              double* sums) noexcept;
void add_rows(const double* const* rows, const double* factors, std::size_t row_count, std::size_t count,
              double* sums) noexcept;

}  // namespace archmlp::svm
