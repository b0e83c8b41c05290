#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/svm/dual_problem.h"
#include "archmlp/svm/linear_block.h"
#include "archmlp/svm/one_hot_rows.h"
#include "archmlp/svm/packed_rows.h"

namespace archmlp::svm {

/// The rows of a linear machine, as x̃ = (x - centre, -1): with coefficients (w, rho) a row's decision is
/// x̃·(w, rho). The centre changes rho alone, as Σ β = 0. Without bias x̃ = x.
class LinearRows {
 public:
  /// Those rows that `rows` lists, of `one_hot` or, if it is null, of the problem's x. One-hot rows are
  /// written out a block at a time; then `one_hot` must outlive it.
  LinearRows(const DualProblem& problem, const OneHotRows* one_hot, std::span<const std::uint32_t> rows,
             std::span<const double> centre, int thread_count);

  std::size_t row_count() const noexcept { return row_count_; }
  std::size_t depth() const noexcept { return centre_.size(); }
  std::size_t columns() const noexcept { return depth() + (bias_ ? 1 : 0); }
  bool bias() const noexcept { return bias_; }
  std::span<const double> centre() const noexcept { return centre_; }
  /// Parts whose sums are kept apart and added up in their order, so that threads do not matter.
  std::size_t chunk_count() const noexcept { return chunk_count_; }

  struct Block {
    std::size_t chunk = 0, first = 0, count = 0;  // rows
    const double* values = nullptr;               // [columns, kBlockHeight]; zeros pad it to whole tiles
    double* spare = nullptr;                      // as large, zeros at first, kept between blocks
  };
  /// In ascending order within a chunk. Errors: kCancelled.
  base::Status for_each_block(const std::function<void(const Block&)>& work) const;

  void copy_row(std::size_t row, double* values) const;  // [columns]
  /// out[row] = x̃·coefficients
  base::Status decide(std::span<const double> coefficients, std::span<double> out) const;
  /// Σ_row factors[row] x̃: [columns]
  base::Result<std::vector<double>> weighted_sum(std::span<const double> factors) const;

 private:
  struct Scratch;

  void load(std::size_t first, Scratch& scratch) const;

  std::size_t row_count_, chunk_count_ = 1, blocks_per_chunk_ = 1;
  bool bias_;
  int thread_count_;
  std::vector<double> centre_;
  PackedRows<float> packed_;
  const OneHotRows* one_hot_;
  std::vector<std::uint32_t> chosen_;  // of one-hot rows
};

/// The mean of all rows; 0 without bias.
std::vector<double> linear_centre(const DualProblem& problem, const OneHotRows* one_hot, int thread_count);

/// parts[0] += the others, in their order. [parts, size]
void add_up_parts(std::vector<double>& parts, std::size_t size);

}  // namespace archmlp::svm
