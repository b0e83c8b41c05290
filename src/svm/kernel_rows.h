#pragma once

#include <cstdint>
#include <span>

#include "archmlp/base/result.h"
#include "archmlp/svm/dual_problem.h"
#include "archmlp/svm/packed_rows.h"

namespace archmlp::svm {

/// Kernel values of some rows with each other, in the precision T: what a decomposition works on.
template <typename T>
class KernelRows {
 public:
  /// `problem` and `centre` must outlive it.
  KernelRows(const DualProblem& problem, std::span<const double> centre, int thread_count)
      : problem_(problem), centre_(centre), thread_count_(thread_count) {}

  /// Chooses the rows.
  void select(std::span<const std::uint32_t> rows) {
    packed_.pack(problem_.x, rows, centre_, thread_count_, problem_.category_counts);
  }
  /// How long a row of kernel values is, with what fills it up.
  std::size_t padded_count() const noexcept { return packed_.padded_count(); }
  /// out[i][k] = K(row places[i], row k), of the chosen rows. out[i]: [padded_count()].
  base::Status compute(std::span<const std::uint32_t> places, std::span<T* const> out) const;

 private:
  std::size_t chunk_panels() const noexcept;

  const DualProblem& problem_;
  std::span<const double> centre_;
  int thread_count_;
  PackedRows<T> packed_;
};

extern template class KernelRows<float>;
extern template class KernelRows<double>;

}  // namespace archmlp::svm
