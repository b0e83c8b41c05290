#pragma once

#include <bit>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <utility>

namespace archmlp::base {

/// Mixes the bits of `x` so that neighbouring inputs give unrelated outputs.
/// Source: Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators" (SplitMix64).
constexpr std::uint64_t mix64(std::uint64_t x) noexcept {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31U);
}

/// A small random generator, made from a key such as (seed, tree, node), so that what it draws depends on
/// what is drawn for and never on the thread that draws. The sequence is part of the product's contract:
/// the same seed gives the same bytes on every machine.
/// Source: Blackman, Vigna 2019, "Scrambled linear pseudorandom number generators" (xoshiro256++).
class Rng {
 public:
  explicit Rng(std::uint64_t seed) noexcept : Rng({seed}) {}

  /// Independent streams for different keys.
  Rng(std::initializer_list<std::uint64_t> key) noexcept {
    std::uint64_t hash = 0;
    for (const std::uint64_t part : key) hash = mix64(hash ^ part);
    for (std::uint64_t& word : state_) word = hash = mix64(hash);
  }

  std::uint64_t next() noexcept {
    const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t shifted = state_[1] << 17U;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  /// Uniform in [0, bound), without bias. Precondition: bound > 0.
  /// Source: Lemire 2019, "Fast random integer generation in an interval".
  std::uint64_t below(std::uint64_t bound) noexcept {
    __extension__ using Wide = unsigned __int128;
    Wide product = static_cast<Wide>(next()) * bound;
    if (static_cast<std::uint64_t>(product) < bound) {
      const std::uint64_t threshold = (0 - bound) % bound;
      while (static_cast<std::uint64_t>(product) < threshold) product = static_cast<Wide>(next()) * bound;
    }
    return static_cast<std::uint64_t>(product >> 64U);
  }

  /// Uniform in [0, 1), a multiple of 2^-53.
  double uniform() noexcept { return static_cast<double>(next() >> 11U) * 0x1p-53; }

  /// Fisher–Yates.
  template <typename T>
  void shuffle(std::span<T> items) noexcept {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  std::uint64_t state_[4] = {};
};

}  // namespace archmlp::base
