#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace archmlp::metrics {

/// Counts of (actual, predicted), [classes, classes] row-major: rows are actual, as in scikit-learn.
struct ConfusionMatrix {
  std::size_t class_count = 0;
  std::vector<std::uint64_t> counts;
  std::uint64_t at(std::size_t actual, std::size_t predicted) const {
    return counts[actual * class_count + predicted];
  }
};
/// Precondition: equal sizes, every value below class_count.
ConfusionMatrix confusion_matrix(std::span<const std::uint32_t> actual,
                                 std::span<const std::uint32_t> predicted, std::size_t class_count);

// Each is none where it is undefined, that is where its definition divides by zero (no rows, one class only,
// a class never predicted): never a made-up number. Where defined they are scikit-learn's. Counts are summed
// in integers, so that the order of the rows does not matter. Precondition: at most 2^32 rows.

enum class KappaWeights { kNone, kLinear, kQuadratic };
/// None if actual and predicted are one and the same class throughout.
/// Source: Cohen 1960; weights: Cohen 1968.
std::optional<double> cohen_kappa(const ConfusionMatrix& matrix, KappaWeights weights = KappaWeights::kNone);
/// "poor" (below 0), "slight", "fair", "moderate", "substantial", "almost perfect".
/// Source: Landis, Koch 1977, "The measurement of observer agreement for categorical data", table 2.
std::string_view landis_koch(double kappa) noexcept;

std::optional<double> accuracy(const ConfusionMatrix& matrix);
/// The mean recall of the classes that occur.
std::optional<double> balanced_accuracy(const ConfusionMatrix& matrix);
/// None if all rows are of one class, or predicted to be (there scikit-learn says 0).
/// Source: Gorodkin 2004 (multiclass Matthews correlation).
std::optional<double> matthews_corrcoef(const ConfusionMatrix& matrix);

struct ClassScores {
  std::optional<double> precision;  // none if the class is never predicted
  std::optional<double> recall;     // none if no row is of the class
  std::optional<double> f1;         // 2 tp / (2 tp + fp + fn): none only if both
  std::uint64_t support = 0;        // rows that are of the class
};
std::vector<ClassScores> class_scores(const ConfusionMatrix& matrix);

/// Area under the ROC curve by ranks, ties count half; none if one class only. `scores`: higher means
/// positive. Precondition: no NaN among the scores.
std::optional<double> roc_auc(std::span<const std::uint8_t> is_positive, std::span<const double> scores);
/// scikit-learn's average_precision_score; none without positives. Precondition: no NaN among the scores.
std::optional<double> average_precision(std::span<const std::uint8_t> is_positive,
                                        std::span<const double> scores);
/// Mean of -ln p(actual class). Shape: probabilities [n, k] row-major; clipped to [eps, 1 - eps] with
/// double's eps, then scaled to sum 1 a row, as scikit-learn does. None without rows or with fewer than two
/// classes.
std::optional<double> log_loss(std::span<const std::uint32_t> actual, std::span<const double> probabilities,
                               std::size_t class_count);

}  // namespace archmlp::metrics
