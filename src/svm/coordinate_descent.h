#pragma once

#include "archmlp/base/result.h"
#include "archmlp/svm/dual_problem.h"

namespace archmlp::svm {

/// solve_dual() for a linear kernel on sparse rows: one variable after the other in passes of random order,
/// with w kept beside β. Σ β = 0 is met by a multiplier and a penalty (method of multipliers). iterations:
/// passes. Source: Hsieh et al. 2008, "A dual coordinate descent method for large-scale linear SVM".
base::Result<DualSolution> solve_sparse_linear(const DualProblem& problem, const SparseRows& rows,
                                               const SolveOptions& options);

}  // namespace archmlp::svm
