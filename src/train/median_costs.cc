#include "archmlp/train/median_costs.h"

#include <bit>

namespace archmlp::train {

void MedianCosts::set_labels(std::span<const std::int64_t> labels) {
  labels_ = labels;
  highest_step_ = std::bit_floor(labels.size());
  clear();
}

void MedianCosts::clear() {
  weights_.assign(labels_.size() + 1, 0);
  sums_.assign(labels_.size() + 1, 0);
  weight_ = 0;
  sum_ = 0;
}

void MedianCosts::add(std::uint32_t rank, std::uint64_t weight) noexcept {
  const Wide product = static_cast<Wide>(labels_[rank]) * static_cast<Wide>(weight);
  for (std::size_t i = std::size_t{rank} + 1; i < weights_.size(); i += i & (~i + 1)) {
    weights_[i] += weight;
    sums_[i] += product;
  }
  weight_ += weight;
  sum_ += product;
}

MedianCosts::Position MedianCosts::lower_median() const noexcept {
  // The longest prefix that weighs less than half; the label behind it is the lower median.
  std::size_t prefix = 0;
  std::uint64_t weights = 0;
  Wide sums = 0;
  for (std::size_t step = highest_step_; step > 0; step /= 2) {
    const std::size_t next = prefix + step;
    if (next >= weights_.size() || 2 * (weights + weights_[next]) >= weight_) continue;
    prefix = next;
    weights += weights_[next];
    sums += sums_[next];
  }
  return {prefix, weights, sums};
}

double MedianCosts::median() const noexcept {
  const Position below = lower_median();
  const auto lower = static_cast<double>(labels_[below.rank]);
  // The upper median is the first label whose prefix weighs more than half.
  std::size_t prefix = 0;
  std::uint64_t weights = 0;
  for (std::size_t step = highest_step_; step > 0; step /= 2) {
    const std::size_t next = prefix + step;
    if (next >= weights_.size() || 2 * (weights + weights_[next]) > weight_) continue;
    prefix = next;
    weights += weights_[next];
  }
  return prefix == below.rank ? lower : (lower + static_cast<double>(labels_[prefix])) / 2;
}

MedianCosts::Wide MedianCosts::cost() const noexcept {
  if (weight_ == 0) return 0;
  const Position below = lower_median();
  const Wide median = labels_[below.rank];
  const Wide lower = median * static_cast<Wide>(below.weights) - below.sums;
  const Wide upper = (sum_ - below.sums) - median * static_cast<Wide>(weight_ - below.weights);
  return lower + upper;
}

}  // namespace archmlp::train
