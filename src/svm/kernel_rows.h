#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/svm/dual_problem.h"

namespace archmlp::svm {

/// Kernel values of some rows with each other, in the precision T: what a decomposition works on.
template <typename T>
class KernelRows {
 public:
  KernelRows() = default;
  virtual ~KernelRows() = default;
  KernelRows(const KernelRows&) = delete;
  KernelRows& operator=(const KernelRows&) = delete;

  /// Chooses the rows.
  virtual void select(std::span<const std::uint32_t> rows) = 0;
  /// How long a row of kernel values is, with what fills it up.
  virtual std::size_t padded_count() const noexcept = 0;
  /// out[i][k] = K(row places[i], row k), of the chosen rows. out[i]: [padded_count()].
  virtual base::Status compute(std::span<const std::uint32_t> places, std::span<T* const> out) const = 0;
};

/// `problem` and `centre` must outlive it.
template <typename T>
std::unique_ptr<KernelRows<T>> make_kernel_rows(const DualProblem& problem, std::span<const double> centre,
                                                int thread_count);

extern template std::unique_ptr<KernelRows<float>> make_kernel_rows(const DualProblem&,
                                                                    std::span<const double>, int);
extern template std::unique_ptr<KernelRows<double>> make_kernel_rows(const DualProblem&,
                                                                     std::span<const double>, int);

}  // namespace archmlp::svm
