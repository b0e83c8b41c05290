#pragma once

#include "archmlp/base/result.h"
#include "archmlp/svm/dual_problem.h"
#include "archmlp/svm/one_hot_rows.h"

namespace archmlp::svm {

/// solve_dual() for a linear kernel and many columns of categories: one variable after the other in passes of
/// random order, with w kept beside β. Σ β = 0 is met by a multiplier and a penalty (method of multipliers).
/// iterations: passes. Source: Hsieh et al. 2008, "A dual coordinate descent method for large-scale linear
/// SVM".
base::Result<DualSolution> descend_by_coordinates(const DualProblem& problem, const OneHotRows& rows,
                                                  const SolveOptions& options);

}  // namespace archmlp::svm
