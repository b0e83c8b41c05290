#include "archmlp/svm/solve_linear.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <optional>

#include "archmlp/base/parallel.h"
#include "archmlp/base/try.h"
#include "archmlp/svm/crossover.h"
#include "archmlp/svm/interior_point.h"
#include "archmlp/svm/linear_rows.h"
#include "archmlp/svm/row_box.h"
#include "archmlp/svm/sifting.h"

namespace archmlp::svm {
namespace {

using model::SvmStop;

constexpr std::size_t kWholeRows = 40'000;  // so few are not worth sifting
constexpr double kSampleGap = 1e-3;         // relative, of the guess from a sample
// Relative gaps at which the optimum's face may be known; from kNearGap on it is worth many rounds.
constexpr std::array kAttempts = {1e-4, 1e-6, 1e-8, 1e-10, 1e-12};
constexpr double kNearGap = 1e-7;
constexpr int kFewRounds = 6, kManyRounds = 60;
constexpr double kAimedGap =
    1e-4;  // relative, of the result: a small violation alone comes too easily at small C
constexpr int kIdleSteps = 25;  // in which neither gap nor complementarity fall
constexpr double kFall = 0.9;
constexpr double kAnyGap = std::numeric_limits<double>::infinity();

std::vector<std::uint32_t> all_rows(std::size_t count) {
  std::vector<std::uint32_t> rows(count);
  std::iota(rows.begin(), rows.end(), 0U);
  return rows;
}

/// Steps of the interior-point method, over the rows that matter, and attempts to go on to the optimum's
/// face.
class LinearSolver {
 public:
  LinearSolver(const DualProblem& problem, const OneHotRows* one_hot, const SolveOptions& options,
               int threads)
      : problem_(problem),
        one_hot_(one_hot),
        options_(options),
        threads_(threads),
        centre_(linear_centre(problem, one_hot, threads)),
        rows_(problem, one_hot, all_rows(problem.x.rows), centre_, threads),
        box_(RowBox::of(problem.variables, problem.x.rows)),
        sifting_(box_, problem.bias),
        crossover_(rows_, box_, options),
        beta_(box_.size(), 0.0),
        decisions_(rows_.row_count(), 0.0) {}

  base::Result<DualSolution> solve() {
    solution_.certificate.tol = options_.tol;
    TRY(nothing_can_move() ? crossover_.keep_inside(beta_) : run());
    if (crossover_.best().violation <= options_.tol) solution_.certificate.stopped_by = SvmStop::kConverged;
    fill_solution();
    return std::move(solution_);
  }

 private:
  bool nothing_can_move() const {
    const Box& box = box_.box;
    const bool up = std::any_of(box.high.begin(), box.high.end(), [](double high) { return high > 0; });
    const bool down = std::any_of(box.low.begin(), box.low.end(), [](double low) { return low < 0; });
    return rows_.bias() ? !up || !down : box.size() == 0;
  }

  base::Status run() {
    if (rows_.row_count() <= kWholeRows) {
      sifting_.choose_all();
    } else {
      TRY(guess());
    }
    while (!stop_ && TRY(solve_active())) {
    }
    if (stop_) solution_.certificate.stopped_by = *stop_;
    if (!reached(kAnyGap)) TRY(attempt(stop_ ? 0 : kManyRounds));
    if (!crossover_.found()) TRY(crossover_.keep_inside(beta_));
    return {};
  }

  /// Where the rows stand by the optimum of a sample.
  base::Status guess() {
    std::vector<std::uint32_t> sample;
    std::vector<double> factors;
    sifting_.sample(sample, factors);
    const LinearRows rows(problem_, one_hot_, sample, centre_, threads_);
    const RowBox box = box_.subset(sample, factors);
    InteriorPoint interior(rows, box, {.sum = std::vector<double>(rows_.columns(), 0.0)}, threads_);
    TRY(interior.start());
    TRY(descend(interior, kSampleGap));
    guess_.assign(interior.coefficients().begin(), interior.coefficients().end());
    TRY(rows_.decide(interior.coefficients(), decisions_));
    sifting_.choose(decisions_, beta_);
    return {};
  }

  /// True: other rows have joined and it is to be done again.
  base::Result<bool> solve_active() {
    std::optional<LinearRows> some_rows;
    RowBox some_box;
    if (!sifting_.all()) {
      some_rows.emplace(problem_, one_hot_, sifting_.rows(), centre_, threads_);
      some_box = box_.subset(sifting_.rows(), std::vector<double>(sifting_.rows().size(), 1.0));
    }
    InteriorPoint interior(some_rows ? *some_rows : rows_, some_rows ? some_box : box_, TRY(fixed()),
                           threads_);
    TRY(interior.start(guess_));
    for (const double gap : kAttempts) {
      const bool goes_on = TRY(descend(interior, gap));
      TRY(take_over(interior));
      const std::size_t few = gap > kNearGap ? 2 * rows_.columns() : 0;
      if (goes_on && sifting_.grow(decisions_, beta_, options_.tol / 2, few)) {
        guess_.assign(interior.coefficients().begin(), interior.coefficients().end());
        return true;
      }
      scale_ = interior.scale();
      if (goes_on) TRY(attempt(gap > kNearGap ? kFewRounds : kManyRounds));
      if (!goes_on || reached(gap > kNearGap ? kAimedGap : kAnyGap)) break;
    }
    return false;
  }

  /// What variables of rows that are not solved for contribute.
  base::Result<InteriorPoint::Fixed> fixed() const {
    std::vector<double> weights = box_.row_weights(beta_);
    InteriorPoint::Fixed fixed;
    for (std::size_t v = 0; v < box_.size(); ++v) fixed.linear += box_.box.linear[v] * beta_[v];
    for (const std::uint32_t row : sifting_.rows()) {
      weights[row] = 0;
      for (std::size_t v = box_.begins[row]; v < box_.begins[row + 1]; ++v)
        fixed.linear -= box_.box.linear[v] * beta_[v];
    }
    if (sifting_.all()) {
      fixed = {.sum = std::vector<double>(rows_.columns(), 0.0)};
    } else {
      fixed.sum = TRY(rows_.weighted_sum(weights));
    }
    return fixed;
  }

  base::Status take_over(const InteriorPoint& interior) {
    std::size_t from = 0;
    for (const std::uint32_t row : sifting_.rows()) {
      for (std::size_t v = box_.begins[row]; v < box_.begins[row + 1]; ++v)
        beta_[v] = interior.beta()[from++];
    }
    return rows_.decide(interior.coefficients(), decisions_);
  }

  /// Until the relative gap is at most `target`. False: it comes no nearer, or stop_ says why not.
  base::Result<bool> descend(InteriorPoint& interior, double target) {
    double least_gap = kAnyGap, least_sum = kAnyGap;
    for (int patience = kIdleSteps;; --patience) {
      const double gap = interior.relative_gap();
      options_.progress->set_note(fmt::format("gap {:.2g}", gap));
      options_.progress->update("training", solution_.certificate.iterations, 0, "steps");
      if (gap <= target) return true;
      if (gap < kFall * least_gap || interior.complementarity() < kFall * least_sum) patience = kIdleSteps;
      least_gap = std::min(least_gap, gap);
      least_sum = std::min(least_sum, interior.complementarity());
      if (options_.deadline && std::chrono::steady_clock::now() >= *options_.deadline)
        stop_ = SvmStop::kMaxTime;
      const auto iterations = static_cast<std::int64_t>(solution_.certificate.iterations);
      if (options_.max_iter >= 0 && iterations >= options_.max_iter) stop_ = SvmStop::kMaxIter;
      if (stop_ || patience == 0 || !TRY(interior.step())) return false;
      ++solution_.certificate.iterations;
    }
  }

  base::Status attempt(int rounds) { return crossover_.run(beta_, decisions_, scale_, rounds); }

  bool reached(double relative_gap) const {
    return crossover_.found() && crossover_.best().violation <= options_.tol &&
           crossover_.best().gap() <= relative_gap * crossover_.best().primal;
  }

  void fill_solution() {
    const Certified& best = crossover_.best();
    solution_.rho = best.rho;
    if (rows_.bias()) {
      solution_.rho =
          std::inner_product(centre_.begin(), centre_.end(), crossover_.best_weights().begin(), best.rho);
    }
    solution_.certificate.violation = best.violation;
    solution_.certificate.primal = best.primal;
    solution_.certificate.dual = best.dual;
    solution_.alpha.resize(box_.size());
    for (std::size_t i = 0; i < box_.size(); ++i) {
      const double beta = crossover_.best_beta()[i];
      solution_.alpha[box_.place(i)] = box_.box.high[i] > 0 ? beta : -beta;
    }
  }

  const DualProblem& problem_;
  const OneHotRows* one_hot_;
  const SolveOptions& options_;
  int threads_;
  std::vector<double> centre_;
  LinearRows rows_;
  RowBox box_;
  Sifting sifting_;
  Crossover crossover_;
  std::vector<double> beta_, decisions_;  // of all variables and rows
  std::vector<double> guess_;
  double scale_ = 1;
  std::optional<SvmStop> stop_;
  DualSolution solution_{.certificate = {.stopped_by = SvmStop::kStalled}};
};

}  // namespace

base::Result<DualSolution> solve_linear(const DualProblem& problem, const OneHotRows* one_hot,
                                        const SolveOptions& options) {
  return LinearSolver(problem, one_hot, options, base::resolve_thread_count(options.thread_count)).solve();
}

}  // namespace archmlp::svm
