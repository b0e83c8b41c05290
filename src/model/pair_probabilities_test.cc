#include "archmlp/model/pair_probabilities.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "archmlp/base/rng.h"
#include "archmlp/model/exact_exp.h"

namespace archmlp::model {
namespace {

TEST(ExactExp, IsExpToAboutTheLastDigit) {
  base::Rng rng(1);
  for (int i = 0; i < 20'000; ++i) {
    const double x = 1400 * rng.uniform() - 700;
    EXPECT_NEAR(exact_exp(x) / std::exp(x), 1, 4e-15) << x;
  }
  EXPECT_EQ(exact_exp(0), 1);
  EXPECT_EQ(exact_exp(-1e300), 0);
  EXPECT_TRUE(std::isfinite(exact_exp(1e300)));
  EXPECT_TRUE(std::isnan(exact_exp(std::numeric_limits<double>::quiet_NaN())));
}

TEST(SigmoidProbability, IsTheLogisticFunctionAndNeverOutsideItsRange) {
  for (const double decision : {-40.0, -3.0, -0.1, 0.0, 0.2, 2.0, 40.0}) {
    const SvmSigmoid sigmoid = {.slope = -1.7, .offset = 0.3};
    EXPECT_NEAR(sigmoid_probability(sigmoid, decision), 1 / (1 + std::exp(-1.7 * decision + 0.3)), 1e-15);
  }
  EXPECT_EQ(sigmoid_probability({.slope = -1, .offset = 0}, 1e300), 1);
  EXPECT_EQ(sigmoid_probability({.slope = -1, .offset = 0}, -1e300), 0);
}

/// The minimum of Σ_ij (r_ji p_i - r_ij p_j)² over p that sum to 1, from its linear equations.
std::vector<double> coupled_by_elimination(const std::vector<double>& pairs, std::size_t count) {
  const std::size_t size = count + 1;
  std::vector<std::vector<double>> rows(size, std::vector<double>(size + 1, 0.0));
  for (std::size_t t = 0; t < count; ++t) {
    for (std::size_t j = 0; j < count; ++j) {
      if (j == t) continue;
      rows[t][t] += pairs[j * count + t] * pairs[j * count + t];
      rows[t][j] = -pairs[j * count + t] * pairs[t * count + j];
    }
    rows[t][count] = rows[count][t] = 1;
  }
  rows[count][size] = 1;
  for (std::size_t column = 0; column < size; ++column) {
    std::size_t pivot = column;
    for (std::size_t row = column; row < size; ++row) {
      if (std::abs(rows[row][column]) > std::abs(rows[pivot][column])) pivot = row;
    }
    std::swap(rows[column], rows[pivot]);
    for (std::size_t row = 0; row < size; ++row) {
      if (row == column) continue;
      const double factor = rows[row][column] / rows[column][column];
      for (std::size_t i = column; i <= size; ++i) rows[row][i] -= factor * rows[column][i];
    }
  }
  std::vector<double> solution;
  for (std::size_t t = 0; t < count; ++t) solution.push_back(rows[t][size] / rows[t][t]);
  return solution;
}

TEST(CoupleProbabilities, AgreesWithTheLinearEquations) {
  base::Rng rng(2);
  for (const std::size_t count : {3, 4, 7, 20}) {
    std::vector<double> pairs(count * count), work(count * (count + 1)), found(count);
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t j = i + 1; j < count; ++j) {
        pairs[i * count + j] = 0.02 + 0.96 * rng.uniform();
        pairs[j * count + i] = 1 - pairs[i * count + j];
      }
    }
    couple_probabilities(pairs, work, found);
    const std::vector<double> expected = coupled_by_elimination(pairs, count);
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_NEAR(found[i], expected[i], 0.01) << count;  // it stops early, as LIBSVM does
      EXPECT_GE(found[i], 0);
      sum += found[i];
    }
    EXPECT_NEAR(sum, 1, 1e-12);
  }
}

TEST(CoupleProbabilities, PairsThatAgreeAreReproduced) {
  const std::vector<double> truth = {0.5, 0.3, 0.2};
  std::vector<double> pairs(9), work(12), found(3);
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) pairs[i * 3 + j] = truth[i] / (truth[i] + truth[j]);
  }
  couple_probabilities(pairs, work, found);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(found[i], truth[i], 0.005);
}

}  // namespace
}  // namespace archmlp::model
