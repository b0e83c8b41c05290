#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "archmlp/train/deterministic_log.h"
#include "archmlp/train/label_scale.h"
#include "archmlp/train/row_stats.h"
#include "archmlp/train/split_limits.h"

namespace archmlp::train {

// A criterion looks at one node: begin(total), then score(left, right) for each way to cut it. A higher score
// is a better split; it compares within the node only. decrease(score) is the node's weight times the fall of
// its impurity. Scores are plain scalar arithmetic on integer counts, written once, so that no instruction
// set changes a tree.

/// What the criteria of two classes share.
class PairCriterion {
 public:
  void set_class_weights(std::span<const double> class_weights) noexcept {
    first_ = class_weights[0];
    second_ = class_weights[1];
  }
  double weight() const noexcept { return total_; }
  template <typename Cell>
  double weight_of(const Cell& cell) const noexcept {
    return first_ * cell.first() + second_ * cell.second();
  }
  /// The share of class 1.
  template <typename Cell>
  double value_of(const Cell& cell) const noexcept {
    return second_ * cell.second() / weight_of(cell);
  }
  template <typename Cell>
  static bool is_pure(std::span<const Cell>, const Cell& total) noexcept {
    return total.first() == 0 || total.second() == 0;
  }
  template <typename Cell>
  void leaf(const Cell&, const ValueBounds& bounds, std::vector<double>& out) const {
    const double share = second_total_ / total_;
    const double clipped = bounds.clip(share);
    out = {clipped == share ? (total_ - second_total_) / total_ : 1 - clipped, clipped};
  }

 protected:
  template <typename Cell>
  void set_total(const Cell& total) noexcept {
    const double second = second_ * total.second();
    total_ = first_ * total.first() + second;
    second_total_ = second;
  }

  double first_ = 1, second_ = 1;  // class weights
  double total_ = 0, second_total_ = 0;
};

/// With l1 of L weights on the left, c1 of N in the node: 2 (l1 N - L c1)^2 / (L R N).
class PairGini : public PairCriterion {
 public:
  template <typename Cell>
  void begin(const Cell& total) noexcept {
    set_total(total);
  }
  template <typename Cell>
  double score(const Cell& left, const Cell& right) const noexcept {
    const double left_second = second_ * left.second();
    const double left_total = first_ * left.first() + left_second;
    const double right_total = first_ * right.first() + second_ * right.second();
    const double d = left_second * total_ - left_total * second_total_;
    return d * d / (left_total * right_total);
  }
  double decrease(double score) const noexcept { return 2 * score / total_; }
};

/// In bits.
class PairEntropy : public PairCriterion {
 public:
  template <typename Cell>
  void begin(const Cell& total) noexcept {
    set_total(total);
    own_ = bits(total);
  }
  template <typename Cell>
  double score(const Cell& left, const Cell& right) const noexcept {
    return own_ - (bits(left) + bits(right));
  }
  double decrease(double score) const noexcept { return score > 0 ? score : 0; }

 private:
  static double x_log_x(double x) noexcept { return x > 0 ? x * deterministic_log2(x) : 0.0; }
  template <typename Cell>
  double bits(const Cell& cell) const noexcept {
    const double first = first_ * cell.first();
    const double second = second_ * cell.second();
    return x_log_x(first + second) - (x_log_x(first) + x_log_x(second));
  }

  double own_ = 0;
};

/// What the criteria of a regression on means share.
class MeanCriterion {
 public:
  explicit MeanCriterion(const LabelScale& scale) : scale_(scale) {}

  static void set_class_weights(std::span<const double>) noexcept {}
  double weight() const noexcept { return weight_; }
  template <typename Cell>
  static double weight_of(const Cell& cell) noexcept {
    return cell.weight();
  }
  template <typename Cell>
  double value_of(const Cell& cell) const noexcept {
    return scale_.mean(cell.total(), cell.weight());
  }
  template <typename Cell>
  static bool is_pure(std::span<const Cell> rows, const Cell&) noexcept {
    const std::int64_t label = rows.front().label();
    for (const Cell& row : rows) {
      if (row.label() != label) return false;
    }
    return true;
  }
  template <typename Cell>
  void leaf(const Cell& total, const ValueBounds& bounds, std::vector<double>& out) const {
    out = {bounds.clip(value_of(total))};
  }

 protected:
  LabelScale scale_;
  double sum_ = 0, weight_ = 0;
};

/// With a label sum l over weights L on the left, s over N in the node: (l N - L s)^2 / (L R N).
/// friedman_mse, (mean left - mean right)^2 L R / N, is the same number.
class SquaredError : public MeanCriterion {
 public:
  using MeanCriterion::MeanCriterion;

  template <typename Cell>
  void begin(const Cell& total) noexcept {
    sum_ = total.total();
    weight_ = total.weight();
  }
  template <typename Cell>
  double score(const Cell& left, const Cell& right) const noexcept {
    const double left_weight = left.weight();
    const double d = left.total() * weight_ - left_weight * sum_;
    return d * d / (left_weight * right.weight());
  }
  double decrease(double score) const noexcept { return score / weight_ * scale_.variance_unit(); }
};

/// Half the Poisson deviance, in bits of encoded labels: sum of y log(y / mean). Precondition: a scale that
/// starts at 0. Source: Breiman et al. 1984, section 8; as scikit-learn's "poisson".
class PoissonDeviance : public MeanCriterion {
 public:
  using MeanCriterion::MeanCriterion;

  template <typename Cell>
  void begin(const Cell& total) noexcept {
    sum_ = total.total();
    weight_ = total.weight();
    own_ = side(sum_, weight_);
  }
  /// A side that is all zero has no logarithm, and is no split.
  template <typename Cell>
  double score(const Cell& left, const Cell& right) const noexcept {
    if (left.total() <= 0 || right.total() <= 0) return -std::numeric_limits<double>::infinity();
    return side(left.total(), left.weight()) + side(right.total(), right.weight()) - own_;
  }
  double decrease(double score) const noexcept {
    constexpr double kLn2 = 0.6931471805599453;
    return score > 0 ? score * kLn2 * scale_.unit() : 0;
  }

 private:
  static double side(double sum, double weight) noexcept {
    return sum > 0 ? sum * deterministic_log2(sum / weight) : 0.0;
  }

  double own_ = 0;
};

/// The part of a multiclass score that one side of a split contributes.
/// Shape: counts [classes], class_weights [classes].
struct MulticlassGini {
  template <typename Count>
  static double side(std::span<const Count> counts, std::span<const double> class_weights) noexcept {
    double total = 0;
    double squares = 0;
    for (std::size_t k = 0; k < counts.size(); ++k) {
      const double weight = class_weights[k] * static_cast<double>(counts[k]);
      total += weight;
      squares += weight * weight;
    }
    return squares / total;
  }
};

struct MulticlassEntropy {
  template <typename Count>
  static double side(std::span<const Count> counts, std::span<const double> class_weights) noexcept {
    double total = 0;
    double sum = 0;
    for (std::size_t k = 0; k < counts.size(); ++k) {
      const double weight = class_weights[k] * static_cast<double>(counts[k]);
      total += weight;
      if (weight > 0) sum += weight * deterministic_log2(weight);
    }
    return sum - total * deterministic_log2(total);
  }
};

}  // namespace archmlp::train
