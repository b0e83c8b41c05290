#include "archmlp/svm/crossover.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "archmlp/base/cancel.h"
#include "archmlp/base/try.h"

namespace archmlp::svm {
namespace {

constexpr double kBalance = 1e-13;    // of Σ |β|: what Σ β may be
constexpr double kAtBound = 1e-13;    // of the width of the box
constexpr double kProximity = 1e-10;  // of the largest |x|²: what keeps a step among dependent rows short
constexpr double kFaceShift = 1e-15;  // on the diagonal of a matrix of ones
constexpr double kLeastGain = 0.7;    // what a round must at least make of the violation
constexpr int kPatientRounds = 3;     // rounds without gain
constexpr int kMostBlocks = 100;  // of a round: variables that meet a bound, before all rows are looked at
constexpr std::size_t kMostFree = 2048;

/// The `count` first by `before`, which is a strict order.
template <typename Before>
void keep_first(std::vector<std::uint32_t>& variables, std::size_t count, const Before& before) {
  if (variables.size() <= count) return;
  std::nth_element(variables.begin(), variables.begin() + static_cast<std::ptrdiff_t>(count), variables.end(),
                   before);
  variables.resize(count);
}

}  // namespace

base::Status Crossover::run(std::span<const double> beta, std::span<const double> decisions, double scale,
                            int rounds) {
  snap(beta, decisions, scale);
  double least = std::numeric_limits<double>::infinity();
  int patience = kPatientRounds;
  for (int round = 0;; ++round) {
    TRY(base::check_cancelled());
    const Certified point = TRY(certify_point());
    const bool balanced = !rows_.bias() || std::abs(excess_) <= kBalance * amount_;
    if (balanced && (!found() || point.violation < best_.violation)) {
      best_ = point;
      best_beta_ = beta_;
      best_w_ = w_;
    }
    if (balanced && point.violation <= tol_) return {};
    if (point.violation < kLeastGain * least || !balanced) {
      least = std::min(least, point.violation);
      patience = kPatientRounds;
    } else if (--patience == 0) {
      return {};
    }
    const bool late = deadline_ && std::chrono::steady_clock::now() >= *deadline_;
    if (round == rounds || late) return {};
    Face face = choose_face(point);
    if (face.variables.empty()) return {};
    TRY(move_on(face));
  }
}

/// Of the way to a bound and the multiplier that would hold a variable there, the smaller one is taken for 0.
void Crossover::snap(std::span<const double> beta, std::span<const double> decisions, double scale) {
  const Box& box = box_.box;
  beta_.assign(beta.begin(), beta.end());
  for (std::size_t v = 0; v < beta_.size(); ++v) {
    const double width = box.high[v] - box.low[v];
    const double to_low = (beta_[v] - box.low[v]) / width, to_high = (box.high[v] - beta_[v]) / width;
    const double pull = (decisions[box.row[v]] + box.linear[v]) / scale;
    if (to_low < std::max(pull, kAtBound)) {
      beta_[v] = box.low[v];
    } else if (to_high < std::max(-pull, kAtBound)) {
      beta_[v] = box.high[v];
    }
  }
  if (rows_.bias()) spread_excess(kMostFree);
}

/// Where more than a few variables are free: they share what Σ β is off by, each by its room, so that none
/// moves far.
void Crossover::spread_excess(std::size_t few) {
  const Box& box = box_.box;
  double excess = 0, room = 0;
  std::size_t free_count = 0;
  for (const double beta : beta_) excess += beta;
  const auto room_of = [&](std::size_t v) {
    if (beta_[v] <= box.low[v] || beta_[v] >= box.high[v]) return 0.0;
    return excess > 0 ? beta_[v] - box.low[v] : box.high[v] - beta_[v];
  };
  for (std::size_t v = 0; v < beta_.size(); ++v) {
    const double own = room_of(v);
    room += own;
    free_count += own > 0 ? 1 : 0;
  }
  if (free_count <= few || !(room > std::abs(excess))) return;
  for (std::size_t v = 0; v < beta_.size(); ++v) beta_[v] -= excess * (room_of(v) / room);
}

/// With w = Σ βx as it is, whether or not Σ β is 0 to the last digit: sums are then K's, but for a constant.
base::Result<Certified> Crossover::certify_point() {
  const std::vector<double> weights = box_.row_weights(beta_);
  w_ = TRY(rows_.weighted_sum(weights));
  excess_ = amount_ = 0;
  for (const double beta : beta_) {
    excess_ += beta;
    amount_ += std::abs(beta);
  }
  if (rows_.bias()) {
    for (std::size_t j = 0; j < rows_.depth(); ++j) w_[j] += rows_.centre()[j] * excess_;
    w_.back() = 0;
  }
  sums_.resize(rows_.row_count());
  TRY(rows_.decide(w_, sums_));
  return certify(box_.box, weights, sums_, beta_, rows_.bias());
}

void Crossover::add_violators(const Certified& point, std::vector<std::uint32_t>& variables) const {
  const Box& box = box_.box;
  std::vector<std::uint32_t> violators;
  for (std::uint32_t v = 0; v < beta_.size(); ++v) {
    const double pull = point.rho - gradient(v);
    if ((beta_[v] <= box.low[v] && pull > tol_ / 2) || (beta_[v] >= box.high[v] && pull < -tol_ / 2))
      violators.push_back(v);
  }
  keep_first(violators, 2 * rows_.columns(), [&](std::uint32_t a, std::uint32_t b) {
    const double pull_a = std::abs(point.rho - gradient(a)), pull_b = std::abs(point.rho - gradient(b));
    return pull_a > pull_b || (pull_a == pull_b && a < b);
  });
  variables.insert(variables.end(), violators.begin(), violators.end());
}

/// Where the free variables have no room for what Σ β is off by: those at a bound that are held there least.
void Crossover::add_counterweights(const Certified& point, std::vector<std::uint32_t>& variables) const {
  const Box& box = box_.box;
  if (!rows_.bias() || std::abs(excess_) <= kBalance * amount_) return;
  const auto room = [&](std::uint32_t v) {
    return excess_ > 0 ? beta_[v] - box.low[v] : box.high[v] - beta_[v];
  };
  double total = 0;
  for (const std::uint32_t v : variables) total += room(v);
  if (total > 2 * std::abs(excess_)) return;
  std::vector<std::uint32_t> others;
  for (std::uint32_t v = 0; v < beta_.size(); ++v) {
    if ((beta_[v] <= box.low[v] || beta_[v] >= box.high[v]) && room(v) > 0) others.push_back(v);
  }
  keep_first(others, 4 * rows_.columns(), [&](std::uint32_t a, std::uint32_t b) {
    const double pull_a = std::abs(point.rho - gradient(a)), pull_b = std::abs(point.rho - gradient(b));
    return pull_a < pull_b || (pull_a == pull_b && a < b);
  });
  variables.insert(variables.end(), others.begin(), others.end());
}

/// What is free, what violates most, and what Σ β needs.
auto Crossover::choose_face(const Certified& point) const -> Face {
  const Box& box = box_.box;
  Face face;
  for (std::uint32_t v = 0; v < beta_.size(); ++v) {
    if (beta_[v] > box.low[v] && beta_[v] < box.high[v]) face.variables.push_back(v);
  }
  keep_first(face.variables, kMostFree, [&](std::uint32_t a, std::uint32_t b) {
    const double room_a = std::min(beta_[a] - box.low[a], box.high[a] - beta_[a]);
    const double room_b = std::min(beta_[b] - box.low[b], box.high[b] - beta_[b]);
    return room_a > room_b || (room_a == room_b && a < b);
  });
  add_violators(point, face.variables);
  add_counterweights(point, face.variables);
  std::sort(face.variables.begin(), face.variables.end());
  face.variables.erase(std::unique(face.variables.begin(), face.variables.end()), face.variables.end());
  face.rows.resize(static_cast<Eigen::Index>(face.variables.size()),
                   static_cast<Eigen::Index>(rows_.columns()));
  for (std::size_t i = 0; i < face.variables.size(); ++i)
    rows_.copy_row(box.row[face.variables[i]], face.rows.row(static_cast<Eigen::Index>(i)).data());
  return face;
}

/// To the minimum on the face, near the point; empty where rounding hides it.
Eigen::VectorXd Crossover::direction(const Face& face) const {
  Eigen::VectorXd pull =
      -(face.rows * Eigen::Map<const Eigen::VectorXd>(w_.data(), static_cast<Eigen::Index>(w_.size())));
  for (std::size_t i = 0; i < face.variables.size(); ++i)
    pull[static_cast<Eigen::Index>(i)] -= box_.box.linear[face.variables[i]];
  if (rows_.bias()) pull.array() -= pull.mean();
  const double largest = face.rows.rowwise().squaredNorm().maxCoeff();
  const double proximity = kProximity * std::max(largest, std::numeric_limits<double>::min());
  Matrix gram = Matrix::Zero(face.rows.cols(), face.rows.cols());
  gram.selfadjointView<Eigen::Lower>().rankUpdate(face.rows.transpose());
  gram.diagonal().head(static_cast<Eigen::Index>(rows_.depth())).array() += proximity;
  Eigen::VectorXd right = face.rows.transpose() * pull;
  if (rows_.bias()) right[right.size() - 1] -= proximity * excess_;
  const Eigen::VectorXd scales = gram.diagonal().cwiseSqrt().cwiseInverse();
  gram = scales.asDiagonal() * gram * scales.asDiagonal();
  gram.diagonal().array() += kFaceShift;
  const Eigen::LLT<Matrix> cholesky(gram);
  if (cholesky.info() != Eigen::Success) return {};
  const Eigen::VectorXd change = scales.cwiseProduct(cholesky.solve(scales.cwiseProduct(right)));
  Eigen::VectorXd way = (pull - face.rows * change) / proximity;
  if (!way.allFinite()) return {};
  return way;
}

/// Along `way` up to the first bound; what meets one leaves the face. True: there is none before the end.
bool Crossover::advance(const Eigen::VectorXd& way, Face& face) {
  const Box& box = box_.box;
  const auto bound = [&](std::size_t i) {
    return way[static_cast<Eigen::Index>(i)] > 0 ? box.high[face.variables[i]] : box.low[face.variables[i]];
  };
  std::vector<double> lengths;
  for (std::size_t i = 0; i < face.variables.size(); ++i) {
    const double speed = way[static_cast<Eigen::Index>(i)];
    lengths.push_back(speed == 0 ? std::numeric_limits<double>::infinity()
                                 : (bound(i) - beta_[face.variables[i]]) / speed);
  }
  const double length = std::min(1.0, *std::min_element(lengths.begin(), lengths.end()));
  Eigen::VectorXd moves(way.size());
  std::size_t kept = 0;
  Matrix rows = face.rows;
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    const auto place = static_cast<Eigen::Index>(i);
    const std::uint32_t v = face.variables[i];
    const bool meets = lengths[i] <= length;
    const double before = beta_[v];
    beta_[v] = meets ? bound(i) : std::clamp(before + length * way[place], box.low[v], box.high[v]);
    moves[place] = beta_[v] - before;
    excess_ += moves[place];
    if (meets) continue;
    rows.row(static_cast<Eigen::Index>(kept)) = face.rows.row(place);
    face.variables[kept++] = v;
  }
  Eigen::Map<Eigen::VectorXd>(w_.data(), static_cast<Eigen::Index>(w_.size())) +=
      face.rows.transpose() * moves;
  if (rows_.bias()) w_.back() = 0;
  face.variables.resize(kept);
  face.rows = rows.topRows(static_cast<Eigen::Index>(kept));
  return length == 1;
}

base::Status Crossover::move_on(Face& face) {
  for (int block = 0; block < kMostBlocks && !face.variables.empty(); ++block) {
    TRY(base::check_cancelled());
    const Eigen::VectorXd way = direction(face);
    if (way.size() == 0 || advance(way, face)) break;
  }
  return {};
}

base::Status Crossover::keep_inside(std::span<const double> beta) {
  beta_.assign(beta.begin(), beta.end());
  if (rows_.bias()) spread_excess(0);
  best_ = TRY(certify_point());
  best_beta_ = beta_;
  best_w_ = w_;
  return {};
}

}  // namespace archmlp::svm
