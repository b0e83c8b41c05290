#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string_view>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/contract/schema.h"
#include "archmlp/model/kernel.h"
#include "archmlp/model/matrix_view.h"
#include "archmlp/model/model.h"

namespace archmlp::model {

/// Why a fit ended. kStalled: the violation no longer falls, or no step changes the digits of a variable.
enum class SvmStop : std::uint32_t { kConverged, kMaxIter, kMaxTime, kStalled };
std::string_view to_string(SvmStop stop) noexcept;

/// How good the machine of a pair of classes, or a regression, is: from kernel values and sums in double
/// precision over all its training rows, made when the solver had stopped. For kernels that are not positive
/// semidefinite (sigmoid), the gap bounds nothing.
struct SvmCertificate {
  SvmStop stopped_by = SvmStop::kConverged;
  std::uint32_t reserved = 0;
  double tol = 0;
  double violation = 0;          // the largest of the KKT conditions; converged: <= tol
  double primal = 0;             // ½|w|² + Σ C max(0, what a row lacks)
  double dual = 0;               // its sign turned so that it is at most the primal
  std::uint64_t iterations = 0;  // steps of two variables; of a linear kernel, of its solver

  double gap() const noexcept { return primal - dual; }
  bool converged() const noexcept { return stopped_by == SvmStop::kConverged; }
};
static_assert(sizeof(SvmCertificate) == 48);

/// What a feature x is to a machine: float((x - shift) factor).
struct SvmScale {
  double shift = 0;
  double factor = 1;

  float apply(float x) const noexcept {
    return static_cast<float>((static_cast<double>(x) - shift) * factor);
  }
};
static_assert(sizeof(SvmScale) == 16);

/// How sure a decision f of a pair is: the second class has the probability 1 / (1 + exp(slope f + offset)).
/// Source: Platt 1999, "Probabilistic outputs for support vector machines".
struct SvmSigmoid {
  double slope = 0;
  double offset = 0;
};
static_assert(sizeof(SvmSigmoid) == 16);

/// Support vectors that stand side by side: what prediction walks through.
inline constexpr std::size_t kSvmPanel = 8;

enum class DecisionShape : std::uint32_t { kOvr, kOvo };

/// What a trainer hands over.
struct SvmParts {
  contract::Task task = contract::Task::kClassification;
  Kernel kernel;
  DecisionShape shape = DecisionShape::kOvr;
  bool break_ties = false;
  std::uint32_t feature_count = 0;
  /// [p], 0 for a number; or empty. A feature of categories holds their number, -1 for none, and stands for a
  /// one-hot row.
  std::vector<std::uint32_t> category_counts;
  std::vector<SvmScale> scales;             // [p], or empty: features are taken as they are
  std::vector<float> support_vectors;       // [s, p] row-major, scaled, in the order of their classes
  std::vector<std::uint64_t> class_begins;  // [k + 1], into them; a regression: one class
  /// [k - 1, s]: what a support vector of class c adds to its pair with class d stands in row d where d < c,
  /// else in row d - 1. A regression: [1, s].
  std::vector<double> coefficients;
  std::vector<double> intercepts;            // [pairs], (0, 1), (0, 2), …, (1, 2), …; a regression: one
  std::vector<SvmCertificate> certificates;  // [pairs]
  std::vector<SvmSigmoid> sigmoids;          // [pairs], or empty: no probabilities
};

/// A support vector machine: one for each pair of classes, or one that gives a number. A pair's decision is
/// Σ coefficient K(support vector, x) + intercept; positive speaks for the second class of the pair.
/// Outputs: of two classes, the decision. Of more: ovr, by scikit-learn's formula, the votes of the pairs and
/// less than a third for their decisions; ovo: the decision of each pair, positive for its first class. Then
/// the probabilities, where the machine was trained for them. Their bits are the same on every machine.
class Svm final : public Model {
 public:
  static constexpr std::string_view kKind = "svm";

  /// Errors: kInvalidInput if a value is not what from_bytes would accept.
  static base::Result<std::unique_ptr<const Svm>> from_parts(SvmParts parts);
  /// Byte layout: contracts/model-format-svm.md. `bytes` must outlive the model and be 8-byte aligned.
  /// Errors: kInvalidInput for the first value that is not as documented.
  static base::Result<std::unique_ptr<const Svm>> from_bytes(std::span<const std::byte> bytes);
  std::vector<std::byte> to_bytes() const override;

  std::string_view kind() const noexcept override { return kKind; }
  contract::Task task() const noexcept override { return task_; }
  std::size_t feature_count() const noexcept override { return feature_count_; }
  std::size_t class_count() const noexcept override { return is_regression() ? 0 : group_count(); }
  OutputLayout outputs() const noexcept override;
  bool takes_missing() const noexcept override { return false; }  // but of categories
  std::uint32_t category_count(std::size_t feature) const noexcept override {
    return category_counts_.empty() ? 0 : category_counts_[feature];
  }
  void predict_row(std::span<const float> row, std::span<double> out) const override;
  /// By the decisions, never by the probabilities: the class with most votes, ties to the first or, with
  /// break_ties, to the larger decision.
  std::size_t class_of(std::span<const double> outputs) const noexcept override;
  /// Keys: kernel and its parameters, support_vectors, scaled, converged, stopped_by, tol, violation, primal,
  /// dual, gap, iterations, bytes. Of several machines: the largest violation, the sums of the rest.
  nlohmann::ordered_json summary() const override;

  const Kernel& kernel() const noexcept { return kernel_; }
  std::size_t support_vector_count() const noexcept { return vector_count_; }
  std::size_t pair_count() const noexcept { return intercepts_.size(); }
  std::span<const double> coefficients() const noexcept { return coefficients_; }
  std::span<const double> intercepts() const noexcept { return intercepts_; }
  std::span<const SvmCertificate> certificates() const noexcept { return certificates_; }
  std::span<const SvmScale> scales() const noexcept { return scales_; }
  std::span<const SvmSigmoid> sigmoids() const noexcept { return sigmoids_; }
  float support_value(std::size_t vector, std::size_t feature) const noexcept {
    return panels_[(vector / kSvmPanel * feature_count_ + feature) * kSvmPanel + vector % kSvmPanel];
  }

 private:
  struct Scratch;

  Svm() = default;
  void show_owned();
  base::Status check() const;
  base::Status check_shape() const;
  base::Status check_header_values() const;
  base::Status check_values() const;
  base::Status check_categories() const;
  base::Status check_certificates() const;
  void make_weights();

  bool is_regression() const noexcept { return task_ == contract::Task::kRegression; }
  std::size_t group_count() const noexcept { return class_begins_.size() - 1; }  // of support vectors
  void predict_rows(MatrixView x, std::span<double> out) const override;
  void predict_group(const float* const* rows, std::size_t count, double* out, Scratch& scratch) const;
  void pair_decisions(const double* kernel_values, double* decisions) const noexcept;
  float input_of(std::size_t feature, float value) const noexcept;
  void linear_decisions(const float* row, double* decisions) const noexcept;
  void write_outputs(const double* decisions, double* out, Scratch& scratch) const;
  std::size_t byte_count() const noexcept;

  contract::Task task_ = contract::Task::kClassification;
  Kernel kernel_;
  DecisionShape shape_ = DecisionShape::kOvr;
  bool break_ties_ = false;
  std::size_t feature_count_ = 0, vector_count_ = 0;
  std::span<const std::uint32_t> category_counts_;
  std::span<const SvmScale> scales_;
  std::span<const float> panels_;  // [⌈s / 8⌉, p, 8]; what fills the last one up is 0
  std::span<const double> coefficients_, intercepts_;
  std::span<const std::uint64_t> class_begins_;
  std::span<const SvmCertificate> certificates_;
  std::span<const SvmSigmoid> sigmoids_;
  // Of a linear kernel: what its support vectors come to, for each pair; empty where they are as quick.
  std::vector<std::size_t> weight_begins_;  // [p + 1]: of each feature one weight, or one for each category
  std::vector<double> weights_;             // [pairs, weight_begins_.back()]
  SvmParts owned_;  // what the spans show, unless they show a mapped file; support_vectors: in panels
};

}  // namespace archmlp::model
