#pragma once

#include <cstddef>
#include <cstdint>

#include "archmlp/model/kernel.h"

namespace archmlp::model {

/// Rows that a panel of support vectors is read for at a time.
inline constexpr std::size_t kKernelRows = 4;

/// Kernel values of one row, or of kKernelRows rows, with all support vectors, in double precision; each has
/// the same bits on every machine, whatever else is computed with it.
struct KernelValues {
  Kernel kernel;
  const float* panels = nullptr;  // [panel_count, depth, 8]
  std::size_t panel_count = 0;
  std::size_t depth = 0;
  const std::uint32_t* category_counts = nullptr;  // [depth], 0 for a number; null: all are numbers
  std::size_t row_count = 1;                       // or kKernelRows
  const float* rows[kKernelRows] = {};             // each [depth]
  double* out[kKernelRows] = {};                   // each [panel_count * 8]
};
void compute_kernel_values(const KernelValues& job) noexcept;

}  // namespace archmlp::model
