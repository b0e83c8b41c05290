#include "archmlp/train/deterministic_log.h"

#include <gtest/gtest.h>

#include <cmath>

#include "archmlp/base/rng.h"

namespace archmlp::train {
namespace {

TEST(DeterministicLog, IsExactAtPowersOfTwo) {
  for (int exponent = -1000; exponent <= 1000; exponent += 7) {
    EXPECT_EQ(deterministic_log2(std::ldexp(1.0, exponent)), exponent);
  }
}

TEST(DeterministicLog, AgreesWithTheLibrary) {
  base::Rng rng(1);
  for (int i = 0; i < 20'000; ++i) {
    const double x = std::ldexp(1 + rng.uniform(), static_cast<int>(rng.below(200)) - 100);
    EXPECT_NEAR(deterministic_log2(x), std::log2(x), 2e-15 * std::max(1.0, std::abs(std::log2(x))));
  }
}

}  // namespace
}  // namespace archmlp::train
