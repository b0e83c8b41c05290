#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "archmlp/svm/kernel_rows.h"
#include "archmlp/svm/sparse_rows.h"

namespace archmlp::svm {

/// Kernel values of sparse rows: some rows are written out side by side, in full, and all others multiplied
/// with them by what they are not 0 in.
template <typename T>
class SparseKernelRows final : public KernelRows<T> {
 public:
  SparseKernelRows(const SparseRows& rows, const model::Kernel& kernel, int thread_count);

  void select(std::span<const std::uint32_t> rows) override;
  std::size_t padded_count() const noexcept override;
  base::Status compute(std::span<const std::uint32_t> places, std::span<T* const> out) const override;

 private:
  const SparseRows& rows_;
  model::Kernel kernel_;
  int thread_count_;
  std::vector<T> norms_;  // |x|² of every row
  std::vector<std::uint32_t> chosen_;
  std::vector<T> chosen_norms_;  // [padded_count()]
};

extern template class SparseKernelRows<float>;
extern template class SparseKernelRows<double>;

/// As add_exact_decisions(), of sparse rows.
base::Status add_exact_sparse_decisions(const SparseRows& x, const model::Kernel& kernel,
                                        std::span<const std::uint32_t> rows, std::span<const double> factors,
                                        std::span<double> sums, int thread_count);

/// |x|² of each row.
std::vector<double> sparse_norms(const SparseRows& rows);

}  // namespace archmlp::svm
