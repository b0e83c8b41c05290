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
  std::uint64_t at(std::size_t actual, std::size_t predicted) const { return counts[actual * class_count + predicted]; }
};
/// Precondition: equal sizes, every value below class_count.
ConfusionMatrix confusion_matrix(std::span<const std::uint32_t> actual, std::span<const std::uint32_t> predicted,
                                 std::size_t class_count);

// Each is none where it is undefined (no rows, one class only, a class never predicted): never a made-up number.

enum class KappaWeights { kNone, kLinear, kQuadratic };
/// Source: Cohen 1960; weights: Cohen 1968.
std::optional<double> cohen_kappa(const ConfusionMatrix& matrix, KappaWeights weights = KappaWeights::kNone);
/// "poor" (below 0), "slight", "fair", "moderate", "substantial", "almost perfect".
/// Source: Landis, Koch 1977, "The measurement of observer agreement for categorical data", table 2.
std::string_view landis_koch(double kappa) noexcept;

std::optional<double> accuracy(const ConfusionMatrix& matrix);
std::optional<double> balanced_accuracy(const ConfusionMatrix& matrix);
/// Source: Gorodkin 2004 (multiclass Matthews correlation).
std::optional<double> matthews_corrcoef(const ConfusionMatrix& matrix);

struct ClassScores {
  std::optional<double> precision, recall, f1;
  std::uint64_t support = 0;  // rows that are of the class
};
std::vector<ClassScores> class_scores(const ConfusionMatrix& matrix);

/// Area under the ROC curve by ranks, ties count half. `scores`: higher means positive.
std::optional<double> roc_auc(std::span<const std::uint8_t> is_positive, std::span<const double> scores);
/// scikit-learn's average_precision_score.
std::optional<double> average_precision(std::span<const std::uint8_t> is_positive, std::span<const double> scores);
/// Shape: probabilities [n, k] row-major. Clipped at double's epsilon as scikit-learn does.
std::optional<double> log_loss(std::span<const std::uint32_t> actual, std::span<const double> probabilities,
                               std::size_t class_count);

}  // namespace archmlp::metrics
