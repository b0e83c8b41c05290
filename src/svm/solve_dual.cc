#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "archmlp/base/parallel.h"
#include "archmlp/base/try.h"
#include "archmlp/svm/box.h"
#include "archmlp/svm/certificate.h"
#include "archmlp/svm/coordinate_descent.h"
#include "archmlp/svm/decomposition.h"
#include "archmlp/svm/dual_problem.h"
#include "archmlp/svm/exact_decisions.h"
#include "archmlp/svm/packed_rows.h"
#include "archmlp/svm/solve_linear.h"

namespace archmlp::svm {
namespace {

using base::Error;
using base::Result;
using base::Status;
using model::SvmCertificate;
using model::SvmStop;

constexpr double kEndless = std::numeric_limits<double>::infinity();
constexpr double kTargetShare = 0.9;  // of tol: what single precision aims at, so that the exact pass agrees
constexpr double kGain = 0.5;  // what a run must at least make of the exact violation to be worth another
constexpr double kMostFloat = 1e30, kMostDouble = 1e100;  // kernel values that leave room for sums

/// The largest |x|².
double largest_norm(const DualProblem& problem) {
  double norm = 0;
  for (std::size_t row = 0; row < problem.x.rows; ++row) {
    double sum = 0;
    for (std::size_t col = 0; col < problem.x.cols; ++col) {
      const bool is_category = !problem.category_counts.empty() && problem.category_counts[col] > 0;
      const double value = is_category ? 1 : static_cast<double>(problem.x.at(row, col));
      sum += value * value;
    }
    norm = std::max(norm, sum);
  }
  return norm;
}

/// The largest kernel value that may come up.
double kernel_bound(const DualProblem& problem) {
  const double norm = largest_norm(problem);
  const model::Kernel& kernel = problem.kernel;
  const double inner = kernel.gamma * norm + std::abs(kernel.coef0);
  switch (kernel.kind) {
    case model::KernelKind::kPoly:
      return std::max(inner, std::pow(inner, kernel.degree));
    case model::KernelKind::kLinear:
      return norm;
    default:
      return std::max(norm, inner);  // on the way to the value
  }
}

/// The sums Σ_w β_w K(row w, row) of every row, in double precision.
class ExactSums {
 public:
  ExactSums(const DualProblem& problem, const Box& box, std::span<const double> centre, int thread_count)
      : problem_(problem),
        box_(box),
        centre_(centre),
        thread_count_(thread_count),
        weights_(problem.x.rows),
        sums_(problem.x.rows) {}

  /// Brings the sums up to `beta`: by what changed where that is less work than all of it.
  Status update(const std::vector<double>& beta) {
    std::vector<double> weights(problem_.x.rows, 0.0);
    for (std::size_t v = 0; v < box_.size(); ++v) weights[box_.row[v]] += beta[v];
    std::size_t changed = 0, all = 0;
    for (std::size_t row = 0; row < weights.size(); ++row) {
      changed += weights[row] != weights_[row] ? 1 : 0;
      all += weights[row] != 0 ? 1 : 0;
    }
    if (all <= changed) {
      std::fill(sums_.begin(), sums_.end(), 0.0);
      std::fill(weights_.begin(), weights_.end(), 0.0);
    }
    std::vector<std::uint32_t> rows;
    std::vector<double> factors;
    for (std::size_t row = 0; row < weights.size(); ++row) {
      if (weights[row] == weights_[row]) continue;
      rows.push_back(static_cast<std::uint32_t>(row));
      factors.push_back(weights[row] - weights_[row]);
    }
    weights_ = std::move(weights);
    return add_exact_decisions(problem_, centre_, rows, factors, sums_, thread_count_);
  }

  const std::vector<double>& values() const noexcept { return sums_; }
  const std::vector<double>& weights() const noexcept { return weights_; }

 private:
  const DualProblem& problem_;
  const Box& box_;
  std::span<const double> centre_;
  int thread_count_;
  std::vector<double> weights_, sums_;  // of each row: Σ β of its variables
};

template <typename T>
SvmStop stop_reason(typename Decomposition<T>::Outcome outcome) {
  using Outcome = typename Decomposition<T>::Outcome;
  switch (outcome) {
    case Outcome::kMaxIter:
      return SvmStop::kMaxIter;
    case Outcome::kDeadline:
      return SvmStop::kMaxTime;
    default:
      return SvmStop::kStalled;
  }
}

/// Runs in the precision T, each from exact sums, until the exact violation is at most tol, or runs no longer
/// help.
template <typename T>
Status refine(const DualProblem& problem, const Box& box, std::span<const double> centre,
              const SolveOptions& options, ExactSums& exact, std::vector<double>& beta,
              DualSolution& solution) {
  Decomposition<T> decomposition(problem, box, centre, options);
  SvmCertificate& certificate = solution.certificate;
  for (double before = kEndless;; before = certificate.violation) {
    const auto outcome =
        TRY(decomposition.run(beta, exact.values(), kTargetShare * options.tol, certificate.iterations));
    TRY(exact.update(beta));
    const Certified certified = certify(box, exact.weights(), exact.values(), beta, true);
    solution.rho = certified.rho;
    certificate.violation = certified.violation;
    certificate.primal = certified.primal;
    certificate.dual = certified.dual;
    certificate.stopped_by =
        certificate.violation <= options.tol ? SvmStop::kConverged : stop_reason<T>(outcome);
    if (certificate.stopped_by != SvmStop::kStalled) return {};
    if (outcome == Decomposition<T>::Outcome::kStalled || certificate.violation > kGain * before) return {};
  }
}

}  // namespace

Result<DualSolution> solve_dual(const DualProblem& problem, const SolveOptions& options) {
  const double bound = kernel_bound(problem);
  if (!(bound <= kMostDouble)) {
    return Error{.message = "kernel values are too large to compute with",
                 .hint = "scale the features, or lower gamma, coef0 or degree"};
  }
  if (problem.kernel.kind == model::KernelKind::kLinear) {
    std::optional<OneHotRows> one_hot;
    if (!problem.category_counts.empty()) one_hot.emplace(problem.x, problem.category_counts);
    const std::size_t columns = one_hot ? one_hot->cols() : problem.x.cols;
    if (columns <= kMostInteriorColumns) return solve_linear(problem, one_hot ? &*one_hot : nullptr, options);
    if (one_hot) return descend_by_coordinates(problem, *one_hot, options);
  }
  if (!problem.bias) {
    return Error{.message = "a machine without bias is solved for with a linear kernel alone",
                 .hint = fmt::format("a linear kernel and at most {} features", kMostInteriorColumns)};
  }
  const int threads = base::resolve_thread_count(options.thread_count);
  const Box box(problem);
  const std::vector<double> centre = centre_of(problem.x, problem.kernel, threads);
  ExactSums exact(problem, box, centre, threads);
  std::vector<double> beta(box.size(), 0.0);
  DualSolution solution;
  solution.certificate.stopped_by = SvmStop::kStalled;
  solution.certificate.tol = options.tol;
  if (bound <= kMostFloat) TRY(refine<float>(problem, box, centre, options, exact, beta, solution));
  if (solution.certificate.stopped_by == SvmStop::kStalled) {
    TRY(refine<double>(problem, box, centre, options, exact, beta, solution));
  }
  solution.alpha.resize(box.size());
  for (std::size_t v = 0; v < box.size(); ++v) solution.alpha[v] = problem.variables[v].sign * beta[v];
  return solution;
}

}  // namespace archmlp::svm
