#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>

#include "archmlp/train/binning.h"

namespace archmlp::train {

/// A set of bins of 8 bits: those that occur in a node, or go left.
class SmallBinSet {
 public:
  void insert(std::uint32_t bin) noexcept { words_[bin / 64U] |= std::uint64_t{1} << (bin % 64U); }
  bool contains(std::uint32_t bin) const noexcept { return ((words_[bin / 64U] >> (bin % 64U)) & 1U) != 0; }
  /// In ascending order.
  template <typename Visit>
  void for_each(const Visit& visit) const {
    for (std::uint32_t word = 0; word < words_.size(); ++word) {
      for (std::uint64_t bits = words_[word]; bits != 0; bits &= bits - 1) {
        visit(word * 64U + static_cast<std::uint32_t>(std::countr_zero(bits)));
      }
    }
  }
  void clear() noexcept { words_ = {}; }

 private:
  std::array<std::uint64_t, 4> words_ = {};
};

/// The same for 16 bits: words that hold anything are kept in a set of their own.
class LargeBinSet {
 public:
  void insert(std::uint32_t bin) noexcept {
    words_[bin / 64U] |= std::uint64_t{1} << (bin % 64U);
    occupied_[bin / 4096U] |= std::uint64_t{1} << (bin / 64U % 64U);
  }
  template <typename Visit>
  void for_each(const Visit& visit) const {
    for (std::uint32_t group = 0; group < occupied_.size(); ++group) {
      for (std::uint64_t held = occupied_[group]; held != 0; held &= held - 1) {
        const std::uint32_t word = group * 64U + static_cast<std::uint32_t>(std::countr_zero(held));
        for (std::uint64_t bits = words_[word]; bits != 0; bits &= bits - 1) {
          visit(word * 64U + static_cast<std::uint32_t>(std::countr_zero(bits)));
        }
      }
    }
  }
  void clear() noexcept {
    for (std::uint32_t group = 0; group < occupied_.size(); ++group) {
      for (std::uint64_t held = occupied_[group]; held != 0; held &= held - 1) {
        words_[group * 64U + static_cast<std::uint32_t>(std::countr_zero(held))] = 0;
      }
    }
    occupied_ = {};
  }

 private:
  std::array<std::uint64_t, 1024> words_ = {};
  std::array<std::uint64_t, 16> occupied_ = {};
};

template <typename Bin>
using BinSet = std::conditional_t<sizeof(Bin) == 1, SmallBinSet, LargeBinSet>;

/// A way to cut a node: rows with bins <= left_bin go left; of a categorical feature, those in
/// left_categories.
struct SplitCandidate {
  static constexpr std::uint32_t kNoBin = 0xFFFFFFFF;

  double score = -std::numeric_limits<double>::infinity();
  double decrease = 0;  // of the weighted impurity; set for the best
  double middle = 0;    // between the values of the sides; set where monotonicity is asked for
  std::uint32_t feature = 0;
  std::uint32_t left_bin = 0;   // categorical: how many categories go left, in the order that was tried
  std::uint32_t right_bin = 0;  // the next bin that occurs; kNoBin where only missing values go right
  bool missing_left = false;
  bool has_missing = false;  // the node has missing values of the feature
  bool categorical = false;
  SmallBinSet left_categories;  // missing values among them, if they go left

  bool found() const noexcept { return score > -std::numeric_limits<double>::infinity(); }
  /// Higher score, then lower feature, bin, missing right: a total order, so that the order of trials never
  /// matters.
  bool is_better_than(const SplitCandidate& other) const noexcept {
    if (score != other.score) return score > other.score;
    if (feature != other.feature) return feature < other.feature;
    if (left_bin != other.left_bin) return left_bin < other.left_bin;
    return !missing_left && other.missing_left;
  }
};

/// The rows of a node, seen through one feature: bin of row i is column[ids[i]].
template <typename Row, typename Bin>
struct NodeView {
  const Bin* column = nullptr;
  std::span<const std::uint32_t> ids;
  std::span<const Row> rows;
  bool categorical = false;
  const FeatureBins* drawn_from = nullptr;  // where only one cut is tried, the bins' values; see DrawnCut
  double draw = 0;                          // uniform in [0, 1)
};

/// Which of the cuts between bins are tried: all, or, in extremely randomised trees, the one around a value
/// drawn between the node's least and largest. Source: Geurts, Ernst, Wehenkel 2006, section 2.1.
class DrawnCut {
 public:
  template <typename Row, typename Bin>
  DrawnCut(const NodeView<Row, Bin>& node, std::uint32_t first_bin, std::uint32_t last_bin) noexcept
      : bins_(node.drawn_from) {
    if (bins_ == nullptr) return;
    const double low = bins_->highs[first_bin];
    const double high = bins_->highs[last_bin];
    value_ = low + (high - low) * node.draw;
  }
  bool takes(std::uint32_t left_bin, std::uint32_t right_bin) const noexcept {
    if (bins_ == nullptr) return true;
    return bins_->highs[left_bin] <= value_ && value_ < bins_->highs[right_bin];
  }

 private:
  const FeatureBins* bins_;
  double value_ = 0;
};

}  // namespace archmlp::train
