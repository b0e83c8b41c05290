#pragma once

#include <cstddef>
#include <cstdint>

namespace archmlp::train {

// What a row adds to its node and a histogram keeps for a bin. Integers only, so that the order of additions,
// and with it the number of threads, never changes a sum. A row drawn m times counts m draws but one row:
// min_samples_* count rows, impurities count draws, as in scikit-learn.

/// Two classes in one word, so that one addition updates both: class 0 in the low half, class 1 in the high
/// half.
struct PairCell {
  std::uint64_t draws = 0;

  static PairCell of(std::uint32_t class_index, std::uint32_t count) noexcept {
    return {std::uint64_t{count} << (32U * class_index)};
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

  static CountedPairCell of(std::uint32_t class_index, std::uint32_t count) noexcept {
    return {std::uint64_t{count} << (32U * class_index), 1};
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

/// A regression label in fixed point (see LabelScale), added up over draws.
struct MomentCell {
  std::int64_t sum = 0;
  std::uint64_t counts = 0;  // draws in the low half, rows in the high half

  static MomentCell of(std::int64_t label, std::uint32_t count) noexcept {
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
  std::uint32_t draws() const noexcept { return static_cast<std::uint32_t>(counts); }
  std::size_t row_count() const noexcept { return counts >> 32U; }
  /// Of a single row.
  std::int64_t label() const noexcept { return sum / static_cast<std::int64_t>(draws()); }
};

/// One row where there are more than two classes.
struct ClassRow {
  std::uint32_t class_index = 0;
  std::uint32_t draws = 0;
};

}  // namespace archmlp::train
