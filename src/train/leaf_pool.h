#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace archmlp::train {

/// Leaf rows, equal ones (bit for bit) stored once.
class LeafPool {
 public:
  explicit LeafPool(std::size_t output_count) : output_count_(output_count), slots_(64, kEmpty) {}

  /// The row's place. Precondition: fewer than 2^31 rows.
  std::uint32_t add(std::span<const double> row);
  std::size_t size() const noexcept { return values_.size() / output_count_; }
  /// Shape: [size(), k].
  std::span<const double> values() const noexcept { return values_; }
  std::vector<double> take_values() && { return std::move(values_); }

 private:
  static constexpr std::uint32_t kEmpty = 0xFFFFFFFF;

  std::size_t slot_of(std::span<const double> row) const noexcept;
  void grow();

  std::size_t output_count_;
  std::vector<double> values_;
  std::vector<std::uint32_t> slots_;  // a power of two, at most half full
};

}  // namespace archmlp::train
