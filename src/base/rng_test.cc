#include "archmlp/base/rng.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

namespace archmlp::base {
namespace {

TEST(Rng, SameKeySameSequenceOtherKeyOtherSequence) {
  Rng a{1, 2}, b{1, 2}, c{2, 1}, d{1, 2, 0};
  const std::uint64_t first = a.next();
  EXPECT_EQ(first, b.next());
  EXPECT_NE(first, c.next());
  EXPECT_NE(first, d.next());
}

TEST(Rng, SequenceIsPinned) {  // models made with an older version must be reproducible
  Rng rng(42);
  EXPECT_EQ(rng.next(), 0x03F39B78BE22447FULL);
  EXPECT_EQ(rng.next(), 0x1DD9733D5A180053ULL);
  EXPECT_EQ(rng.next(), 0x0C89A42C7FA82E9CULL);
  EXPECT_EQ(mix64(0), 0xE220A8397B1DCDAFULL);  // SplitMix64's first output for seed 0, as published
}

TEST(Rng, BelowIsUniform) {
  Rng rng(7);
  std::array<int, 6> counts{};
  for (int i = 0; i < 60'000; ++i) ++counts[rng.below(6)];
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 500);  // 5 standard deviations
  EXPECT_EQ(rng.below(1), 0U);
}

TEST(Rng, UniformStaysInRange) {
  Rng rng(9);
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double value = rng.uniform();
    ASSERT_GE(value, 0.0);
    ASSERT_LT(value, 1.0);
    sum += value;
  }
  EXPECT_NEAR(sum / 10'000, 0.5, 0.02);
}

TEST(Rng, ShuffleIsAPermutation) {
  std::vector<int> items(1000);
  std::iota(items.begin(), items.end(), 0);
  const std::vector<int> before = items;
  Rng(3).shuffle(std::span(items));
  EXPECT_NE(items, before);
  std::sort(items.begin(), items.end());
  EXPECT_EQ(items, before);
}

}  // namespace
}  // namespace archmlp::base
