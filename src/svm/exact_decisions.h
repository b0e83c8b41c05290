#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/svm/dual_problem.h"

namespace archmlp::svm {

/// Σ_r factors[r] K(rows[r], x_i) for every row i of the problem's x, added to sums[i]: in double precision,
/// the order of the terms fixed. Errors: kResourceLimit.
base::Status add_exact_decisions(const DualProblem& problem, std::span<const double> centre,
                                 std::span<const std::uint32_t> rows, std::span<const double> factors,
                                 std::span<double> sums, int thread_count);

}  // namespace archmlp::svm
