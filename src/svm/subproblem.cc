#include "archmlp/svm/subproblem.h"

#include <algorithm>
#include <limits>

#include "archmlp/svm/pair_search.h"

namespace archmlp::svm {
namespace {

constexpr double kUnreachable = std::numeric_limits<double>::infinity();

}  // namespace

template <typename T>
void Subproblem<T>::resize(std::size_t size) {
  size_ = size;
  stride_ = (size + 7) / 8 * 8;
  kernel_.assign(size * stride_, T{0});
  for (auto* values : {&beta_, &low_, &high_, &gradient_, &diagonal_}) values->assign(stride_, 0.0);
  up_wall_.assign(stride_, -kUnreachable);
  down_wall_.assign(stride_, kUnreachable);
}

template <typename T>
void Subproblem<T>::set_variable(std::size_t i, double beta, double low, double high,
                                 double gradient) noexcept {
  low_[i] = low;
  high_[i] = high;
  gradient_[i] = gradient;
  set_beta(i, beta);
}

template <typename T>
void Subproblem<T>::set_beta(std::size_t i, double beta) noexcept {
  beta_[i] = beta;
  up_wall_[i] = beta < high_[i] ? 0.0 : -kUnreachable;
  down_wall_[i] = beta > low_[i] ? 0.0 : kUnreachable;
}

/// As far as the curvature says, or to the nearest bound, which is then met exactly.
template <typename T>
void Subproblem<T>::take_step(std::size_t i, std::size_t j, double pull) {
  const double curvature = diagonal_[i] + diagonal_[j] - 2.0 * static_cast<double>(kernel_row(i)[j]);
  const double room_i = high_[i] - beta_[i], room_j = beta_[j] - low_[j];
  const double step = std::min({pull / (curvature > 0 ? curvature : kLeastCurvature), room_i, room_j});
  set_beta(i, step == room_i ? high_[i] : std::min(beta_[i] + step, high_[i]));
  set_beta(j, step == room_j ? low_[j] : std::max(beta_[j] - step, low_[j]));
}

template <typename T>
auto Subproblem<T>::solve(double tol, std::uint64_t most_iterations) -> Outcome {
  for (std::size_t i = 0; i < size_; ++i) diagonal_[i] = static_cast<double>(kernel_row(i)[i]);
  StepPass<T> pass{.step = 0,
                   .row_up = kernel_.data(),
                   .row_down = kernel_.data(),
                   .gradient = gradient_.data(),
                   .up_wall = up_wall_.data(),
                   .down_wall = down_wall_.data(),
                   .count = stride_};
  PartnerPass<T> partner{.gradient = gradient_.data(),
                         .diagonal = diagonal_.data(),
                         .down_wall = down_wall_.data(),
                         .count = stride_};
  Outcome outcome;
  for (;; ++outcome.iterations) {
    const Extremes found = step_and_search(pass);
    outcome.violation = found.most_up - found.least_down;
    if (!(outcome.violation > tol) || outcome.iterations == most_iterations) return outcome;
    const std::size_t i = found.up;
    partner.most_up = found.most_up;
    partner.diagonal_up = diagonal_[i];
    partner.row_up = kernel_row(i);
    const std::size_t j = find_partner(partner);
    const double before = beta_[i];
    take_step(i, j, found.most_up + gradient_[j]);
    pass.step = beta_[i] - before;
    pass.row_up = kernel_row(i);
    pass.row_down = kernel_row(j);
    if (pass.step == 0) return outcome;  // too small a step for the digits of β
  }
}

template class Subproblem<float>;
template class Subproblem<double>;

}  // namespace archmlp::svm
