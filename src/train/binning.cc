#include "archmlp/train/binning.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cassert>
#include <cmath>
#include <limits>

#include "archmlp/base/cancel.h"
#include "archmlp/base/parallel.h"
#include "archmlp/base/rng.h"
#include "archmlp/base/try.h"

namespace archmlp::train {
namespace {

using base::Error;
using base::Status;

constexpr std::size_t kSampleRows = 100'000;
constexpr std::size_t kSampleRowsPerBin = 32;
constexpr std::size_t kFeatureGroup = 16;  // floats in a cache line, read together where x is row-major
constexpr std::size_t kRowBlock = 1024;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// Up to `limit` distinct values, found without sorting.
class DistinctValues {
 public:
  explicit DistinctValues(std::size_t limit)
      : slots_(std::bit_ceil(4 * (limit + 1)), kEmpty), limit_(limit) {}

  void add(float value) noexcept {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    if (bits == last_ || overflowed()) return;
    last_ = bits;
    std::size_t slot = static_cast<std::size_t>(base::mix64(bits)) & (slots_.size() - 1);
    while (slots_[slot] != kEmpty && slots_[slot] != bits) slot = (slot + 1) & (slots_.size() - 1);
    if (slots_[slot] == bits) return;
    slots_[slot] = bits;
    ++count_;
  }
  bool overflowed() const noexcept { return count_ > limit_; }
  std::vector<float> sorted() const {
    std::vector<float> values;
    for (const std::uint32_t bits : slots_) {
      if (bits != kEmpty) values.push_back(std::bit_cast<float>(bits));
    }
    std::sort(values.begin(), values.end());
    return values;
  }

 private:
  static constexpr std::uint32_t kEmpty = 0xFFFFFFFF;  // a NaN: never added
  std::vector<std::uint32_t> slots_;                   // a power of two
  std::uint32_t last_ = kEmpty;
  std::size_t count_ = 0;
  std::size_t limit_;
};

/// -0 and +0 are one value.
float without_sign_of_zero(float value) noexcept { return value + 0.0F; }

/// One row from each of `count` equal stretches of the table: covers sorted data, and is the same every time.
std::vector<std::size_t> sample_rows(std::size_t row_count, std::size_t count) {
  constexpr std::uint64_t kStream = 0x62696E73;
  base::Rng rng(kStream);
  std::vector<std::size_t> rows(std::min(row_count, count));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::size_t begin = i * row_count / rows.size();
    const std::size_t end = (i + 1) * row_count / rows.size();
    rows[i] = begin + rng.below(end - begin);
  }
  return rows;
}

std::vector<float> sorted_values(model::MatrixView x, std::size_t col, std::span<const std::size_t> rows) {
  std::vector<float> values;
  values.reserve(rows.size());
  for (const std::size_t row : rows) {
    const float value = x.at(row, col);
    if (!std::isnan(value)) values.push_back(without_sign_of_zero(value));
  }
  std::sort(values.begin(), values.end());
  return values;
}

std::vector<float> sorted_column(model::MatrixView x, std::size_t col) {
  std::vector<float> values;
  for (std::size_t row = 0; row < x.rows; ++row) {
    const float value = x.at(row, col);
    if (!std::isnan(value)) values.push_back(without_sign_of_zero(value));
  }
  std::sort(values.begin(), values.end());
  return values;
}

std::size_t distinct_count(std::span<const float> sorted) {
  std::size_t count = sorted.empty() ? 0 : 1;
  for (std::size_t i = 1; i < sorted.size(); ++i) count += sorted[i] != sorted[i - 1] ? 1 : 0;
  return count;
}

/// The distinct values of a group of columns, over all rows. Columns with too many are found by `overflowed`.
std::vector<DistinctValues> scan_group(model::MatrixView x, std::span<const std::size_t> cols,
                                       std::size_t limit) {
  std::vector<DistinctValues> found(cols.size(), DistinctValues(limit));
  for (std::size_t begin = 0; begin < x.rows; begin += kRowBlock) {
    const std::size_t end = std::min(x.rows, begin + kRowBlock);
    for (std::size_t i = 0; i < cols.size(); ++i) {
      for (std::size_t row = begin; row < end; ++row) {
        const float value = x.at(row, cols[i]);
        if (!std::isnan(value)) found[i].add(without_sign_of_zero(value));
      }
    }
  }
  return found;
}

FeatureBins bins_of_values(std::vector<float> distinct) {
  FeatureBins bins;
  bins.lows = distinct;
  bins.highs = std::move(distinct);
  return bins;
}

/// A float t with low <= t < high, near the middle. Precondition: low < high, finite.
float between(float low, float high) noexcept {
  const auto middle = static_cast<float>((static_cast<double>(low) + static_cast<double>(high)) / 2);
  return middle >= high || middle < low ? low : middle;
}

/// The upper bounds, padded to a power of two, so that a search takes as many steps whatever their number.
std::vector<float> search_table(const FeatureBins& bins, std::size_t size) {
  std::vector<float> table(size, kInfinity);
  if (!bins.highs.empty()) std::copy(bins.highs.begin(), bins.highs.end() - 1, table.begin());
  return table;
}

/// The bins of `values`, all searches a step at a time: no search waits for another, and no branch is
/// guessed.
template <typename Bin>
void find_bins(std::span<const float> table, std::span<const float> values, std::span<Bin> bins) noexcept {
  std::array<std::uint32_t, kRowBlock> found = {};
  for (auto step = static_cast<std::uint32_t>(table.size() / 2); step > 0; step /= 2) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      found[i] += step & (0U - static_cast<std::uint32_t>(table[found[i] + step - 1] < values[i]));
    }
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    bins[i] = values[i] != values[i] ? kMissingBin<Bin> : static_cast<Bin>(found[i]);
  }
}

base::Result<std::vector<FeatureBins>> choose_bins(model::MatrixView x, std::size_t max_bins,
                                                   int thread_count) {
  std::vector<FeatureBins> bins(x.cols);
  const std::vector<std::size_t> rows =
      sample_rows(x.rows, std::max(kSampleRows, kSampleRowsPerBin * max_bins));
  const std::size_t group_count = (x.cols + kFeatureGroup - 1) / kFeatureGroup;
  std::vector<std::uint8_t> needs_scan(x.cols);
  const auto look_at_sample = [&](std::size_t col) -> Status {
    TRY(base::check_cancelled());
    const std::vector<float> values = sorted_values(x, col, rows);
    // A sample with few distinct values says little of the rest: then every row is looked at.
    needs_scan[col] = rows.size() < x.rows && distinct_count(values) <= max_bins ? 1 : 0;
    if (needs_scan[col] == 0) bins[col] = bins_of_sorted(values, max_bins);
    return {};
  };
  const auto look_at_all_rows = [&](std::size_t group) -> Status {
    std::vector<std::size_t> cols;
    for (std::size_t col = group * kFeatureGroup; col < std::min(x.cols, (group + 1) * kFeatureGroup);
         ++col) {
      if (needs_scan[col] != 0) cols.push_back(col);
    }
    TRY(base::check_cancelled());
    const std::vector<DistinctValues> found = scan_group(x, cols, max_bins);
    for (std::size_t i = 0; i < cols.size(); ++i) {
      bins[cols[i]] = found[i].overflowed() ? bins_of_sorted(sorted_column(x, cols[i]), max_bins)
                                            : bins_of_values(found[i].sorted());
    }
    return {};
  };
  TRY(base::parallel_for(x.cols, thread_count, look_at_sample));
  TRY(base::parallel_for(group_count, thread_count, look_at_all_rows));
  return bins;
}

}  // namespace

float FeatureBins::threshold_between(std::size_t left_bin, std::size_t right_bin) const noexcept {
  assert(left_bin < right_bin && right_bin < count());
  return highs[left_bin] < lows[right_bin] ? between(highs[left_bin], lows[right_bin]) : highs[left_bin];
}

FeatureBins bins_of_sorted(std::span<const float> sorted, std::size_t max_bins) {
  if (distinct_count(sorted) <= max_bins) {
    std::vector<float> distinct(sorted.begin(), sorted.end());
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    return bins_of_values(std::move(distinct));
  }
  // A bin ends once it holds its share of the rows that are left; so a heavy value uses up one bin, not
  // several.
  FeatureBins bins;
  bins.lows.push_back(sorted.front());
  std::size_t bin_begin = 0;
  for (std::size_t i = 1; i < sorted.size() && bins.count() + 1 < max_bins; ++i) {
    if (sorted[i] == sorted[i - 1]) continue;
    const std::size_t bins_left = max_bins - bins.count();
    if ((i - bin_begin) * bins_left < sorted.size() - bin_begin) continue;
    const float cut = between(sorted[i - 1], sorted[i]);
    bins.highs.push_back(cut);
    bins.lows.push_back(cut);
    bin_begin = i;
  }
  bins.highs.push_back(sorted.back());
  return bins;
}

template <typename Bin>
Status BinnedMatrix<Bin>::assign_bins(model::MatrixView x, int thread_count) {
  std::vector<std::vector<float>> tables;
  for (const FeatureBins& bins : bins_) tables.push_back(search_table(bins, kMaxValueBins<Bin> + 1));
  const std::size_t feature_count = x.cols;
  std::vector<std::atomic<std::uint8_t>> has_missing(feature_count);
  const std::size_t block_count = (x.rows + kRowBlock - 1) / kRowBlock;
  const auto assign_block = [&](std::size_t block) -> Status {
    TRY(base::check_cancelled());
    const std::size_t begin = block * kRowBlock;
    const std::size_t end = std::min(x.rows, begin + kRowBlock);
    std::array<float, kRowBlock> values;
    for (std::size_t col = 0; col < feature_count; ++col) {
      bool infinite = false;
      bool missing = false;
      for (std::size_t row = begin; row < end; ++row) {
        const float value = x.at(row, col);
        infinite |= std::abs(value) == kInfinity;
        missing |= value != value;
        values[row - begin] = value;
      }
      Bin* column = columns_.data() + col * row_count_;
      find_bins<Bin>(tables[col], {values.data(), end - begin}, {column + begin, end - begin});
      for (std::size_t row = begin; row < end; ++row) rows_[row * feature_count + col] = column[row];
      if (missing) has_missing[col].store(1, std::memory_order_relaxed);
      if (!infinite) continue;
      std::size_t row = begin;
      while (std::abs(x.at(row, col)) != kInfinity) ++row;
      return Error{.message = "a feature is infinite, or too large for single precision",
                   .where = fmt::format("row {}, column {}", row, col),
                   .hint = "replace it, or leave it missing"};
    }
    return {};
  };
  TRY(base::parallel_for(block_count, thread_count, assign_block));
  for (std::size_t col = 0; col < feature_count; ++col) {
    if (bins_[col].count() + has_missing[col].load() > 1) varying_.push_back(static_cast<std::uint32_t>(col));
  }
  return {};
}

template <typename Bin>
base::Result<BinnedMatrix<Bin>> BinnedMatrix<Bin>::from(model::MatrixView x, std::size_t max_bins,
                                                        int thread_count) {
  assert(max_bins >= 2 && max_bins <= kMaxValueBins<Bin>);
  BinnedMatrix matrix;
  matrix.row_count_ = x.rows;
  matrix.columns_.resize(x.rows * x.cols);
  matrix.rows_.resize(x.rows * x.cols);
  matrix.bins_ = TRY(choose_bins(x, max_bins, thread_count));
  TRY(matrix.assign_bins(x, thread_count));
  return matrix;
}

template class BinnedMatrix<std::uint8_t>;
template class BinnedMatrix<std::uint16_t>;

}  // namespace archmlp::train
