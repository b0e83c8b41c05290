#include "archmlp/svm/coordinate_descent.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "archmlp/base/cancel.h"
#include "archmlp/base/parallel.h"
#include "archmlp/base/rng.h"
#include "archmlp/base/try.h"
#include "archmlp/svm/certificate.h"
#include "archmlp/svm/row_box.h"

namespace archmlp::svm {
namespace {

using model::SvmStop;

constexpr double kBoundless = std::numeric_limits<double>::infinity();
constexpr double kPenaltyOfRoom = 10;
constexpr int kMostAttempts = 60;     // multipliers after projected gradients are as small as is asked
constexpr double kFirstSpread = 1.0;  // of projected gradients, that the first passes aim at
constexpr double kSpreadFall = 0.3;   // of the aim, from one multiplier to the next
constexpr double kLeastAim = 1e-3;    // of tol: a lower aim would help no more
constexpr double kExcessAim = 1e-12;  // of Σ |β|: what Σ β may be off by in the end
// Passes in which the spread does not fall by a tenth: so many, or as many as take so many steps.
constexpr std::uint64_t kIdlePasses = 2000, kIdleMoves = 100'000'000;
constexpr std::size_t kVariablesBetweenChecks = 65536;

/// |x|² of each row.
std::vector<double> norms_of(const OneHotRows& rows) {
  std::vector<double> norms(rows.rows(), 0.0);
  OneHotRows::Room room;
  std::vector<RowEntries> entries;
  for (std::uint32_t row = 0; row < norms.size(); ++row) {
    rows.entries({&row, 1}, room, entries);
    for (std::size_t e = 0; e < entries[0].count; ++e) {
      const auto value = static_cast<double>(entries[0].values[e]);
      norms[row] += value * value;
    }
  }
  return norms;
}

class CoordinateDescent {
 public:
  CoordinateDescent(const DualProblem& problem, const OneHotRows& rows, const SolveOptions& options)
      : rows_(rows),
        bias_(problem.bias),
        options_(options),
        box_(RowBox::of(problem.variables, rows.rows())),
        norms_(norms_of(rows_)),
        beta_(box_.size(), 0.0),
        w_(rows_.cols(), 0.0),
        sums_(rows_.rows(), 0.0) {
    // Σ β off by a share of what it can be should tell as much as a row does, however small C is.
    double room = 0;
    for (std::size_t v = 0; v < box_.size(); ++v) room += box_.box.high[v] - box_.box.low[v];
    const double norm = std::accumulate(norms_.begin(), norms_.end(), 0.0);
    if (bias_ && room > 0)
      penalty_ = std::max(norm / static_cast<double>(norms_.size()), kPenaltyOfRoom / room);
  }

  base::Result<DualSolution> solve() {
    solution_.certificate.tol = options_.tol;
    double least = kBoundless, aim = std::max(kFirstSpread, options_.tol);
    for (int attempts = 0;; aim = std::max(kSpreadFall * aim, kLeastAim * options_.tol)) {
      const bool reached = TRY(descend(aim));
      multiplier_ += penalty_ * total_;
      if (reached && aim > options_.tol) continue;
      const Certified point = TRY(certify_balanced());
      if (point.violation < least || solution_.alpha.empty()) {
        least = point.violation;
        take(point);
      }
      const bool converged = least <= options_.tol;
      solution_.certificate.stopped_by = converged ? SvmStop::kConverged : stop_.value_or(SvmStop::kStalled);
      if (converged || !reached || ++attempts == kMostAttempts) return std::move(solution_);
    }
  }

 private:
  /// Passes until projected gradients spread over no more than `aim`. False: they do not, or stop_ says why.
  base::Result<bool> descend(double aim) {
    std::vector<std::uint32_t> active(box_.size());
    std::iota(active.begin(), active.end(), 0U);
    double shrink_above = kBoundless, shrink_below = -kBoundless, least = kBoundless;
    const std::uint64_t patience =
        std::max<std::uint64_t>(kIdlePasses, kIdleMoves / std::max<std::size_t>(box_.size(), 1));
    for (std::uint64_t idle = 0; idle < patience; ++idle) {
      if (options_.deadline && std::chrono::steady_clock::now() >= *options_.deadline)
        stop_ = SvmStop::kMaxTime;
      const std::uint64_t passes = solution_.certificate.iterations;
      if (options_.max_iter >= 0 && passes >= static_cast<std::uint64_t>(options_.max_iter))
        stop_ = SvmStop::kMaxIter;
      if (stop_) return false;
      const bool whole = active.size() == box_.size();
      double most = -kBoundless, lowest = kBoundless;
      TRY(pass(active, shrink_above, shrink_below, most, lowest));
      ++solution_.certificate.iterations;
      const double spread = std::max(most, 0.0) - std::min(lowest, 0.0);
      options_.progress->set_note(fmt::format("violation {:.2g}", spread));
      options_.progress->update("training", passes + 1, 0, "passes");
      if (spread < 0.9 * least) {
        least = spread;
        idle = 0;
      }
      if (spread <= aim) {
        if (whole) return true;
        active.resize(box_.size());
        std::iota(active.begin(), active.end(), 0U);
        most = lowest = 0;
      }
      shrink_above = options_.shrinking && most > 0 ? most : kBoundless;
      shrink_below = options_.shrinking && lowest < 0 ? lowest : -kBoundless;
    }
    return false;
  }

  /// One step for each active variable; those far on the right side of a bound become inactive.
  base::Status pass(std::vector<std::uint32_t>& active, double shrink_above, double shrink_below,
                    double& most, double& lowest) {
    const Box& box = box_.box;
    rng_.shuffle(std::span(active));
    std::size_t kept = 0;
    for (std::size_t i = 0; i < active.size(); ++i) {
      if (i % kVariablesBetweenChecks == 0) TRY(base::check_cancelled());
      const std::uint32_t v = active[i], row = box.row[v];
      rows_.entries({&row, 1}, room_, entries_);
      const RowEntries& entries = entries_[0];
      double gradient = box.linear[v] + multiplier_ + penalty_ * total_;
      for (std::size_t e = 0; e < entries.count; ++e)
        gradient += w_[entries.columns[e]] * static_cast<double>(entries.values[e]);
      const bool at_low = beta_[v] <= box.low[v], at_high = beta_[v] >= box.high[v];
      if ((at_low && gradient > shrink_above) || (at_high && gradient < shrink_below)) continue;
      active[kept++] = v;
      if ((at_low && gradient >= 0) || (at_high && gradient <= 0) || gradient == 0) continue;
      most = std::max(most, gradient);
      lowest = std::min(lowest, gradient);
      const double curvature = norms_[row] + penalty_;
      const double wanted = curvature > 0  ? beta_[v] - gradient / curvature
                            : gradient > 0 ? box.low[v]
                                           : box.high[v];
      const double next = std::clamp(wanted, box.low[v], box.high[v]);
      const double move = next - beta_[v];
      beta_[v] = next;
      total_ += bias_ ? move : 0.0;
      for (std::size_t e = 0; e < entries.count; ++e)
        w_[entries.columns[e]] += move * static_cast<double>(entries.values[e]);
    }
    active.resize(kept);
    return {};
  }

  /// With Σ β = 0, shared out by room, in balanced_; the passes go on from beta_.
  base::Result<Certified> certify_balanced() {
    balanced_ = beta_;
    const Box& box = box_.box;
    for (int round = 0; bias_ && round < 3; ++round) {
      double excess = 0, amount = 0, room = 0, free_room = 0;
      for (const double beta : balanced_) {
        excess += beta;
        amount += std::abs(beta);
      }
      if (std::abs(excess) <= kExcessAim * amount) break;
      const auto room_of = [&](std::size_t v) {
        return excess > 0 ? balanced_[v] - box.low[v] : box.high[v] - balanced_[v];
      };
      const auto is_free = [&](std::size_t v) {
        return balanced_[v] > box.low[v] && balanced_[v] < box.high[v];
      };
      for (std::size_t v = 0; v < balanced_.size(); ++v) {
        room += room_of(v);
        free_room += is_free(v) ? room_of(v) : 0.0;
      }
      const bool among_free = free_room > std::abs(excess);
      const double share = excess / (among_free ? free_room : room);
      for (std::size_t v = 0; v < balanced_.size(); ++v) {
        if (among_free && !is_free(v)) continue;
        balanced_[v] = std::clamp(balanced_[v] - share * room_of(v), box.low[v], box.high[v]);
      }
    }
    const std::vector<double> weights = box_.row_weights(balanced_);
    TRY(compute_sums(weights));
    return certify(box, weights, sums_, balanced_, bias_);
  }

  /// x·w of every row, w = Σ weight x anew.
  base::Status compute_sums(const std::vector<double>& weights) {
    std::vector<double> w(rows_.cols(), 0.0);
    for (std::uint32_t row = 0; row < weights.size(); ++row) {
      if (row % kVariablesBetweenChecks == 0) TRY(base::check_cancelled());
      if (weights[row] == 0) continue;
      rows_.entries({&row, 1}, room_, entries_);
      for (std::size_t e = 0; e < entries_[0].count; ++e)
        w[entries_[0].columns[e]] += weights[row] * static_cast<double>(entries_[0].values[e]);
    }
    for (std::uint32_t row = 0; row < weights.size(); ++row) {
      rows_.entries({&row, 1}, room_, entries_);
      sums_[row] = 0;
      for (std::size_t e = 0; e < entries_[0].count; ++e)
        sums_[row] += w[entries_[0].columns[e]] * static_cast<double>(entries_[0].values[e]);
    }
    return {};
  }

  void take(const Certified& point) {
    solution_.rho = point.rho;
    solution_.certificate.violation = point.violation;
    solution_.certificate.primal = point.primal;
    solution_.certificate.dual = point.dual;
    solution_.alpha.resize(box_.size());
    for (std::size_t i = 0; i < box_.size(); ++i)
      solution_.alpha[box_.place(i)] = box_.box.high[i] > 0 ? balanced_[i] : -balanced_[i];
  }

  const OneHotRows& rows_;
  bool bias_;
  const SolveOptions& options_;
  RowBox box_;
  std::vector<double> norms_;  // |x|²
  std::vector<double> beta_, balanced_, w_, sums_;
  double total_ = 0;       // Σ β
  double multiplier_ = 0;  // of Σ β = 0: -rho in the end
  double penalty_ = 0;     // of (Σ β)² / 2
  base::Rng rng_{1};
  OneHotRows::Room room_;
  std::vector<RowEntries> entries_;
  std::optional<SvmStop> stop_;
  DualSolution solution_;
};

}  // namespace

base::Result<DualSolution> descend_by_coordinates(const DualProblem& problem, const OneHotRows& rows,
                                                  const SolveOptions& options) {
  return CoordinateDescent(problem, rows, options).solve();
}

}  // namespace archmlp::svm
