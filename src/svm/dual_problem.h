#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "archmlp/base/progress.h"
#include "archmlp/base/result.h"
#include "archmlp/model/kernel.h"
#include "archmlp/model/matrix_view.h"
#include "archmlp/model/svm.h"

namespace archmlp::svm {

/// One of the variables of the dual.
struct DualVariable {
  std::uint32_t row = 0;  // of x
  std::int8_t sign = 1;   // y: 1 or -1
  double linear = -1;     // p: -1 for a classification; epsilon -/+ the label for a regression
  double upper = 1;       // C times the row's weight, > 0
};

/// Minimise ½ Σ_vw y_v y_w K(row v, row w) α_v α_w + Σ p_v α_v, subject to Σ y_v α_v = 0 and 0 <= α_v <= C_v.
/// The decision of a row is then f(x) = Σ y_v α_v K(row v, x) - rho.
struct DualProblem {
  model::MatrixView x;  // finite
  /// Categories of each feature, [p]: 0 where it is a number. The feature then holds the number of a
  /// category, below 0 for none, and stands for a one-hot row of so many. Empty: all are numbers.
  std::span<const std::uint32_t> category_counts = {};
  model::Kernel kernel;
  std::vector<DualVariable> variables;
  bool bias = true;  // false: Σ y_v α_v may be anything and rho is 0; for linear kernels
};

/// What does not change the solution, but for `tol`, and where it stops too soon.
struct SolveOptions {
  double tol = 1e-3;                                  // of the KKT conditions, as LIBSVM measures them
  std::size_t cache_bytes = std::size_t{200} << 20U;  // of kernel rows; a few rows are always kept
  std::int64_t max_iter = -1;  // steps of two variables, of all where the kernel is linear; -1: no limit
  bool shrinking = true;
  int thread_count = 0;
  std::optional<std::chrono::steady_clock::time_point> deadline;
  base::Progress* progress = &base::no_progress();
};

struct DualSolution {
  std::vector<double> alpha;  // [variables]
  double rho = 0;
  model::SvmCertificate certificate;
};

/// The optimum, from working sets of some hundred variables and kernel rows in single precision; where these
/// cannot reach `tol`, in double precision. A linear kernel's by solve_linear(). The result depends on the
/// problem and `tol` alone, never on the number of threads; instruction sets and the size of the cache may
/// change it within `tol`. Errors: kInvalidInput if a kernel value is not finite in double precision;
/// kCancelled. Sources: Fan, Chen, Lin 2005, "Working set selection using second order information"; Joachims
/// 1999, "Making large-scale SVM learning practical"; Wen et al. 2018, "ThunderSVM" (working sets of which
/// half is replaced).
base::Result<DualSolution> solve_dual(const DualProblem& problem, const SolveOptions& options = {});

}  // namespace archmlp::svm
