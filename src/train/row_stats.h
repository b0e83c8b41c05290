#pragma once

#include <cstddef>
#include <cstdint>

namespace archmlp::train {

// What a row adds to its node and a histogram keeps for a bin. Integers only, so that the order of additions,
// and with it the number of threads, never changes a sum. A row drawn m times counts m draws but one row:
// min_samples_* count rows, impurities count draws, as in scikit-learn. With sample weights a draw counts the
// row's weight in units of WeightScale.

/// Two classes in one word, so that one addition updates both: class 0 in the low half, class 1 in the high
/// half.
struct PairCell {
  std::uint64_t draws = 0;

  static PairCell of(std::uint32_t class_index, std::uint64_t count) noexcept {
    return {count << (32U * class_index)};
  }
  void add(const PairCell& other) noexcept { draws += other.draws; }
  void remove(const PairCell& other) noexcept { draws -= other.draws; }
  bool empty() const noexcept { return draws == 0; }
  std::uint32_t first() const noexcept { return static_cast<std::uint32_t>(draws); }
  std::uint32_t second() const noexcept { return static_cast<std::uint32_t>(draws >> 32U); }
  /// Draws stand for rows: enough where every row is drawn once, or where one row is enough for a leaf.
  std::size_t row_count() const noexcept { return std::size_t{first()} + second(); }
};

/// The same, with the rows counted apart.
struct CountedPairCell {
  std::uint64_t draws = 0;
  std::uint64_t rows = 0;

  static CountedPairCell of(std::uint32_t class_index, std::uint64_t count) noexcept {
    return {count << (32U * class_index), 1};
  }
  void add(const CountedPairCell& other) noexcept {
    draws += other.draws;
    rows += other.rows;
  }
  void remove(const CountedPairCell& other) noexcept {
    draws -= other.draws;
    rows -= other.rows;
  }
  bool empty() const noexcept { return draws == 0; }
  std::uint32_t first() const noexcept { return static_cast<std::uint32_t>(draws); }
  std::uint32_t second() const noexcept { return static_cast<std::uint32_t>(draws >> 32U); }
  std::size_t row_count() const noexcept { return rows; }
};

/// The same for weights, whose sums stay below 2^53.
struct WeightedPairCell {
  std::uint64_t weights[2] = {0, 0};
  std::uint64_t rows = 0;

  static WeightedPairCell of(std::uint32_t class_index, std::uint64_t weight) noexcept {
    WeightedPairCell cell;
    cell.weights[class_index] = weight;
    cell.rows = 1;
    return cell;
  }
  void add(const WeightedPairCell& other) noexcept {
    weights[0] += other.weights[0];
    weights[1] += other.weights[1];
    rows += other.rows;
  }
  void remove(const WeightedPairCell& other) noexcept {
    weights[0] -= other.weights[0];
    weights[1] -= other.weights[1];
    rows -= other.rows;
  }
  bool empty() const noexcept { return rows == 0; }
  double first() const noexcept { return static_cast<double>(weights[0]); }
  double second() const noexcept { return static_cast<double>(weights[1]); }
  std::size_t row_count() const noexcept { return rows; }
};

/// A regression label in fixed point (see LabelScale), added up over draws.
struct MomentCell {
  std::int64_t sum = 0;
  std::uint64_t counts = 0;  // draws in the low half, rows in the high half

  static MomentCell of(std::int64_t label, std::uint64_t count) noexcept {
    return {label * static_cast<std::int64_t>(count), (std::uint64_t{1} << 32U) | count};
  }
  void add(const MomentCell& other) noexcept {
    sum += other.sum;
    counts += other.counts;
  }
  void remove(const MomentCell& other) noexcept {
    sum -= other.sum;
    counts -= other.counts;
  }
  bool empty() const noexcept { return counts == 0; }
  double total() const noexcept { return static_cast<double>(sum); }
  double weight() const noexcept { return static_cast<std::uint32_t>(counts); }
  std::size_t row_count() const noexcept { return counts >> 32U; }
  /// Of a single row.
  std::int64_t label() const noexcept { return sum / static_cast<std::int64_t>(counts & 0xFFFFFFFFU); }
};

/// The same with weights.
struct WeightedMomentCell {
  __extension__ using Wide = __int128;

  Wide sum = 0;  // labels below 2^50, weights below 2^53
  std::uint64_t weights = 0;
  std::uint64_t rows = 0;

  static WeightedMomentCell of(std::int64_t label, std::uint64_t weight) noexcept {
    return {static_cast<Wide>(label) * static_cast<Wide>(weight), weight, 1};
  }
  void add(const WeightedMomentCell& other) noexcept {
    sum += other.sum;
    weights += other.weights;
    rows += other.rows;
  }
  void remove(const WeightedMomentCell& other) noexcept {
    sum -= other.sum;
    weights -= other.weights;
    rows -= other.rows;
  }
  bool empty() const noexcept { return rows == 0; }
  double total() const noexcept { return static_cast<double>(sum); }
  double weight() const noexcept { return static_cast<double>(weights); }
  std::size_t row_count() const noexcept { return rows; }
  std::int64_t label() const noexcept { return static_cast<std::int64_t>(sum / static_cast<Wide>(weights)); }
};

/// One row where there are more than two classes. Count: 32 bits for draws, 64 for weights.
template <typename Count>
struct ClassRow {
  std::uint32_t class_index = 0;
  Count weight = 0;
};

/// One row where medians are asked for.
struct LabelRow {
  std::int64_t label = 0;
  std::uint64_t weight = 0;
};

}  // namespace archmlp::train
