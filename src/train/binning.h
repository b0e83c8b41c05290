#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/model/matrix_view.h"

namespace archmlp::train {

/// Bins are numbered in 8 bits, or in 16 where more than 255 are asked for. The last number is the bin of
/// missing values.
template <typename Bin>
inline constexpr Bin kMissingBin = std::numeric_limits<Bin>::max();
template <typename Bin>
inline constexpr std::size_t kMaxValueBins = std::numeric_limits<Bin>::max();

/// How the values of one feature fall into bins. A value is in the first bin whose `highs` is not below it;
/// the last bin is open. With few distinct values each is a bin of its own, and lows == highs.
struct FeatureBins {
  std::vector<float> lows;   // [bins]; no value of the bin is below
  std::vector<float> highs;  // [bins]; no value of the bin is above (but in the last one)
  bool categorical = false;  // values are codes, in no order

  std::size_t count() const noexcept { return highs.size(); }
  /// Finite, near the middle of the gap between two bins; every float of bins <= left_bin is <= it, every one
  /// of bins
  /// >= right_bin is > it. Precondition: left_bin < right_bin < count().
  float threshold_between(std::size_t left_bin, std::size_t right_bin) const noexcept;
};

/// At most `max_bins` bins for `sorted` values: one for each distinct value, or, if they are too many, cut
/// where the rows are shared out evenly; a value that is frequent enough gets a bin for itself.
FeatureBins bins_of_sorted(std::span<const float> sorted, std::size_t max_bins);

/// The features as bin numbers, kept twice: by column for nodes with many rows, by row to gather few rows
/// fast. Bin: std::uint8_t, std::uint16_t.
template <typename Bin>
class BinnedMatrix {
 public:
  /// Errors: kInvalidInput if `x` holds an infinity (`where` gives row and column, from 0).
  /// Precondition: 2 <= max_bins <= kMaxValueBins<Bin>.
  static base::Result<BinnedMatrix> from(model::MatrixView x, std::size_t max_bins, int thread_count);

  std::size_t row_count() const noexcept { return row_count_; }
  std::size_t feature_count() const noexcept { return bins_.size(); }
  const Bin* column(std::size_t feature) const noexcept { return columns_.data() + feature * row_count_; }
  const Bin* row(std::size_t row) const noexcept { return rows_.data() + row * bins_.size(); }
  const FeatureBins& bins(std::size_t feature) const noexcept { return bins_[feature]; }
  bool is_categorical(std::size_t feature) const noexcept { return bins_[feature].categorical; }
  /// The features with at least two bins, missing counted as one; in order.
  std::span<const std::uint32_t> varying_features() const noexcept { return varying_; }

 private:
  base::Status assign_bins(model::MatrixView x, int thread_count);

  std::size_t row_count_ = 0;
  std::vector<FeatureBins> bins_;
  std::vector<Bin> columns_;  // [p, n]
  std::vector<Bin> rows_;     // [n, p]
  std::vector<std::uint32_t> varying_;
};

}  // namespace archmlp::train
