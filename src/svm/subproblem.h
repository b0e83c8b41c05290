#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace archmlp::svm {

/// The dual of a working set while all other variables stand still, in β = yα: minimise ½ β'Kβ + F'(β - β0),
/// Σ β = Σ β0, low <= β <= high; F is the gradient at β0.
template <typename T>
class Subproblem {
 public:
  /// `size` variables; fills nothing in.
  void resize(std::size_t size);

  std::size_t size() const noexcept { return size_; }
  T* kernel_row(std::size_t i) noexcept { return kernel_.data() + i * stride_; }  // [size]
  void set_variable(std::size_t i, double beta, double low, double high, double gradient) noexcept;
  double beta(std::size_t i) const noexcept { return beta_[i]; }

  struct Outcome {
    std::uint64_t iterations = 0;
    double violation = 0;  // of the KKT conditions among these variables
  };
  /// Steps of two variables until the violation is at most `tol` or `most_iterations` were made.
  Outcome solve(double tol, std::uint64_t most_iterations);

 private:
  void take_step(std::size_t i, std::size_t j, double pull);
  void set_beta(std::size_t i, double beta) noexcept;

  std::size_t size_ = 0, stride_ = 0;
  std::vector<T> kernel_;  // [size, stride]
  std::vector<double> beta_, low_, high_, gradient_, diagonal_;
  std::vector<double> up_wall_, down_wall_;  // 0 where β can grow (fall), else -inf (+inf)
};

extern template class Subproblem<float>;
extern template class Subproblem<double>;

}  // namespace archmlp::svm
