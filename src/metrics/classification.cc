#include "archmlp/metrics/classification.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <limits>

namespace archmlp::metrics {
namespace {

/// Products of two counts, times a squared distance of classes, summed.
__extension__ using Wide = __int128;

struct Marginals {
  std::vector<std::uint64_t> actual;     // row sums
  std::vector<std::uint64_t> predicted;  // column sums
  std::uint64_t total = 0;
  std::uint64_t agreed = 0;
};

Marginals marginals_of(const ConfusionMatrix& matrix) {
  const std::size_t k = matrix.class_count;
  Marginals sums{std::vector<std::uint64_t>(k), std::vector<std::uint64_t>(k)};
  for (std::size_t row = 0; row < k; ++row) {
    for (std::size_t column = 0; column < k; ++column) {
      const std::uint64_t count = matrix.at(row, column);
      sums.actual[row] += count;
      sums.predicted[column] += count;
      sums.total += count;
    }
    sums.agreed += matrix.at(row, row);
  }
  return sums;
}

std::uint64_t disagreement(std::size_t a, std::size_t b, KappaWeights weights) {
  const std::uint64_t distance = a > b ? a - b : b - a;
  switch (weights) {
    case KappaWeights::kNone:
      return distance == 0 ? 0 : 1;
    case KappaWeights::kLinear:
      return distance;
    case KappaWeights::kQuadratic:
      return distance * distance;
  }
  return 0;
}

std::optional<double> ratio(std::uint64_t numerator, std::uint64_t denominator) {
  if (denominator == 0) return std::nullopt;
  return static_cast<double>(numerator) / static_cast<double>(denominator);
}

/// Calls `visit(positives, negatives)` for every group of equal scores, highest first.
template <typename Visit>
void for_each_tie_group(std::span<const std::uint8_t> is_positive, std::span<const double> scores,
                        Visit visit) {
  assert(is_positive.size() == scores.size());
  struct Row {
    double score;
    bool positive;
  };
  std::vector<Row> rows(scores.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    assert(!std::isnan(scores[i]));
    rows[i] = {scores[i], is_positive[i] != 0};
  }
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.score > b.score; });
  for (std::size_t begin = 0; begin < rows.size();) {
    std::uint64_t positives = 0;
    std::size_t end = begin;
    for (; end < rows.size() && rows[end].score == rows[begin].score; ++end)
      positives += rows[end].positive ? 1 : 0;
    visit(positives, static_cast<std::uint64_t>(end - begin) - positives);
    begin = end;
  }
}

/// Natural logarithm of a positive normal number, within 2 units in the last place and the same on every
/// machine: metrics are kept in model files, and C libraries differ in the last bit.
double portable_log(double x) {
  assert(x >= std::numeric_limits<double>::min());
  const auto bits = std::bit_cast<std::uint64_t>(x);
  auto exponent = static_cast<int>(bits >> 52U) - 1023;
  double mantissa = std::bit_cast<double>((bits & 0xFFFFFFFFFFFFFULL) | 0x3FF0000000000000ULL);
  if (mantissa > 1.4142135623730951) {
    mantissa *= 0.5;
    ++exponent;
  }
  // ln m = 2 artanh((m - 1) / (m + 1)); the argument is below 0.1716, so s^24 / 25 is below the last bit.
  const double s = (mantissa - 1) / (mantissa + 1);
  const double square = s * s;
  double series = 0;
  for (int odd = 23; odd >= 3; odd -= 2) series = series * square + 1.0 / odd;
  // ln 2 in two parts, the first short enough to be exact times an exponent.
  constexpr double kLn2High = 0x1.62e42fee00000p-1;
  constexpr double kLn2Low = 0x1.a39ef35793c76p-33;
  return exponent * kLn2High + (2 * s + (2 * s * square * series + exponent * kLn2Low));
}

/// Away from 0 and 1, so that the loss stays finite.
double clipped(double probability) {
  constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
  return std::clamp(probability, kEpsilon, 1 - kEpsilon);
}

}  // namespace

ConfusionMatrix confusion_matrix(std::span<const std::uint32_t> actual,
                                 std::span<const std::uint32_t> predicted, std::size_t class_count) {
  assert(actual.size() == predicted.size());
  ConfusionMatrix matrix{class_count, std::vector<std::uint64_t>(class_count * class_count)};
  for (std::size_t row = 0; row < actual.size(); ++row) {
    assert(actual[row] < class_count && predicted[row] < class_count);
    ++matrix.counts[actual[row] * class_count + predicted[row]];
  }
  return matrix;
}

std::optional<double> cohen_kappa(const ConfusionMatrix& matrix, KappaWeights weights) {
  const Marginals sums = marginals_of(matrix);
  Wide observed = 0;
  Wide expected = 0;  // times the row count
  for (std::size_t row = 0; row < matrix.class_count; ++row) {
    for (std::size_t column = 0; column < matrix.class_count; ++column) {
      const Wide weight = disagreement(row, column, weights);
      observed += weight * matrix.at(row, column);
      expected += weight * sums.actual[row] * sums.predicted[column];
    }
  }
  if (expected == 0) return std::nullopt;
  return static_cast<double>(expected - observed * sums.total) / static_cast<double>(expected);
}

std::string_view landis_koch(double kappa) noexcept {
  if (kappa < 0.0) return "poor";
  if (kappa <= 0.20) return "slight";
  if (kappa <= 0.40) return "fair";
  if (kappa <= 0.60) return "moderate";
  if (kappa <= 0.80) return "substantial";
  return "almost perfect";
}

std::optional<double> accuracy(const ConfusionMatrix& matrix) {
  const Marginals sums = marginals_of(matrix);
  return ratio(sums.agreed, sums.total);
}

std::optional<double> balanced_accuracy(const ConfusionMatrix& matrix) {
  double recall_sum = 0;
  std::size_t occurring = 0;
  for (const ClassScores& scores : class_scores(matrix)) {
    if (!scores.recall) continue;
    recall_sum += *scores.recall;
    ++occurring;
  }
  if (occurring == 0) return std::nullopt;
  return recall_sum / static_cast<double>(occurring);
}

std::optional<double> matthews_corrcoef(const ConfusionMatrix& matrix) {
  const Marginals sums = marginals_of(matrix);
  const Wide total_squared = static_cast<Wide>(sums.total) * sums.total;
  Wide covariance = static_cast<Wide>(sums.agreed) * sums.total;
  Wide actual_variance = total_squared;
  Wide predicted_variance = total_squared;
  for (std::size_t label = 0; label < matrix.class_count; ++label) {
    const Wide actual = sums.actual[label];
    const Wide predicted = sums.predicted[label];
    covariance -= actual * predicted;
    actual_variance -= actual * actual;
    predicted_variance -= predicted * predicted;
  }
  if (actual_variance == 0 || predicted_variance == 0) return std::nullopt;
  // One root of the product, not a product of roots: exactly 1 for perfect predictions.
  return static_cast<double>(covariance) /
         std::sqrt(static_cast<double>(actual_variance) * static_cast<double>(predicted_variance));
}

std::vector<ClassScores> class_scores(const ConfusionMatrix& matrix) {
  const Marginals sums = marginals_of(matrix);
  std::vector<ClassScores> scores(matrix.class_count);
  for (std::size_t label = 0; label < matrix.class_count; ++label) {
    const std::uint64_t hits = matrix.at(label, label);
    scores[label].precision = ratio(hits, sums.predicted[label]);
    scores[label].recall = ratio(hits, sums.actual[label]);
    scores[label].f1 = ratio(2 * hits, sums.actual[label] + sums.predicted[label]);
    scores[label].support = sums.actual[label];
  }
  return scores;
}

std::optional<double> roc_auc(std::span<const std::uint8_t> is_positive, std::span<const double> scores) {
  std::uint64_t positives_above = 0;
  std::uint64_t negatives_above = 0;
  std::uint64_t twice_area = 0;  // pairs of a positive above a negative count 2, tied ones 1
  for_each_tie_group(is_positive, scores, [&](std::uint64_t positives, std::uint64_t negatives) {
    twice_area += negatives * (2 * positives_above + positives);
    positives_above += positives;
    negatives_above += negatives;
  });
  return ratio(twice_area, 2 * positives_above * negatives_above);
}

std::optional<double> average_precision(std::span<const std::uint8_t> is_positive,
                                        std::span<const double> scores) {
  std::uint64_t positives_above = 0;
  std::uint64_t rows_above = 0;
  double precision_sum = 0;  // at each positive
  for_each_tie_group(is_positive, scores, [&](std::uint64_t positives, std::uint64_t negatives) {
    positives_above += positives;
    rows_above += positives + negatives;
    precision_sum += static_cast<double>(positives) *
                     (static_cast<double>(positives_above) / static_cast<double>(rows_above));
  });
  if (positives_above == 0) return std::nullopt;
  return precision_sum / static_cast<double>(positives_above);
}

std::optional<double> log_loss(std::span<const std::uint32_t> actual, std::span<const double> probabilities,
                               std::size_t class_count) {
  assert(probabilities.size() == actual.size() * class_count);
  if (actual.empty() || class_count < 2) return std::nullopt;
  double loss_sum = 0;
  for (std::size_t row = 0; row < actual.size(); ++row) {
    const std::span<const double> of_row = probabilities.subspan(row * class_count, class_count);
    double sum = 0;
    for (const double probability : of_row) sum += clipped(probability);
    loss_sum -= portable_log(clipped(of_row[actual[row]]) / sum);
  }
  return loss_sum / static_cast<double>(actual.size());
}

}  // namespace archmlp::metrics
