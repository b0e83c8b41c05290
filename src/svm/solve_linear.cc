#include "archmlp/svm/solve_linear.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "archmlp/base/parallel.h"
#include "archmlp/base/try.h"
#include "archmlp/svm/crossover.h"
#include "archmlp/svm/interior_point.h"
#include "archmlp/svm/linear_rows.h"
#include "archmlp/svm/row_box.h"

namespace archmlp::svm {
namespace {

using model::SvmStop;

constexpr double kEndless = std::numeric_limits<double>::infinity();
constexpr double kFirstAttempt = 1e-4;  // relative gap from which on the optimum's face may be known
constexpr double kNextAttempt = 1e-2;   // of the gap of the last attempt
constexpr double kNearGap = 1e-8,
                 kLastGap = 1e-12;  // from which on an attempt is worth many rounds; the last
constexpr int kFewRounds = 6, kManyRounds = 60;
constexpr double kAimedGap =
    1e-4;                     // relative, of the exact optimum: while the violation alone is too easily small
constexpr int kPatience = 8;  // steps in which neither gap nor complementarity fall
constexpr double kFall = 0.9;

/// Steps of the interior-point method and attempts to go on to the optimum's face.
class LinearSolver {
 public:
  LinearSolver(const DualProblem& problem, const SolveOptions& options, int threads)
      : options_(options),
        rows_(problem.x, problem.bias, threads),
        box_(RowBox::of(problem.variables, problem.x.rows)),
        interior_(rows_, box_, threads),
        crossover_(rows_, box_, options.tol) {}

  base::Result<DualSolution> solve() {
    solution_.certificate.tol = options_.tol;
    TRY(nothing_can_move() ? crossover_.keep_inside(std::vector<double>(box_.size(), 0.0)) : run());
    const bool reached = crossover_.best().violation <= options_.tol;
    if (reached) solution_.certificate.stopped_by = SvmStop::kConverged;
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
    TRY(interior_.start());
    while (!TRY(is_over())) {
      if (TRY(interior_.step())) {
        ++solution_.certificate.iterations;
        continue;
      }
      solution_.certificate.stopped_by = SvmStop::kStalled;
      break;
    }
    const bool late = solution_.certificate.stopped_by == SvmStop::kMaxTime;
    if (!reached(kEndless)) TRY(attempt(late ? 0 : kManyRounds));
    if (!crossover_.found()) TRY(crossover_.keep_inside(interior_.beta()));
    return {};
  }

  /// After attempts where they are due; stopped_by: why.
  base::Result<bool> is_over() {
    const double gap = interior_.relative_gap();
    options_.progress->set_note(fmt::format("gap {:.2g}", gap));
    options_.progress->update("training", solution_.certificate.iterations, 0, "steps");
    solution_.certificate.stopped_by = SvmStop::kStalled;
    if (gap <= next_attempt_) {
      next_attempt_ = kNextAttempt * gap;
      TRY(attempt(gap > kNearGap ? kFewRounds : kManyRounds));
      if (reached(gap > kNearGap ? kAimedGap : kEndless)) return true;
    }
    if (gap <= kLastGap || !goes_on(gap)) return true;
    if (options_.deadline && std::chrono::steady_clock::now() >= *options_.deadline) {
      solution_.certificate.stopped_by = SvmStop::kMaxTime;
      return true;
    }
    const auto iterations = static_cast<std::int64_t>(solution_.certificate.iterations);
    if (options_.max_iter >= 0 && iterations >= options_.max_iter) {
      solution_.certificate.stopped_by = SvmStop::kMaxIter;
      return true;
    }
    return false;
  }

  base::Status attempt(int rounds) {
    return crossover_.run(interior_.beta(), interior_.decisions(), interior_.scale(), rounds);
  }

  bool reached(double relative_gap) const {
    return crossover_.found() && crossover_.best().violation <= options_.tol &&
           crossover_.best().gap() <= relative_gap * crossover_.best().primal;
  }

  bool goes_on(double gap) {
    --patience_;
    for (const auto& [now, least] :
         {std::pair{gap, &least_gap_}, {interior_.complementarity(), &least_sum_}}) {
      if (!(now < kFall * *least)) continue;
      *least = now;
      patience_ = kPatience;
    }
    return patience_ > 0;
  }

  void fill_solution() {
    const Certified& best = crossover_.best();
    solution_.rho = best.rho;
    if (rows_.bias()) {
      const std::span<const double> centre = rows_.centre();
      solution_.rho =
          std::inner_product(centre.begin(), centre.end(), crossover_.best_weights().begin(), best.rho);
    }
    solution_.certificate.violation = best.violation;
    solution_.certificate.primal = best.primal;
    solution_.certificate.dual = best.dual;
    solution_.alpha.resize(box_.size());
    for (std::size_t i = 0; i < box_.size(); ++i)
      solution_.alpha[box_.place(i)] =
          box_.box.high[i] > 0 ? crossover_.best_beta()[i] : -crossover_.best_beta()[i];
  }

  const SolveOptions& options_;
  LinearRows rows_;
  RowBox box_;
  InteriorPoint interior_;
  Crossover crossover_;
  double next_attempt_ = kFirstAttempt;
  double least_gap_ = kEndless, least_sum_ = kEndless;
  int patience_ = kPatience;
  DualSolution solution_;
};

}  // namespace

base::Result<DualSolution> solve_linear(const DualProblem& problem, const SolveOptions& options) {
  return LinearSolver(problem, options, base::resolve_thread_count(options.thread_count)).solve();
}

}  // namespace archmlp::svm
