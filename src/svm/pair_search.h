#pragma once

#include <cstddef>

namespace archmlp::svm {

/// What one pass over the variables of a subproblem finds; ties go to the lowest index.
struct Extremes {
  double most_up = 0;     // the largest -gradient of a variable that can grow; -inf if there is none
  std::size_t up = 0;     // that variable
  double least_down = 0;  // the least -gradient of a variable that can fall; +inf if there is none
};

/// gradient[k] += step (row_up[k] - row_down[k]), then the extremes. `count`: a multiple of 8.
template <typename T>
struct StepPass {
  double step = 0;
  const T* row_up = nullptr;
  const T* row_down = nullptr;
  double* gradient = nullptr;
  const double* up_wall = nullptr;
  const double* down_wall = nullptr;
  std::size_t count = 0;
};
Extremes step_and_search(const StepPass<float>& pass) noexcept;
Extremes step_and_search(const StepPass<double>& pass) noexcept;

/// The partner of `up`: which variable that can fall lowers the objective most together with it (second
/// order).
template <typename T>
struct PartnerPass {
  double most_up = 0;
  double diagonal_up = 0;
  const T* row_up = nullptr;
  const double* gradient = nullptr;
  const double* diagonal = nullptr;
  const double* down_wall = nullptr;
  std::size_t count = 0;
};
std::size_t find_partner(const PartnerPass<float>& pass) noexcept;
std::size_t find_partner(const PartnerPass<double>& pass) noexcept;

/// What LIBSVM takes for a curvature that is not positive.
inline constexpr double kLeastCurvature = 1e-12;

}  // namespace archmlp::svm
