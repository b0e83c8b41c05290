#include <algorithm>
#include <array>
#include <cmath>

#include "archmlp/base/rng.h"
#include "archmlp/base/try.h"
#include "archmlp/model/exact_exp.h"
#include "archmlp/svm/pair_fit.h"

namespace archmlp::svm {
namespace {

constexpr std::size_t kParts = 5;  // LIBSVM's

/// The part of each candidate; each class is dealt out by itself.
std::vector<std::size_t> deal_parts(const TrainingRows& rows, std::span<const std::uint32_t> candidates,
                                    ClassPair pair, std::uint64_t seed) {
  std::vector<std::size_t> part(candidates.size());
  std::vector<std::size_t> places;
  for (const std::uint32_t index : {pair.first, pair.second}) {
    places.clear();
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      if (rows.class_indices[candidates[i]] == index) places.push_back(i);
    }
    base::Rng rng{seed, pair.first, pair.second, index};
    rng.shuffle(std::span(places));
    for (std::size_t i = 0; i < places.size(); ++i) part[places[i]] = i % kParts;
  }
  return part;
}

/// The decisions of `fit` on `held_out`.
base::Result<std::vector<double>> decisions_of(const PairFit& fit, const TrainingRows& rows,
                                               std::span<const std::uint32_t> held_out,
                                               const PairSettings& settings) {
  std::vector<double> decisions(held_out.size(), fit.intercept);
  model::SvmParts parts;
  parts.task = contract::Task::kRegression;  // a number for each row, as it is
  parts.kernel = settings.kernel;
  parts.feature_count = static_cast<std::uint32_t>(rows.cols);
  parts.category_counts = rows.category_counts;
  for (std::size_t i = 0; i < fit.rows.size(); ++i) {
    if (fit.betas[i] == 0) continue;
    const float* row = rows.row(fit.rows[i]);
    parts.support_vectors.insert(parts.support_vectors.end(), row, row + rows.cols);
    parts.coefficients.push_back(fit.betas[i]);
  }
  parts.class_begins = {0, parts.coefficients.size()};
  parts.intercepts = {fit.intercept};
  parts.certificates = {fit.certificate};
  const auto machine = TRY(model::Svm::from_parts(std::move(parts)));
  std::vector<float> x;
  x.reserve(held_out.size() * rows.cols);
  for (const std::uint32_t row : held_out) x.insert(x.end(), rows.row(row), rows.row(row) + rows.cols);
  TRY(machine->predict(model::MatrixView::row_major(x.data(), held_out.size(), rows.cols), decisions,
                       settings.solve.thread_count));
  return decisions;
}

/// -log likelihood of the sigmoid, and what Newton's method needs of it.
class SigmoidSearch {
 public:
  SigmoidSearch(std::span<const double> decisions, std::vector<double> targets)
      : decisions_(decisions), targets_(std::move(targets)) {}

  double cost(const model::SvmSigmoid& sigmoid) const {
    double sum = 0;
    for (std::size_t i = 0; i < decisions_.size(); ++i) {
      const double exponent = decisions_[i] * sigmoid.slope + sigmoid.offset;
      sum += exponent >= 0 ? targets_[i] * exponent + std::log1p(model::exact_exp(-exponent))
                           : (targets_[i] - 1) * exponent + std::log1p(model::exact_exp(exponent));
    }
    return sum;
  }

  /// A Newton step, as far as it lowers the cost. False: there is no further to go.
  bool improve(model::SvmSigmoid& sigmoid, double& current) const {
    constexpr double kRidge = 1e-12, kSteep = 1e-5, kDecrease = 1e-4, kLeastStep = 1e-10;
    double h11 = kRidge, h22 = kRidge, h21 = 0, g1 = 0, g2 = 0;
    for (std::size_t i = 0; i < decisions_.size(); ++i) {
      const double exponent = decisions_[i] * sigmoid.slope + sigmoid.offset;
      const double small = model::exact_exp(-std::abs(exponent));
      const double second = exponent >= 0 ? small / (1 + small) : 1 / (1 + small);
      const double spread = small / ((1 + small) * (1 + small)), off = targets_[i] - second;
      h11 += decisions_[i] * decisions_[i] * spread;
      h22 += spread;
      h21 += decisions_[i] * spread;
      g1 += decisions_[i] * off;
      g2 += off;
    }
    if (std::abs(g1) < kSteep && std::abs(g2) < kSteep) return false;
    const double determinant = h11 * h22 - h21 * h21;
    const double along_slope = -(h22 * g1 - h21 * g2) / determinant;
    const double along_offset = -(-h21 * g1 + h11 * g2) / determinant;
    const double descent = g1 * along_slope + g2 * along_offset;
    for (double step = 1; step >= kLeastStep; step /= 2) {
      const model::SvmSigmoid next = {sigmoid.slope + step * along_slope,
                                      sigmoid.offset + step * along_offset};
      const double next_cost = cost(next);
      if (!(next_cost < current + kDecrease * step * descent)) continue;
      sigmoid = next;
      current = next_cost;
      return true;
    }
    return false;
  }

 private:
  std::span<const double> decisions_;
  std::vector<double> targets_;
};

}  // namespace

model::SvmSigmoid fit_sigmoid(std::span<const double> decisions, std::span<const std::uint8_t> is_second) {
  constexpr int kMostRounds = 100;
  const auto second = static_cast<double>(std::count(is_second.begin(), is_second.end(), 1));
  const double first = static_cast<double>(is_second.size()) - second;
  std::vector<double> targets;
  for (const std::uint8_t mark : is_second)
    targets.push_back(mark != 0 ? (second + 1) / (second + 2) : 1 / (first + 2));
  const SigmoidSearch search(decisions, std::move(targets));
  model::SvmSigmoid sigmoid = {.slope = 0, .offset = std::log((first + 1) / (second + 1))};
  double cost = search.cost(sigmoid);
  for (int round = 0; round < kMostRounds && search.improve(sigmoid, cost); ++round) {
  }
  return sigmoid;
}

double expected_sigmoid_work(std::size_t row_count) noexcept {
  return kParts * expected_work(row_count * (kParts - 1) / kParts);
}

base::Result<SigmoidFit> fit_pair_sigmoid(const TrainingRows& rows, std::span<const std::uint32_t> candidates,
                                          ClassPair pair, const PairSettings& settings, TimeBudget& time,
                                          std::uint64_t seed) {
  std::vector<std::uint32_t> members;
  for (const std::uint32_t row : candidates) {
    const std::uint32_t index = rows.class_indices[row];
    if ((index == pair.first || index == pair.second) && settings.class_weight[index] > 0)
      members.push_back(row);
  }
  SigmoidFit result;
  const std::vector<std::size_t> part = deal_parts(rows, members, pair, seed);
  std::vector<double> decisions;
  std::vector<std::uint8_t> is_second;
  for (std::size_t held = 0; held < kParts; ++held) {
    std::vector<std::uint32_t> kept, held_out;
    for (std::size_t i = 0; i < members.size(); ++i)
      (part[i] == held ? held_out : kept).push_back(members[i]);
    if (held_out.empty()) continue;
    const PairFit fit = TRY(fit_pair(rows, kept, pair, settings, time));
    result.converged = result.converged && fit.certificate.converged();
    const std::vector<double> found = TRY(decisions_of(fit, rows, held_out, settings));
    decisions.insert(decisions.end(), found.begin(), found.end());
    for (const std::uint32_t row : held_out)
      is_second.push_back(rows.class_indices[row] == pair.second ? 1 : 0);
  }
  result.sigmoid = fit_sigmoid(decisions, is_second);
  return result;
}

}  // namespace archmlp::svm
