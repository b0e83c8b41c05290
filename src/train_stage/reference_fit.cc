#include "archmlp/train_stage/reference_fit.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <limits>
#include <numeric>

#include "archmlp/base/parallel.h"
#include "archmlp/base/try.h"

namespace archmlp::train_stage {
namespace {

using bundle::InputDistribution;
using bundle::ReferenceDistribution;
using model::MatrixView;

// Columns are read from row-major rows, where neighbours share cache lines: some at a time, block by block.
constexpr std::size_t kMostColumnsAtATime = 16;
constexpr std::size_t kBlockBytes = std::size_t{1} << 15U;

constexpr std::size_t kHalf = std::size_t{1} << 16U;  // values of half a key
constexpr std::size_t kFewRows = 4096;                // with fewer, tables of kHalf are not worth their while

constexpr std::uint32_t kSign = std::uint32_t{1} << 31U;

/// A float as an integer of the same order, without a branch on its sign. -0 counts as 0.
std::uint32_t key_of(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value + 0.0F);
  return bits ^ (static_cast<std::uint32_t>(static_cast<std::int32_t>(bits) >> 31) | kSign);
}

float value_of(std::uint32_t key) noexcept {
  return std::bit_cast<float>(key ^
                              (static_cast<std::uint32_t>(static_cast<std::int32_t>(~key) >> 31) | kSign));
}

constexpr float kInfinity = std::numeric_limits<float>::infinity();

bool is_missing(std::uint32_t key) noexcept { return key < key_of(-kInfinity) || key > key_of(kInfinity); }

/// Calls `use(i, first, stride, count)` for blocks of rows of each columns[i].
template <typename Use>
void visit_columns(const MatrixView& x, std::span<const std::size_t> columns, Use use) {
  const std::size_t block_rows = std::max<std::size_t>(1, kBlockBytes / sizeof(float) / x.row_stride);
  for (std::size_t begin = 0; begin < x.rows; begin += block_rows) {
    const std::size_t count = std::min(block_rows, x.rows - begin);
    const float* block = x.data + begin * x.row_stride;
    for (std::size_t i = 0; i < columns.size(); ++i)
      use(i, block + columns[i] * x.col_stride, x.row_stride, count);
  }
}

/// A decile, and how many values are below it.
struct Decile {
  std::uint32_t key = 0;
  std::size_t below = 0;
};
using Deciles = std::array<Decile, ReferenceDistribution::kMaxEdges>;

std::size_t rank_of_decile(std::size_t index, std::size_t value_count) noexcept {
  return (index + 1) * value_count / (ReferenceDistribution::kMaxEdges + 1);
}

InputDistribution to_distribution(std::span<const Decile> deciles, std::size_t value_count,
                                  std::size_t missing_count) {
  InputDistribution input;
  std::size_t counted = 0;
  for (const Decile& decile : deciles) {
    const bool is_finite = decile.key > key_of(-kInfinity) && decile.key < key_of(kInfinity);
    if (!is_finite || decile.below <= counted) continue;
    input.marks.push_back(value_of(decile.key));
    input.counts.push_back(decile.below - counted);
    counted = decile.below;
  }
  input.counts.push_back(value_count - counted);
  input.counts.push_back(missing_count);
  return input;
}

/// Puts what stands at the `ranks`, ascending, of the sorted keys there: the middle one first, so that each
/// level halves the rest. `offset`: rank of the first key.
void select(std::span<std::uint32_t> keys, std::size_t offset, std::span<const std::size_t> ranks) {
  if (ranks.empty()) return;
  const std::size_t rank = ranks[ranks.size() / 2], at = rank - offset;
  std::nth_element(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(at), keys.end());
  const auto [lower, upper] = std::equal_range(ranks.begin(), ranks.end(), rank);
  select(keys.first(at), offset, {ranks.begin(), lower});
  select(keys.subspan(at + 1), rank + 1, {upper, ranks.end()});
}

using Ranks = std::array<std::size_t, ReferenceDistribution::kMaxEdges>;

/// Of few rows. keys: [rows]; they are used up.
InputDistribution count_few(std::span<std::uint32_t> keys) {
  const auto end =
      std::partition(keys.begin(), keys.end(), [](std::uint32_t key) { return !is_missing(key); });
  const auto value_count = static_cast<std::size_t>(end - keys.begin());
  const std::span<std::uint32_t> values = keys.first(value_count);
  if (values.empty()) return to_distribution({}, 0, keys.size());
  Ranks ranks{};
  for (std::size_t i = 0; i < ranks.size(); ++i) ranks[i] = rank_of_decile(i, value_count);
  select(values, 0, ranks);
  Deciles deciles;
  for (std::size_t i = 0; i < deciles.size(); ++i) {
    const std::uint32_t key = deciles[i].key = values[ranks[i]];
    for (const std::uint32_t other : values) deciles[i].below += other < key ? 1U : 0U;
  }
  return to_distribution(deciles, value_count, keys.size() - value_count);
}

/// Of many rows, in two readings, without a copy. The first counts the upper halves of their keys, which
/// tells the upper half of each decile. The second takes the keys that have one of these: they are kept while
/// they are few, else their lower halves are counted.
class KeyCounts {
 public:
  KeyCounts() : upper_(kHalf) {}

  void read_upper(const float* values, std::size_t stride, std::size_t count) noexcept {
    std::uint32_t* const upper = upper_.data();
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < count; ++i) {
      ++upper[key_of(values[i * stride]) / kHalf];
      bits |= std::bit_cast<std::uint32_t>(values[i * stride]);
    }
    bits_ |= bits;
  }

  /// Between the two readings. False where the second is not needed: without lower halves, as of small
  /// integers, an upper half is a value.
  bool find_upper_halves() {
    const std::size_t first = key_of(-kInfinity) / kHalf, last = key_of(kInfinity) / kHalf;  // not of NaN
    const auto upper = [&](std::size_t at) { return upper_.begin() + static_cast<std::ptrdiff_t>(at); };
    value_count_ = std::accumulate(upper(first), upper(last + 1), std::size_t{0});
    missing_count_ = std::accumulate(upper_.begin(), upper_.end(), std::size_t{0}) - value_count_;
    if (value_count_ == 0) return false;
    slots_.assign(kHalf, kNoSlot);
    std::size_t half = first, below = 0, kept = 0;
    std::uint8_t slot_count = 0;
    for (std::size_t i = 0; i < deciles_.size(); ++i) {
      for (; below + upper_[half] <= rank_of_decile(i, value_count_); ++half) below += upper_[half];
      const bool is_negative = half < kHalf / 2;
      const std::size_t key = half * kHalf + (is_negative ? kHalf - 1 : 0);  // if there is no lower half
      deciles_[i] = {.key = static_cast<std::uint32_t>(key), .below = below};
      if (slots_[half] != kNoSlot) continue;
      slots_[half] = slot_count++;
      kept += upper_[half];
    }
    if (bits_ % kHalf == 0) return false;
    keeps_ = kept <= kMostKept;
    if (keeps_) {
      kept_.reserve(kept);
    } else {
      lower_.resize(slot_count * kHalf);
    }
    return true;
  }

  void read_lower(const float* values, std::size_t stride, std::size_t count) {
    const std::uint8_t* const slots = slots_.data();
    std::uint32_t* const lower = lower_.data();
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t key = key_of(values[i * stride]);
      const std::size_t slot = slots[key / kHalf];
      if (slot == kNoSlot) continue;
      if (keeps_) {
        kept_.push_back(key);
      } else {
        ++lower[slot * kHalf + key % kHalf];
      }
    }
  }

  /// At the end.
  InputDistribution distribution() {
    if (!kept_.empty()) find_in_kept();
    if (!lower_.empty()) find_in_lower();
    return to_distribution(value_count_ > 0 ? std::span(deciles_) : std::span<Decile>(), value_count_,
                           missing_count_);
  }

 private:
  static constexpr std::uint8_t kNoSlot = 255;
  static constexpr std::size_t kMostKept = kHalf;

  void find_in_kept() {
    Ranks ranks{};  // among those that are kept
    std::size_t below = 0;
    for (std::size_t i = 0; i < ranks.size(); ++i) {
      const std::size_t half = deciles_[i].key / kHalf;
      if (i > 0 && half != deciles_[i - 1].key / kHalf) below += upper_[deciles_[i - 1].key / kHalf];
      ranks[i] = below + rank_of_decile(i, value_count_) - deciles_[i].below;
    }
    select(kept_, 0, ranks);
    for (std::size_t i = 0; i < ranks.size(); ++i) {
      const std::uint32_t key = deciles_[i].key = kept_[ranks[i]];
      const std::uint32_t first_of_half = key / kHalf * kHalf;
      for (const std::uint32_t other : kept_)
        deciles_[i].below += other >= first_of_half && other < key ? 1U : 0U;
    }
  }

  void find_in_lower() {
    for (std::size_t i = 0; i < deciles_.size(); ++i) {
      Decile& decile = deciles_[i];
      decile.key = decile.key / kHalf * kHalf;
      const std::uint32_t* lower = &lower_[slots_[decile.key / kHalf] * kHalf];
      for (; decile.below + *lower <= rank_of_decile(i, value_count_); ++lower, ++decile.key)
        decile.below += *lower;
    }
  }

  std::vector<std::uint32_t> upper_;  // [kHalf]: how many values have that upper half
  std::uint32_t bits_ = 0;            // that any value has
  std::vector<std::uint8_t> slots_;   // [kHalf]: where an upper half stands in lower_
  bool keeps_ = false;
  std::vector<std::uint32_t> kept_;
  std::vector<std::uint32_t> lower_;  // [slots, kHalf]
  std::size_t value_count_ = 0;
  std::size_t missing_count_ = 0;
  Deciles deciles_;
};

void count_numbers(const MatrixView& x, std::span<const std::size_t> columns,
                   std::span<InputDistribution> inputs) {
  if (x.rows < kFewRows) {
    std::vector<std::uint32_t> keys(x.rows);
    for (const std::size_t column : columns) {
      for (std::size_t row = 0; row < x.rows; ++row) keys[row] = key_of(x.at(row, column));
      inputs[column] = count_few(keys);
    }
    return;
  }
  std::vector<KeyCounts> counts(columns.size());
  visit_columns(x, columns, [&](std::size_t i, const float* values, std::size_t stride, std::size_t count) {
    counts[i].read_upper(values, stride, count);
  });
  std::vector<std::size_t> left;  // their place among `columns`
  std::vector<std::size_t> left_columns;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (!counts[i].find_upper_halves()) continue;
    left.push_back(i);
    left_columns.push_back(columns[i]);
  }
  visit_columns(x, left_columns,
                [&](std::size_t i, const float* values, std::size_t stride, std::size_t count) {
                  counts[left[i]].read_lower(values, stride, count);
                });
  for (std::size_t i = 0; i < columns.size(); ++i) inputs[columns[i]] = counts[i].distribution();
}

/// counts: [categories + 1], the last of missing ones.
InputDistribution to_distribution(std::span<const std::uint64_t> counts) {
  const std::size_t category_count = counts.size() - 1;
  std::vector<std::uint32_t> categories(category_count);
  std::iota(categories.begin(), categories.end(), 0U);
  const std::size_t listed = std::min(category_count, ReferenceDistribution::kMaxCategoryBins);
  const auto end = categories.begin() + static_cast<std::ptrdiff_t>(listed);
  std::partial_sort(categories.begin(), end, categories.end(), [&](std::uint32_t a, std::uint32_t b) {
    return counts[a] != counts[b] ? counts[a] > counts[b] : a < b;
  });
  std::sort(categories.begin(), end);
  InputDistribution input;
  std::uint64_t others = std::accumulate(counts.begin(), counts.end() - 1, std::uint64_t{0});
  for (auto category = categories.begin(); category != end; ++category) {
    input.marks.push_back(static_cast<float>(*category));
    input.counts.push_back(counts[*category]);
    others -= counts[*category];
  }
  if (listed < category_count) input.counts.push_back(others);
  input.counts.push_back(counts.back());
  return input;
}

void count_categories(const MatrixView& x, std::span<const std::size_t> columns,
                      std::span<const std::uint32_t> category_counts, std::span<InputDistribution> inputs) {
  std::vector<std::vector<std::uint64_t>> counts;
  counts.reserve(columns.size());
  for (const std::size_t column : columns) counts.emplace_back(std::size_t{category_counts[column]} + 1);
  visit_columns(x, columns, [&](std::size_t i, const float* values, std::size_t stride, std::size_t count) {
    const std::uint32_t known = category_counts[columns[i]];
    for (std::size_t row = 0; row < count; ++row) {
      const float value = values[row * stride];
      const bool is_known = value >= 0 && value < static_cast<float>(known);
      ++counts[i][is_known ? static_cast<std::uint32_t>(value) : known];
    }
  });
  for (std::size_t i = 0; i < columns.size(); ++i) inputs[columns[i]] = to_distribution(counts[i]);
}

}  // namespace

base::Result<std::vector<InputDistribution>> count_inputs(MatrixView x,
                                                          std::span<const std::uint32_t> category_counts,
                                                          int thread_count) {
  assert(x.rows <= std::numeric_limits<std::uint32_t>::max() && category_counts.size() == x.cols);
  std::vector<std::size_t> columns(x.cols);  // numbers, then categories
  std::iota(columns.begin(), columns.end(), std::size_t{0});
  const auto middle = std::stable_partition(columns.begin(), columns.end(),
                                            [&](std::size_t column) { return category_counts[column] == 0; });
  const auto threads = static_cast<std::size_t>(base::resolve_thread_count(thread_count));
  const std::size_t width = std::clamp<std::size_t>((x.cols + threads - 1) / threads, 1, kMostColumnsAtATime);

  struct Group {
    std::span<const std::size_t> columns;
    bool is_of_numbers;
  };
  std::vector<Group> groups;
  const auto add_groups = [&](std::span<const std::size_t> all, bool is_of_numbers) {
    for (std::size_t begin = 0; begin < all.size(); begin += width)
      groups.push_back({all.subspan(begin, std::min(width, all.size() - begin)), is_of_numbers});
  };
  add_groups({columns.begin(), middle}, true);
  add_groups({middle, columns.end()}, false);

  std::vector<InputDistribution> inputs(x.cols);
  TRY(base::parallel_for(groups.size(), thread_count, [&](std::size_t group) -> base::Status {
    if (groups[group].is_of_numbers) {
      count_numbers(x, groups[group].columns, inputs);
    } else {
      count_categories(x, groups[group].columns, category_counts, inputs);
    }
    return {};
  }));
  return inputs;
}

}  // namespace archmlp::train_stage
