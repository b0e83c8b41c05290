#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "archmlp/train/deterministic_log.h"
#include "archmlp/train/label_scale.h"
#include "archmlp/train/row_stats.h"

namespace archmlp::train {

// A criterion looks at one node: begin(total), then score(left, right) for each way to cut it. A higher score
// is a better split; it compares within the node only. decrease(score) is the node's weight times the fall of
// its impurity. Scores are plain scalar arithmetic on integer counts, written once, so that no instruction
// set changes a tree.

/// Two classes. With l1 of L weights on the left, c1 of N in the node: 2 (l1 N - L c1)^2 / (L R N).
class PairGini {
 public:
  explicit PairGini(std::span<const double> class_weights)
      : first_(class_weights[0]), second_(class_weights[1]) {}

  template <typename Cell>
  void begin(const Cell& total) noexcept {
    const double second = second_ * total.second();
    total_ = first_ * total.first() + second;
    second_total_ = second;
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
  double weight() const noexcept { return total_; }
  template <typename Cell>
  static bool is_pure(std::span<const Cell>, const Cell& total) noexcept {
    return total.first() == 0 || total.second() == 0;
  }
  template <typename Cell>
  void leaf(const Cell&, std::vector<double>& out) const {
    out = {(total_ - second_total_) / total_, second_total_ / total_};
  }

 private:
  double first_, second_;  // class weights
  double total_ = 0, second_total_ = 0;
};

/// Two classes, in bits.
class PairEntropy {
 public:
  explicit PairEntropy(std::span<const double> class_weights)
      : first_(class_weights[0]), second_(class_weights[1]) {}

  template <typename Cell>
  void begin(const Cell& total) noexcept {
    second_total_ = second_ * total.second();
    total_ = first_ * total.first() + second_total_;
    own_ = bits(total);
  }
  template <typename Cell>
  double score(const Cell& left, const Cell& right) const noexcept {
    return own_ - (bits(left) + bits(right));
  }
  double decrease(double score) const noexcept { return score > 0 ? score : 0; }
  double weight() const noexcept { return total_; }
  template <typename Cell>
  static bool is_pure(std::span<const Cell>, const Cell& total) noexcept {
    return total.first() == 0 || total.second() == 0;
  }
  template <typename Cell>
  void leaf(const Cell&, std::vector<double>& out) const {
    out = {(total_ - second_total_) / total_, second_total_ / total_};
  }

 private:
  static double x_log_x(double x) noexcept { return x > 0 ? x * deterministic_log2(x) : 0.0; }
  template <typename Cell>
  double bits(const Cell& cell) const noexcept {
    const double first = first_ * cell.first();
    const double second = second_ * cell.second();
    return x_log_x(first + second) - (x_log_x(first) + x_log_x(second));
  }

  double first_, second_;
  double total_ = 0, second_total_ = 0, own_ = 0;
};

/// With a label sum l over L draws on the left, s over N in the node: (l N - L s)^2 / (L R N).
class SquaredError {
 public:
  explicit SquaredError(const LabelScale& scale) : scale_(scale) {}

  void begin(const MomentCell& total) noexcept {
    sum_ = static_cast<double>(total.sum);
    total_ = total.draws();
  }
  double score(const MomentCell& left, const MomentCell& right) const noexcept {
    const double left_draws = left.draws();
    const double d = static_cast<double>(left.sum) * total_ - left_draws * sum_;
    return d * d / (left_draws * right.draws());
  }
  double decrease(double score) const noexcept { return score / total_ * scale_.variance_unit(); }
  double weight() const noexcept { return total_; }
  static bool is_pure(std::span<const MomentCell> rows, const MomentCell&) noexcept {
    const std::int64_t label = rows.front().label();
    for (const MomentCell& row : rows) {
      if (row.label() != label) return false;
    }
    return true;
  }
  void leaf(const MomentCell& total, std::vector<double>& out) const {
    out = {scale_.mean(total.sum, total.draws())};
  }

 private:
  LabelScale scale_;
  double sum_ = 0, total_ = 0;
};

/// The part of a multiclass score that one side of a split contributes.
/// Shape: counts [classes], class_weights [classes].
struct MulticlassGini {
  static double side(std::span<const std::uint32_t> counts, std::span<const double> class_weights) noexcept {
    double total = 0;
    double squares = 0;
    for (std::size_t k = 0; k < counts.size(); ++k) {
      const double weight = class_weights[k] * counts[k];
      total += weight;
      squares += weight * weight;
    }
    return squares / total;
  }
};

struct MulticlassEntropy {
  static double side(std::span<const std::uint32_t> counts, std::span<const double> class_weights) noexcept {
    double total = 0;
    double sum = 0;
    for (std::size_t k = 0; k < counts.size(); ++k) {
      const double weight = class_weights[k] * counts[k];
      total += weight;
      if (weight > 0) sum += weight * deterministic_log2(weight);
    }
    return sum - total * deterministic_log2(total);
  }
};

}  // namespace archmlp::train
