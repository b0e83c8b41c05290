#include "archmlp/svm/decomposition.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "archmlp/base/cancel.h"
#include "archmlp/base/parallel.h"
#include "archmlp/base/try.h"
#include "archmlp/svm/kernel_block.h"

namespace archmlp::svm {
namespace {

constexpr std::size_t kSetSize = 512;
constexpr std::size_t kLeastSetSize = 8;  // half of it new: room for the pair that violates most
constexpr std::size_t kChunkSums = 1024;  // of all rows that a thread brings up to date at a time
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// A working set is solved to this share of the violation that it starts from: more would be wasted, as the
// rest of the variables moves on.
constexpr double kSetTolerance = 0.1;
constexpr std::uint64_t kStepsPerVariable = 40;  // of a working set: then the others are looked at again

constexpr std::uint64_t kShrinkRounds = 8;  // between looks for variables to leave out
constexpr std::uint8_t kIdleChecks = 2;     // in which a variable must stand still at a bound
constexpr double kShrinkShare = 0.1;        // of the rows: fewer are not worth packing the rest again
constexpr std::size_t kLeastShrunk = 1024;  // rows that are few enough to keep

// Steps in which the violation does not fall by a tenth, after which it is taken to have stalled: in single
// precision rounding may stand in the way, in double precision there is little hope left.
template <typename T>
constexpr std::uint64_t kPatientSteps = sizeof(T) == sizeof(float) ? 2'000'000 : 20'000'000;
template <typename T>
constexpr std::uint64_t kPatientStepsPerVariable = sizeof(T) == sizeof(float) ? 20 : 200;

}  // namespace

template <typename T>
Decomposition<T>::Decomposition(const DualProblem& problem, const Box& box, std::span<const double> centre,
                                const SolveOptions& options)
    : problem_(problem),
      box_(box),
      options_(options),
      threads_(base::resolve_thread_count(options.thread_count)),
      place_of_(problem.x.rows),
      kernel_rows_(problem, centre, threads_),
      in_set_(box.size()) {}

template <typename T>
void Decomposition<T>::activate_all(std::span<const double> sums) {
  if (!all_active_) {
    active_rows_.resize(problem_.x.rows);
    std::iota(active_rows_.begin(), active_rows_.end(), 0U);
    active_variables_.resize(box_.size());
    std::iota(active_variables_.begin(), active_variables_.end(), 0U);
    pack_active();
    const std::size_t length = kernel_rows_.padded_count();
    const std::size_t fitting = RowCache<T>::capacity_of(length, options_.cache_bytes);
    set_size_ = std::clamp<std::size_t>(fitting / 2, kLeastSetSize, kSetSize);
    cache_.reset(active_rows_.size(), length, options_.cache_bytes, set_size_);
    all_active_ = true;
  }
  idle_.assign(box_.size(), 0);
  working_.clear();
  sums_.assign(kernel_rows_.padded_count(), 0.0);
  std::copy(sums.begin(), sums.end(), sums_.begin());
}

template <typename T>
void Decomposition<T>::pack_active() {
  for (std::size_t place = 0; place < active_rows_.size(); ++place)
    place_of_[active_rows_[place]] = static_cast<std::uint32_t>(place);
  kernel_rows_.select(active_rows_);
}

template <typename T>
auto Decomposition<T>::find_limits(const std::vector<double>& beta) const -> Limits {
  Limits limits = {-kInfinity, kInfinity};
  for (const std::uint32_t variable : active_variables_) {
    const double pull = -gradient(variable);
    if (beta[variable] < box_.high[variable]) limits.most_up = std::max(limits.most_up, pull);
    if (beta[variable] > box_.low[variable]) limits.least_down = std::min(limits.least_down, pull);
  }
  return limits;
}

/// The `count` largest that are not in the set yet, largest first, ties to the lowest variable.
template <typename T>
void Decomposition<T>::add_candidates(std::vector<std::pair<double, std::uint32_t>>& candidates,
                                      std::size_t count) {
  const auto before = [](const auto& a, const auto& b) {
    return a.first > b.first || (a.first == b.first && a.second < b.second);
  };
  std::erase_if(candidates, [&](const auto& candidate) { return in_set_[candidate.second] != 0; });
  count = std::min(count, candidates.size());
  const auto end = candidates.begin() + static_cast<std::ptrdiff_t>(count);
  std::partial_sort(candidates.begin(), end, candidates.end(), before);
  for (auto candidate = candidates.begin(); candidate != end; ++candidate) {
    next_.push_back(candidate->second);
    in_set_[candidate->second] = 1;
  }
}

template <typename T>
void Decomposition<T>::choose_working_set(const std::vector<double>& beta, const Limits& limits) {
  const std::size_t size = std::min(set_size_, active_variables_.size());
  for (const std::uint32_t variable : working_) in_set_[variable] = 0;
  next_.clear();
  if (size == active_variables_.size()) {
    working_ = active_variables_;
    return;
  }
  const std::size_t kept = std::min(working_.size(), size / 2);
  next_.assign(working_.end() - static_cast<std::ptrdiff_t>(kept), working_.end());
  for (const std::uint32_t variable : next_) in_set_[variable] = 1;
  std::vector<std::pair<double, std::uint32_t>> up, down;
  for (const std::uint32_t variable : active_variables_) {
    const double pull = -gradient(variable);
    if (beta[variable] < box_.high[variable] && pull > limits.least_down) up.emplace_back(pull, variable);
    if (beta[variable] > box_.low[variable] && pull < limits.most_up) down.emplace_back(-pull, variable);
  }
  const std::size_t wanted = size - kept;
  add_candidates(up, std::max(wanted / 2, wanted - std::min(wanted, down.size())));
  add_candidates(down, size - next_.size());
  add_candidates(up, size - next_.size());
  working_.swap(next_);
}

/// rows_: the kernel rows of the working set; the two variables of a row of a regression share one.
template <typename T>
base::Status Decomposition<T>::load_kernel_rows() {
  set_places_.clear();
  for (const std::uint32_t variable : working_) set_places_.push_back(place_of_[box_.row[variable]]);
  std::sort(set_places_.begin(), set_places_.end());
  set_places_.erase(std::unique(set_places_.begin(), set_places_.end()), set_places_.end());
  set_index_.clear();
  for (const std::uint32_t variable : working_) {
    const auto found =
        std::lower_bound(set_places_.begin(), set_places_.end(), place_of_[box_.row[variable]]);
    set_index_.push_back(static_cast<std::uint32_t>(found - set_places_.begin()));
  }
  std::vector<std::uint32_t> missing;
  cache_.acquire(set_places_, rows_, missing);
  std::vector<std::uint32_t> places;
  std::vector<T*> targets;
  for (const std::uint32_t i : missing) {
    places.push_back(set_places_[i]);
    targets.push_back(rows_[i]);
  }
  return kernel_rows_.compute(places, targets);
}

template <typename T>
void Decomposition<T>::fill_subproblem(const std::vector<double>& beta) {
  const std::size_t size = working_.size();
  subproblem_.resize(size);
  for (std::size_t i = 0; i < size; ++i) {
    const T* from = rows_[set_index_[i]];
    T* to = subproblem_.kernel_row(i);
    for (std::size_t j = 0; j < size; ++j) to[j] = from[set_places_[set_index_[j]]];
    const std::uint32_t variable = working_[i];
    subproblem_.set_variable(i, beta[variable], box_.low[variable], box_.high[variable], gradient(variable));
  }
}

/// Takes β over from the subproblem and brings the sums up to date. False: nothing moved.
template <typename T>
bool Decomposition<T>::apply_steps(std::vector<double>& beta) {
  std::vector<double> moves(set_places_.size(), 0.0);
  bool moved = false;
  for (std::size_t i = 0; i < working_.size(); ++i) {
    const double move = subproblem_.beta(i) - beta[working_[i]];
    moved |= move != 0;
    moves[set_index_[i]] += move;
    beta[working_[i]] = subproblem_.beta(i);
  }
  std::vector<const T*> rows;
  std::vector<double> factors;
  for (std::size_t i = 0; i < moves.size(); ++i) {
    if (moves[i] == 0) continue;
    rows.push_back(rows_[i]);
    factors.push_back(moves[i]);
  }
  const std::size_t step = kChunkSums;
  base::parallel_for((sums_.size() + step - 1) / step, threads_, [&](std::size_t chunk) -> base::Status {
    const std::size_t begin = chunk * step;
    std::vector<const T*> parts;
    parts.reserve(rows.size());
    for (const T* row : rows) parts.push_back(row + begin);
    add_rows(parts.data(), factors.data(), parts.size(), std::min(step, sums_.size() - begin),
             sums_.data() + begin);
    return {};
  }).value();
  return moved;
}

/// Leaves out the rows whose variables have stood at a bound that they are pushed against, for some checks.
template <typename T>
void Decomposition<T>::shrink(const std::vector<double>& beta, const Limits& limits) {
  std::vector<std::uint8_t> needed(active_rows_.size(), 0);
  for (const std::uint32_t variable : active_variables_) {
    const double pull = -gradient(variable);
    const bool idle = (beta[variable] >= box_.high[variable] && pull > limits.most_up) ||
                      (beta[variable] <= box_.low[variable] && pull < limits.least_down);
    idle_[variable] = idle ? static_cast<std::uint8_t>(std::min(idle_[variable] + 1, 100)) : 0;
    if (idle_[variable] < kIdleChecks) needed[place_of_[box_.row[variable]]] = 1;
  }
  for (const std::uint32_t variable : working_) needed[place_of_[box_.row[variable]]] = 1;
  std::vector<std::uint32_t> kept;
  for (std::size_t place = 0; place < needed.size(); ++place) {
    if (needed[place] != 0) kept.push_back(static_cast<std::uint32_t>(place));
  }
  const auto count = static_cast<double>(active_rows_.size());
  if (static_cast<double>(kept.size()) > (1 - kShrinkShare) * count) return;
  std::vector<double> sums;
  std::vector<std::uint32_t> rows;
  for (const std::uint32_t place : kept) {
    rows.push_back(active_rows_[place]);
    sums.push_back(sums_[place]);
  }
  std::erase_if(active_variables_,
                [&](std::uint32_t variable) { return needed[place_of_[box_.row[variable]]] == 0; });
  active_rows_ = std::move(rows);
  pack_active();
  sums_ = std::move(sums);
  sums_.resize(kernel_rows_.padded_count(), 0.0);
  cache_.compact(kept, kernel_rows_.padded_count());
  all_active_ = false;
}

/// What the progress says: the violation and, while no row is left out, the gap between primal and dual.
template <typename T>
std::string Decomposition<T>::note_on(const std::vector<double>& beta, const Limits& limits) const {
  std::string note = fmt::format("violation {:.2g}", std::max(0.0, limits.violation()));
  if (active_variables_.size() < box_.size() || !std::isfinite(limits.violation())) return note;
  const double offset = (limits.most_up + limits.least_down) / 2;
  double gap = 0;
  for (std::size_t v = 0; v < box_.size(); ++v) {
    const double slack = gradient(static_cast<std::uint32_t>(v)) + offset;
    gap += beta[v] * gradient(static_cast<std::uint32_t>(v));
    gap += box_.high[v] > 0 ? box_.high[v] * std::max(0.0, -slack) : -box_.low[v] * std::max(0.0, slack);
  }
  return note + fmt::format(", gap {:.2g}", gap);
}

template <typename T>
auto Decomposition<T>::run(std::vector<double>& beta, std::span<const double> sums, double target,
                           std::uint64_t& iterations) -> base::Result<Outcome> {
  activate_all(sums);
  double best = kInfinity;
  std::uint64_t best_at = iterations;
  const std::uint64_t patience = std::max(kPatientSteps<T>, kPatientStepsPerVariable<T> * box_.size());
  for (std::uint64_t round = 1;; ++round) {
    TRY(base::check_cancelled());
    const Limits limits = find_limits(beta);
    const double violation = std::max(0.0, limits.violation());
    options_.progress->set_note(note_on(beta, limits));
    options_.progress->update("training", iterations, 0, "steps");
    if (violation <= target) return Outcome::kReached;
    if (violation < 0.9 * best) {
      best = violation;
      best_at = iterations;
    }
    if (iterations - best_at > patience) return Outcome::kStalled;
    if (options_.deadline && std::chrono::steady_clock::now() >= *options_.deadline)
      return Outcome::kDeadline;
    std::uint64_t most_steps = kStepsPerVariable * set_size_;
    if (options_.max_iter >= 0) {
      const auto limit = static_cast<std::uint64_t>(options_.max_iter);
      if (iterations >= limit) return Outcome::kMaxIter;
      most_steps = std::min(most_steps, limit - iterations);
    }
    const bool may_shrink = options_.shrinking && active_rows_.size() > kLeastShrunk;
    if (may_shrink && round % kShrinkRounds == 0) shrink(beta, limits);
    choose_working_set(beta, limits);
    TRY(load_kernel_rows());
    fill_subproblem(beta);
    const auto outcome = subproblem_.solve(std::max(0.5 * target, kSetTolerance * violation), most_steps);
    iterations += outcome.iterations;
    if (!apply_steps(beta)) return Outcome::kStalled;
  }
}

template class Decomposition<float>;
template class Decomposition<double>;

}  // namespace archmlp::svm
