#include "archmlp/model/pair_probabilities.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "archmlp/model/exact_exp.h"

namespace archmlp::model {
namespace {

constexpr std::size_t kLeastRounds = 100;  // LIBSVM's
constexpr double kTolerance = 0.005;       // over the number of classes

}  // namespace

double sigmoid_probability(const SvmSigmoid& sigmoid, double decision) noexcept {
  const double exponent = sigmoid.slope * decision + sigmoid.offset;
  // Of a large exponent the other form keeps its digits.
  if (exponent >= 0) {
    const double small = exact_exp(-exponent);
    return small / (1 + small);
  }
  return 1 / (1 + exact_exp(exponent));
}

void couple_probabilities(std::span<const double> pairs, std::span<double> work,
                          std::span<double> probabilities) noexcept {
  const std::size_t count = probabilities.size();
  assert(pairs.size() == count * count && work.size() == count * (count + 1) && count >= 2);
  const std::span<double> matrix = work.first(count * count), product = work.subspan(count * count);
  std::fill(probabilities.begin(), probabilities.end(), 1 / static_cast<double>(count));
  for (std::size_t t = 0; t < count; ++t) {
    double diagonal = 0;
    for (std::size_t j = 0; j < count; ++j) {
      if (j == t) continue;
      diagonal += pairs[j * count + t] * pairs[j * count + t];
      matrix[t * count + j] = -pairs[j * count + t] * pairs[t * count + j];
    }
    matrix[t * count + t] = diagonal;
  }
  const double tolerance = kTolerance / static_cast<double>(count);
  for (std::size_t round = 0; round < std::max(kLeastRounds, count); ++round) {
    double whole = 0, worst = 0;
    for (std::size_t t = 0; t < count; ++t) {
      product[t] = 0;
      for (std::size_t j = 0; j < count; ++j) product[t] += matrix[t * count + j] * probabilities[j];
      whole += probabilities[t] * product[t];
    }
    for (const double value : product) worst = std::max(worst, std::abs(value - whole));
    if (worst < tolerance) break;
    for (std::size_t t = 0; t < count; ++t) {
      const double diagonal = matrix[t * count + t];
      const double step = (whole - product[t]) / diagonal, shrink = 1 / (1 + step);
      probabilities[t] += step;
      whole = (whole + step * (step * diagonal + 2 * product[t])) * shrink * shrink;
      for (std::size_t j = 0; j < count; ++j) {
        product[j] = (product[j] + step * matrix[t * count + j]) * shrink;
        probabilities[j] *= shrink;
      }
    }
  }
}

}  // namespace archmlp::model
