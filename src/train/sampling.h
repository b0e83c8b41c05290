#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "archmlp/base/rng.h"
#include "archmlp/train/forest_plan.h"

namespace archmlp::train {

/// How often each row is drawn for a tree. Shape: [n]. A count stops at 255, which a draw of n of n rows
/// reaches with a probability below 1e-500. Depends on the seed and the tree's number alone.
void draw_rows(const ForestPlan& plan, std::size_t tree, std::vector<std::uint8_t>& multiplicities);

/// The key of the root's draws; each child's follows from its parent's, so that what a node draws depends on
/// its place in the tree and on nothing else.
std::uint64_t root_key(const ForestPlan& plan, std::size_t tree) noexcept;
inline std::uint64_t child_key(std::uint64_t parent, bool is_right) noexcept {
  return base::mix64(parent ^ (is_right ? 0x5269676874ULL : 0x4C656674ULL));
}

/// Where in a node's range of `feature` an extremely randomised tree cuts, uniform in [0, 1).
double drawn_share(std::uint64_t node_key, std::uint32_t feature) noexcept;

/// Draws features without replacement, one at a time.
class FeatureSampler {
 public:
  explicit FeatureSampler(std::size_t feature_count) : features_(feature_count) {
    std::iota(features_.begin(), features_.end(), 0U);
  }

  void begin(std::uint64_t key) noexcept { rng_ = base::Rng(key); }
  bool exhausted() const noexcept { return swaps_.size() == features_.size(); }
  std::uint32_t next() {
    const std::size_t drawn = swaps_.size();
    const std::size_t chosen = drawn + rng_.below(features_.size() - drawn);
    std::swap(features_[drawn], features_[chosen]);
    swaps_.push_back(static_cast<std::uint32_t>(chosen));
    return features_[drawn];
  }
  /// Puts the features back in their order, so that the next node starts from the same state as any other.
  void end() noexcept {
    for (std::size_t i = swaps_.size(); i-- > 0;) std::swap(features_[i], features_[swaps_[i]]);
    swaps_.clear();
  }

 private:
  base::Rng rng_{0};
  std::vector<std::uint32_t> features_;
  std::vector<std::uint32_t> swaps_;
};

}  // namespace archmlp::train
