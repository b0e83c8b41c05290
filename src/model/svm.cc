#include "archmlp/model/svm.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "archmlp/model/kernel_values.h"
#include "archmlp/model/pair_probabilities.h"

namespace archmlp::model {
namespace {

constexpr double kLeastPairProbability = 1e-7;  // LIBSVM's: of either class, where more than two are coupled

/// Σ a_i b_i over [begin, end): in eight sums by the place from the beginning, added up in their order.
double dot_range(const double* a, const double* b, std::size_t begin, std::size_t end) noexcept {
  std::array<double, kSvmPanel> sums = {};
  std::size_t i = begin;
  for (; i + kSvmPanel <= end; i += kSvmPanel) {
    for (std::size_t lane = 0; lane < kSvmPanel; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  }
  for (std::size_t lane = 0; i < end; ++i, ++lane) sums[lane] += a[i] * b[i];
  double sum = 0;
  for (const double part : sums) sum += part;
  return sum;
}

bool any_missing(const float* row, std::size_t count) noexcept {
  bool missing = false;
  for (std::size_t i = 0; i < count; ++i) missing |= row[i] != row[i];
  return missing;
}

/// Source: scikit-learn's _ovr_decision_function.
void ovr_decisions(std::size_t classes, const double* decisions, double* out) noexcept {
  for (std::size_t c = 0; c < classes; ++c) {
    double votes = 0, confidence = 0;
    std::size_t pair = 0;
    for (std::size_t i = 0; i < classes; ++i) {
      for (std::size_t j = i + 1; j < classes; ++j, ++pair) {
        const bool for_second = decisions[pair] > 0;
        if (c == i) {
          votes += for_second ? 0 : 1;
          confidence -= decisions[pair];
        } else if (c == j) {
          votes += for_second ? 1 : 0;
          confidence += decisions[pair];
        }
      }
    }
    out[c] = votes + confidence / (3 * (std::abs(confidence) + 1));
  }
}

}  // namespace

std::string_view to_string(SvmStop stop) noexcept {
  switch (stop) {
    case SvmStop::kConverged:
      return "converged";
    case SvmStop::kMaxIter:
      return "max_iter";
    case SvmStop::kMaxTime:
      return "max_time";
    case SvmStop::kStalled:
      break;
  }
  return "stalled";
}

/// What predicting a few rows needs room for.
struct Svm::Scratch {
  std::vector<float> rows;              // [kKernelRows, p], scaled, categories checked
  std::vector<double> values;           // [kKernelRows, ⌈s / 8⌉ · 8]
  std::vector<double> decisions;        // [pairs]
  std::vector<double> pairs, coupling;  // [k, k], [k, k + 1]
};

OutputLayout Svm::outputs() const noexcept {
  if (is_regression()) return {.values = 1};
  OutputLayout layout;
  layout.are_of_pairs = class_count() > 2 && shape_ == DecisionShape::kOvo;
  layout.decisions = layout.are_of_pairs ? pair_count() : class_count() == 2 ? 1 : class_count();
  if (!sigmoids_.empty()) layout.probabilities = class_count();
  return layout;
}

void Svm::pair_decisions(const double* kernel_values, double* decisions) const noexcept {
  const auto row = [&](std::size_t of) { return coefficients_.data() + of * vector_count_; };
  if (is_regression()) {
    decisions[0] = dot_range(row(0), kernel_values, 0, vector_count_) + intercepts_[0];
    return;
  }
  std::size_t pair = 0;
  for (std::size_t i = 0; i < class_count(); ++i) {
    for (std::size_t j = i + 1; j < class_count(); ++j, ++pair) {
      const double first = dot_range(row(j - 1), kernel_values, class_begins_[i], class_begins_[i + 1]);
      const double second = dot_range(row(i), kernel_values, class_begins_[j], class_begins_[j + 1]);
      decisions[pair] = first + second + intercepts_[pair];
    }
  }
}

/// What a feature is to the kernel.
float Svm::input_of(std::size_t feature, float value) const noexcept {
  if (const std::uint32_t count = category_count(feature); count > 0) return known_category(value, count);
  return scales_.empty() ? value : scales_[feature].apply(value);
}

void Svm::linear_decisions(const float* row, double* decisions) const noexcept {
  for (std::size_t pair = 0; pair < pair_count(); ++pair) {
    const double* weights = weights_.data() + pair * weight_begins_.back();
    double sum = 0;
    for (std::size_t feature = 0; feature < feature_count_; ++feature) {
      const double* own = weights + weight_begins_[feature];
      if (category_count(feature) == 0) {
        sum += own[0] * static_cast<double>(row[feature]);
      } else if (row[feature] >= 0) {
        sum += own[static_cast<std::size_t>(row[feature])];
      }
    }
    decisions[pair] = sum + intercepts_[pair];
  }
}

void Svm::write_outputs(const double* decisions, double* out, Scratch& scratch) const {
  const OutputLayout layout = outputs();
  const std::size_t classes = class_count();
  if (layout.values == 1 || layout.decisions == 1) {
    out[0] = decisions[0];
  } else if (shape_ == DecisionShape::kOvr) {
    ovr_decisions(classes, decisions, out);
  } else {
    for (std::size_t pair = 0; pair < pair_count(); ++pair) out[pair] = -decisions[pair];
  }
  if (layout.probabilities == 0) return;
  const std::span<double> probabilities(out + layout.decisions, classes);
  if (classes == 2) {
    probabilities[1] = sigmoid_probability(sigmoids_[0], decisions[0]);
    probabilities[0] = 1 - probabilities[1];
    return;
  }
  scratch.pairs.resize(classes * classes);
  scratch.coupling.resize(classes * (classes + 1));
  std::size_t pair = 0;
  for (std::size_t i = 0; i < classes; ++i) {
    for (std::size_t j = i + 1; j < classes; ++j, ++pair) {
      const double second = std::clamp(sigmoid_probability(sigmoids_[pair], decisions[pair]),
                                       kLeastPairProbability, 1 - kLeastPairProbability);
      scratch.pairs[j * classes + i] = second;
      scratch.pairs[i * classes + j] = 1 - second;
    }
  }
  couple_probabilities(scratch.pairs, scratch.coupling, probabilities);
}

/// At most kKernelRows rows.
void Svm::predict_group(const float* const* rows, std::size_t count, double* out, Scratch& scratch) const {
  const std::size_t outputs = output_count(), padded = panels_.size() / feature_count_;
  const bool is_linear = !weights_.empty();
  scratch.decisions.resize(pair_count());
  const float* inputs[kKernelRows];
  for (std::size_t i = 0; i < kKernelRows; ++i)  // the last row again where there are fewer
    inputs[i] = rows[std::min(i, count - 1)];
  if (!scales_.empty() || !category_counts_.empty()) {
    scratch.rows.resize(kKernelRows * feature_count_);
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t feature = 0; feature < feature_count_; ++feature)
        scratch.rows[i * feature_count_ + feature] = input_of(feature, inputs[i][feature]);
    }
    for (std::size_t i = 0; i < kKernelRows; ++i)
      inputs[i] = scratch.rows.data() + std::min(i, count - 1) * feature_count_;
  }
  KernelValues job{.kernel = kernel_,
                   .panels = panels_.data(),
                   .panel_count = padded / kSvmPanel,
                   .depth = feature_count_,
                   .category_counts = category_counts_.empty() ? nullptr : category_counts_.data(),
                   .row_count = count == 1 ? 1 : kKernelRows};
  if (!is_linear) {
    scratch.values.resize(kKernelRows * padded);
    for (std::size_t i = 0; i < kKernelRows; ++i) {
      job.rows[i] = inputs[i];
      job.out[i] = scratch.values.data() + i * padded;
    }
    compute_kernel_values(job);
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (any_missing(inputs[i], feature_count_)) {
      std::fill_n(out + i * outputs, outputs, std::numeric_limits<double>::quiet_NaN());
      continue;
    }
    if (is_linear) {
      linear_decisions(inputs[i], scratch.decisions.data());
    } else {
      pair_decisions(job.out[i], scratch.decisions.data());
    }
    write_outputs(scratch.decisions.data(), out + i * outputs, scratch);
  }
}

void Svm::predict_rows(MatrixView x, std::span<double> out) const {
  assert(x.col_stride == 1 && x.cols == feature_count_ && out.size() == x.rows * output_count());
  Scratch scratch;
  const float* rows[kKernelRows] = {};
  for (std::size_t first = 0; first < x.rows; first += kKernelRows) {
    const std::size_t count = std::min(kKernelRows, x.rows - first);
    for (std::size_t i = 0; i < count; ++i) rows[i] = x.data + (first + i) * x.row_stride;
    predict_group(rows, count, out.data() + first * output_count(), scratch);
  }
}

void Svm::predict_row(std::span<const float> row, std::span<double> out) const {
  assert(row.size() == feature_count_ && out.size() == output_count());
  thread_local Scratch scratch;
  const float* rows = row.data();
  predict_group(&rows, 1, out.data(), scratch);
}

std::size_t Svm::class_of(std::span<const double> outputs) const noexcept {
  assert(!is_regression() && outputs.size() == output_count());
  const std::size_t classes = class_count();
  if (classes == 2) return outputs[0] > 0 ? 1 : 0;
  std::size_t best = 0;
  double most = -1;
  for (std::size_t c = 0; c < classes; ++c) {
    double score = 0;
    if (shape_ == DecisionShape::kOvr) {
      score = break_ties_ ? outputs[c] : std::round(outputs[c]);  // its votes: the rest is below a third
    } else {
      std::size_t pair = 0;
      for (std::size_t i = 0; i < classes; ++i) {
        for (std::size_t j = i + 1; j < classes; ++j, ++pair)
          score += (c == i && !(outputs[pair] < 0)) || (c == j && outputs[pair] < 0) ? 1 : 0;
      }
    }
    if (score > most) {
      most = score;
      best = c;
    }
  }
  return best;
}

nlohmann::ordered_json Svm::summary() const {
  nlohmann::ordered_json json;
  json["kernel"] = to_string(kernel_.kind);
  if (kernel_.kind != KernelKind::kLinear) json["gamma"] = kernel_.gamma;
  if (kernel_.kind == KernelKind::kPoly) json["degree"] = kernel_.degree;
  if (kernel_.kind == KernelKind::kPoly || kernel_.kind == KernelKind::kSigmoid)
    json["coef0"] = kernel_.coef0;
  json["support_vectors"] = vector_count_;
  json["scaled"] =
      std::any_of(scales_.begin(), scales_.end(), [](const SvmScale& scale) { return scale.factor != 1; });
  SvmCertificate total;
  for (const SvmCertificate& certificate : certificates_) {
    if (total.stopped_by == SvmStop::kConverged) total.stopped_by = certificate.stopped_by;
    total.tol = std::max(total.tol, certificate.tol);
    total.violation = std::max(total.violation, certificate.violation);
    total.primal += certificate.primal;
    total.dual += certificate.dual;
    total.iterations += certificate.iterations;
  }
  json["converged"] = total.stopped_by == SvmStop::kConverged;
  if (total.stopped_by != SvmStop::kConverged) json["stopped_by"] = to_string(total.stopped_by);
  json["tol"] = total.tol;
  json["violation"] = total.violation;
  json["primal"] = total.primal;
  json["dual"] = total.dual;
  json["gap"] = total.primal - total.dual;
  json["iterations"] = total.iterations;
  json["bytes"] = byte_count();
  return json;
}

}  // namespace archmlp::model
