#pragma once

#include <cstddef>

#include "archmlp/base/result.h"
#include "archmlp/svm/dual_problem.h"
#include "archmlp/svm/one_hot_rows.h"

namespace archmlp::svm {

/// As many features as the squares of which are worth forming at each step.
inline constexpr std::size_t kMostInteriorColumns = 512;

/// solve_dual() for a linear kernel: an interior-point method over all rows, and from there to the exact
/// optimum.
base::Result<DualSolution> solve_linear(const DualProblem& problem, const OneHotRows* one_hot,
                                        const SolveOptions& options);

}  // namespace archmlp::svm
