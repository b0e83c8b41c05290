#include "archmlp/profile/sort_values.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <utility>

namespace archmlp::profile {
namespace {

constexpr std::size_t kFewValues = 4096;
constexpr unsigned kDigitBits = 11;
constexpr std::size_t kDigitCount = std::size_t{1} << kDigitBits;
constexpr std::size_t kPassCount = (64 + kDigitBits - 1) / kDigitBits;
constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63U;

/// Unsigned keys in the order of the values.
std::uint64_t key_of(std::int64_t value) { return static_cast<std::uint64_t>(value) ^ kSignBit; }
std::uint64_t key_of(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  return (bits & kSignBit) != 0 ? ~bits : bits | kSignBit;
}

std::size_t digit_of(std::uint64_t key, std::size_t pass) {
  return static_cast<std::size_t>(key >> (pass * kDigitBits)) & (kDigitCount - 1);
}

/// Least significant digit first; a digit that all values share costs nothing.
template <typename T>
void radix_sort(std::vector<T>& values) {
  if (values.size() < kFewValues) {
    std::sort(values.begin(), values.end());
    return;
  }
  std::vector<std::array<std::size_t, kDigitCount>> places(kPassCount);
  for (const T value : values) {
    const std::uint64_t key = key_of(value);
    for (std::size_t pass = 0; pass < kPassCount; ++pass) ++places[pass][digit_of(key, pass)];
  }
  std::vector<T> sorted(values.size());
  for (std::size_t pass = 0; pass < kPassCount; ++pass) {
    auto& place = places[pass];
    if (place[digit_of(key_of(values[0]), pass)] == values.size()) continue;
    std::size_t next = 0;
    for (std::size_t& count : place) next += std::exchange(count, next);
    for (const T value : values) sorted[place[digit_of(key_of(value), pass)]++] = value;
    values.swap(sorted);
  }
}

}  // namespace

void sort_values(std::vector<std::int64_t>& values) { radix_sort(values); }
void sort_values(std::vector<double>& values) { radix_sort(values); }

}  // namespace archmlp::profile
