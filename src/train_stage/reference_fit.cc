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
constexpr std::size_t kMostColumnsAtATime = 8;
constexpr std::size_t kBlockBytes = std::size_t{1} << 15U;

constexpr std::size_t kHalf = std::size_t{1} << 16U;  // values of half a key
constexpr std::size_t kFewRows = kHalf;               // with fewer, tables of kHalf are not worth their while

/// A float as an integer of the same order. -0 counts as 0.
std::uint32_t key_of(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value + 0.0F);
  return bits ^ ((bits >> 31U) != 0 ? ~std::uint32_t{0} : std::uint32_t{1} << 31U);
}

float value_of(std::uint32_t key) noexcept {
  return std::bit_cast<float>(key ^ ((key >> 31U) != 0 ? std::uint32_t{1} << 31U : ~std::uint32_t{0}));
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

/// Puts every decile of `keys` in its place: the middle one first, so that each level halves the rest.
void select_deciles(std::span<std::uint32_t> keys, std::size_t value_count, std::size_t offset,
                    std::size_t first, std::size_t last) {
  if (first == last) return;
  const std::size_t middle = (first + last) / 2;
  const std::size_t rank = rank_of_decile(middle, value_count) - offset;
  std::nth_element(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(rank), keys.end());
  select_deciles(keys.first(rank + 1), value_count, offset, first, middle);
  select_deciles(keys.subspan(rank), value_count, offset + rank, middle + 1, last);
}

/// Of few rows. keys: [rows]; they are used up.
InputDistribution count_few(std::span<std::uint32_t> keys) {
  const auto end = std::partition(keys.begin(), keys.end(), [](std::uint32_t key) { return !is_missing(key); });
  const auto value_count = static_cast<std::size_t>(end - keys.begin());
  const std::span<std::uint32_t> values = keys.first(value_count);
  if (values.empty()) return to_distribution({}, 0, keys.size());
  Deciles deciles;
  select_deciles(values, value_count, 0, 0, deciles.size());
  for (std::size_t i = 0; i < deciles.size(); ++i) {
    const std::uint32_t key = deciles[i].key = values[rank_of_decile(i, value_count)];
    for (const std::uint32_t other : values) deciles[i].below += other < key ? 1U : 0U;
  }
  return to_distribution(deciles, value_count, keys.size() - value_count);
}

/// Of many rows, in two readings, without a copy: the first counts the upper halves of their keys, which
/// tells the upper half of each decile; the second the lower halves of the keys that have one of these.
class KeyCounts {
 public:
  KeyCounts() : upper_(kHalf) {}

  void count_upper(const float* values, std::size_t stride, std::size_t count) noexcept {
    std::uint32_t* const upper = upper_.data();
    for (std::size_t i = 0; i < count; ++i) ++upper[key_of(values[i * stride]) / kHalf];
  }

  /// Between the two readings.
  void find_upper_halves() {
    const std::size_t first = key_of(-kInfinity) / kHalf, last = key_of(kInfinity) / kHalf;  // not of NaN
    const auto upper = [&](std::size_t at) { return upper_.begin() + static_cast<std::ptrdiff_t>(at); };
    value_count_ = std::accumulate(upper(first), upper(last + 1), std::size_t{0});
    missing_count_ = std::accumulate(upper_.begin(), upper_.end(), std::size_t{0}) - value_count_;
    slots_.assign(kHalf, kNoSlot);
    if (value_count_ == 0) return;
    std::size_t half = first, below = 0;
    for (std::size_t i = 0; i < deciles_.size(); ++i) {
      for (; below + upper_[half] <= rank_of_decile(i, value_count_); ++half) below += upper_[half];
      deciles_[i] = {.key = static_cast<std::uint32_t>(half * kHalf), .below = below};
      if (slots_[half] == kNoSlot) slots_[half] = slot_count_++;
    }
    lower_.resize(slot_count_ * kHalf);
  }

  void count_lower(const float* values, std::size_t stride, std::size_t count) noexcept {
    const std::uint8_t* const slots = slots_.data();
    std::uint32_t* const lower = lower_.data();
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t key = key_of(values[i * stride]);
      const std::size_t slot = slots[key / kHalf];
      if (slot != kNoSlot) ++lower[slot * kHalf + key % kHalf];
    }
  }

  /// After the second reading.
  InputDistribution distribution() {
    if (value_count_ == 0) return to_distribution({}, 0, missing_count_);
    for (std::size_t i = 0; i < deciles_.size(); ++i) {
      const std::uint32_t* lower = &lower_[slots_[deciles_[i].key / kHalf] * kHalf];
      for (; deciles_[i].below + *lower <= rank_of_decile(i, value_count_); ++lower, ++deciles_[i].key)
        deciles_[i].below += *lower;
    }
    return to_distribution(deciles_, value_count_, missing_count_);
  }

 private:
  static constexpr std::uint8_t kNoSlot = 255;

  std::vector<std::uint32_t> upper_;  // [kHalf]: values with that upper half
  std::vector<std::uint8_t> slots_;   // [kHalf]: where an upper half stands in lower_
  std::vector<std::uint32_t> lower_;  // [slots, kHalf]
  std::uint8_t slot_count_ = 0;
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
    counts[i].count_upper(values, stride, count);
  });
  for (KeyCounts& column : counts) column.find_upper_halves();
  visit_columns(x, columns, [&](std::size_t i, const float* values, std::size_t stride, std::size_t count) {
    counts[i].count_lower(values, stride, count);
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
