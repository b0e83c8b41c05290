#include "archmlp/model/svm.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "archmlp/base/parallel.h"
#include "archmlp/model/kernel_values.h"

namespace archmlp::model {
namespace {

using base::Error;
using base::Status;

constexpr std::size_t kBlockRows = 64;  // that a thread takes at a time

/// Σ a_i b_i over [begin, end): in eight sums by the place, added up in their order.
double dot_range(const double* a, const double* b, std::size_t begin, std::size_t end) noexcept {
  std::array<double, kSvmPanel> sums = {};
  std::size_t i = begin;
  for (; i + kSvmPanel <= end; i += kSvmPanel) {
    for (std::size_t lane = 0; lane < kSvmPanel; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  }
  for (; i < end; ++i) sums[i % kSvmPanel] += a[i] * b[i];
  double sum = 0;
  for (const double part : sums) sum += part;
  return sum;
}

bool any_missing(const float* row, std::size_t count) noexcept {
  bool missing = false;
  for (std::size_t i = 0; i < count; ++i) missing |= row[i] != row[i];
  return missing;
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

std::size_t Svm::output_count() const noexcept {
  if (class_count() <= 2) return 1;
  return shape_ == DecisionShape::kOvr ? class_count() : pair_count();
}

void Svm::pair_decisions(const double* kernel_values, double* decisions) const noexcept {
  const std::size_t classes = class_count();
  const auto row = [&](std::size_t of) { return coefficients_.data() + of * vector_count_; };
  if (classes == 1) {
    decisions[0] = dot_range(row(0), kernel_values, 0, vector_count_) + intercepts_[0];
    return;
  }
  std::size_t pair = 0;
  for (std::size_t i = 0; i < classes; ++i) {
    for (std::size_t j = i + 1; j < classes; ++j, ++pair) {
      const double first = dot_range(row(j - 1), kernel_values, class_begins_[i], class_begins_[i + 1]);
      const double second = dot_range(row(i), kernel_values, class_begins_[j], class_begins_[j + 1]);
      decisions[pair] = first + second + intercepts_[pair];
    }
  }
}

/// Source: scikit-learn's _ovr_decision_function.
void Svm::outputs_of(const double* decisions, std::span<double> out) const noexcept {
  const std::size_t classes = class_count();
  if (classes <= 2) {
    out[0] = decisions[0];
    return;
  }
  if (shape_ == DecisionShape::kOvo) {
    for (std::size_t pair = 0; pair < pair_count(); ++pair) out[pair] = -decisions[pair];
    return;
  }
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

void Svm::decide_rows(MatrixView x, std::span<double> out) const {
  const std::size_t outputs = output_count(), padded = panels_.size() / feature_count_;
  std::vector<double> values(kKernelRows * padded), decisions(pair_count());
  KernelValues job{.kernel = kernel_,
                   .panels = panels_.data(),
                   .panel_count = padded / kSvmPanel,
                   .depth = feature_count_};
  for (std::size_t i = 0; i < kKernelRows; ++i) job.out[i] = values.data() + i * padded;
  for (std::size_t first = 0; first < x.rows; first += kKernelRows) {
    const std::size_t count = std::min(kKernelRows, x.rows - first);
    job.row_count = count == 1 ? 1 : kKernelRows;  // the last row again where there are fewer
    for (std::size_t i = 0; i < kKernelRows; ++i)
      job.rows[i] = x.data + (first + std::min(i, count - 1)) * x.row_stride;
    compute_kernel_values(job);
    for (std::size_t i = 0; i < count; ++i) {
      const std::span<double> place = out.subspan((first + i) * outputs, outputs);
      pair_decisions(job.out[i], decisions.data());
      outputs_of(decisions.data(), place);
      if (any_missing(job.rows[i], feature_count_))
        std::fill(place.begin(), place.end(), std::numeric_limits<double>::quiet_NaN());
    }
  }
}

void Svm::decide_row(std::span<const float> row, std::span<double> out) const {
  assert(row.size() == feature_count_ && out.size() == output_count());
  decide_rows(MatrixView::row_major(row.data(), 1, row.size()), out);
}

Status Svm::decide(MatrixView x, std::span<double> out, int thread_count) const {
  if (x.cols != feature_count_) {
    return Error{.message = fmt::format("the model expects {} features, found {}", feature_count_, x.cols),
                 .hint = "give the columns that the model was trained with"};
  }
  const std::size_t outputs = output_count();
  if (out.size() / outputs != x.rows || out.size() % outputs != 0) {
    return Error{.message = fmt::format("decisions of {} rows with {} outputs need {} places, found {}",
                                        x.rows, outputs, x.rows * outputs, out.size())};
  }
  return base::parallel_for(
      (x.rows + kBlockRows - 1) / kBlockRows, thread_count, [&](std::size_t block) -> Status {
        const std::size_t begin = block * kBlockRows, count = std::min(kBlockRows, x.rows - begin);
        std::vector<float> rows(count * x.cols);
        for (std::size_t row = 0; row < count; ++row) {
          for (std::size_t col = 0; col < x.cols; ++col) rows[row * x.cols + col] = x.at(begin + row, col);
        }
        decide_rows(MatrixView::row_major(rows.data(), count, x.cols),
                    out.subspan(begin * outputs, count * outputs));
        return {};
      });
}

std::size_t Svm::class_of(std::span<const double> outputs) const noexcept {
  assert(task_ == contract::Task::kClassification && outputs.size() == output_count());
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
