// The encoded form, and what is checked of it: contracts/model-format-svm.md.

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstring>

#include "archmlp/base/try.h"
#include "archmlp/model/section_bytes.h"
#include "archmlp/model/svm.h"

namespace archmlp::model {
namespace {

using base::Error;
using base::Result;
using base::Status;

static_assert(std::endian::native == std::endian::little, "models are used in place, as little-endian");

constexpr std::uint32_t kSvmLayoutVersion = 1;
constexpr std::uint32_t kMostFeatures = 1U << 30U;
constexpr std::uint32_t kMostClasses = 1U << 16U;
constexpr std::uint32_t kMostDegree = 1000;

struct SvmHeader {
  std::uint32_t layout_version;
  std::uint32_t task;  // 0 classification, 1 regression
  std::uint32_t feature_count;
  std::uint32_t class_count;  // 1 for a regression
  std::uint64_t vector_count;
  std::uint32_t kernel;
  std::uint32_t degree;
  double gamma;
  double coef0;
  std::uint32_t decision_shape;
  std::uint32_t break_ties;
  std::uint32_t is_scaled;
  std::uint32_t has_probabilities;
};
static_assert(sizeof(SvmHeader) == 64);

Error svm_broken(std::string message, std::string_view where) {
  return broken_section(Svm::kKind, std::move(message), where);
}

std::size_t pairs_of(std::size_t class_count) {
  return class_count == 1 ? 1 : class_count * (class_count - 1) / 2;
}

bool all_finite(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
}

Status check_header(const SvmHeader& header, std::size_t size) {
  if (header.layout_version != kSvmLayoutVersion) {
    return svm_broken(fmt::format("layout version {} is not {}", header.layout_version, kSvmLayoutVersion),
                      "header");
  }
  if (header.task > 1 || header.decision_shape > 1 || header.break_ties > 1 || header.is_scaled > 1 ||
      header.has_probabilities > 1) {
    return svm_broken("a field has a value that means nothing", "header");
  }
  if (header.kernel > static_cast<std::uint32_t>(KernelKind::kSigmoid))
    return svm_broken("unknown kernel", "header");
  if (header.feature_count == 0 || header.feature_count > kMostFeatures) {
    return svm_broken("a model needs 1 to 2^30 features", "header");
  }
  if (header.class_count == 0 || header.class_count > kMostClasses) {
    return svm_broken("a model has 1 to 65536 classes", "header");
  }
  // Every product below then stays within 64 bits.
  if (header.vector_count > size || header.vector_count / kSvmPanel > size / header.feature_count) {
    return svm_broken("a count is larger than the section", "header");
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<const Svm>> Svm::from_bytes(std::span<const std::byte> bytes) {
  if (reinterpret_cast<std::uintptr_t>(bytes.data()) % 8 != 0) {
    return svm_broken("the section does not start at a multiple of 8 bytes", "header");
  }
  if (bytes.size() < sizeof(SvmHeader)) return svm_broken("the section ends within its header", "header");
  SvmHeader header;
  std::memcpy(&header, bytes.data(), sizeof(header));
  TRY(check_header(header, bytes.size()));
  std::span<const std::byte> rest = bytes.subspan(sizeof(SvmHeader));
  std::unique_ptr<Svm> svm(new Svm);
  svm->task_ = header.task == 0 ? contract::Task::kClassification : contract::Task::kRegression;
  svm->kernel_ = {static_cast<KernelKind>(header.kernel), header.gamma, header.coef0, header.degree};
  svm->shape_ = static_cast<DecisionShape>(header.decision_shape);
  svm->break_ties_ = header.break_ties != 0;
  svm->feature_count_ = header.feature_count;
  svm->vector_count_ = static_cast<std::size_t>(header.vector_count);
  const std::uint64_t panels = (header.vector_count + kSvmPanel - 1) / kSvmPanel;
  const std::uint64_t rows = std::max<std::uint32_t>(header.class_count, 2) - 1;
  if (header.vector_count > rest.size() / rows)
    return svm_broken("a count is larger than the section", "header");
  const std::size_t pairs = pairs_of(header.class_count);
  svm->scales_ = TRY(take_items<SvmScale>(kKind, rest, header.is_scaled * header.feature_count, "scales"));
  svm->panels_ =
      TRY(take_items<float>(kKind, rest, panels * header.feature_count * kSvmPanel, "support vectors"));
  svm->coefficients_ = TRY(take_items<double>(kKind, rest, rows * header.vector_count, "coefficients"));
  svm->class_begins_ =
      TRY(take_items<std::uint64_t>(kKind, rest, std::uint64_t{header.class_count} + 1, "class begins"));
  svm->intercepts_ = TRY(take_items<double>(kKind, rest, pairs, "intercepts"));
  svm->certificates_ = TRY(take_items<SvmCertificate>(kKind, rest, pairs, "certificates"));
  svm->sigmoids_ = TRY(take_items<SvmSigmoid>(kKind, rest, header.has_probabilities * pairs, "sigmoids"));
  if (!rest.empty()) return svm_broken(std::to_string(rest.size()) + " bytes too many", "end");
  TRY(svm->check());
  svm->make_weights();
  return std::unique_ptr<const Svm>(std::move(svm));
}

Result<std::unique_ptr<const Svm>> Svm::from_parts(SvmParts parts) {
  std::unique_ptr<Svm> svm(new Svm);
  svm->owned_ = std::move(parts);
  if (svm->owned_.feature_count == 0 || svm->owned_.support_vectors.size() % svm->owned_.feature_count != 0 ||
      svm->owned_.class_begins.empty()) {
    return svm_broken("the support vectors are no rows of features", "parts");
  }
  svm->show_owned();
  TRY(svm->check());
  svm->make_weights();
  return std::unique_ptr<const Svm>(std::move(svm));
}

/// Puts the support vectors into panels and shows everything.
void Svm::show_owned() {
  task_ = owned_.task;
  kernel_ = owned_.kernel;
  shape_ = owned_.shape;
  break_ties_ = owned_.break_ties;
  feature_count_ = owned_.feature_count;
  vector_count_ = owned_.support_vectors.size() / feature_count_;
  std::vector<float> panels((vector_count_ + kSvmPanel - 1) / kSvmPanel * kSvmPanel * feature_count_);
  for (std::size_t vector = 0; vector < vector_count_; ++vector) {
    float* panel = panels.data() + vector / kSvmPanel * feature_count_ * kSvmPanel + vector % kSvmPanel;
    for (std::size_t feature = 0; feature < feature_count_; ++feature)
      panel[feature * kSvmPanel] = owned_.support_vectors[vector * feature_count_ + feature];
  }
  owned_.support_vectors = std::move(panels);
  panels_ = owned_.support_vectors;
  coefficients_ = owned_.coefficients;
  intercepts_ = owned_.intercepts;
  class_begins_ = owned_.class_begins;
  certificates_ = owned_.certificates;
  scales_ = owned_.scales;
  sigmoids_ = owned_.sigmoids;
}

void Svm::make_weights() {
  if (kernel_.kind != KernelKind::kLinear) return;
  weights_.assign(pair_count() * feature_count_, 0.0);
  const auto add = [&](std::size_t pair, std::size_t row, std::size_t begin, std::size_t end) {
    double* weights = weights_.data() + pair * feature_count_;
    for (std::size_t vector = begin; vector < end; ++vector) {
      const double coefficient = coefficients_[row * vector_count_ + vector];
      if (coefficient == 0) continue;
      for (std::size_t feature = 0; feature < feature_count_; ++feature)
        weights[feature] += coefficient * static_cast<double>(support_value(vector, feature));
    }
  };
  if (is_regression()) return add(0, 0, 0, vector_count_);
  std::size_t pair = 0;
  for (std::size_t i = 0; i < class_count(); ++i) {
    for (std::size_t j = i + 1; j < class_count(); ++j, ++pair) {
      add(pair, j - 1, class_begins_[i], class_begins_[i + 1]);
      add(pair, i, class_begins_[j], class_begins_[j + 1]);
    }
  }
}

std::size_t Svm::byte_count() const noexcept {
  return sizeof(SvmHeader) + panels_.size_bytes() + coefficients_.size_bytes() + class_begins_.size_bytes() +
         intercepts_.size_bytes() + certificates_.size_bytes() + scales_.size_bytes() +
         sigmoids_.size_bytes();
}

std::vector<std::byte> Svm::to_bytes() const {
  SvmHeader header = {};
  header.layout_version = kSvmLayoutVersion;
  header.task = task_ == contract::Task::kClassification ? 0 : 1;
  header.feature_count = static_cast<std::uint32_t>(feature_count_);
  header.class_count = static_cast<std::uint32_t>(group_count());
  header.vector_count = vector_count_;
  header.kernel = static_cast<std::uint32_t>(kernel_.kind);
  header.degree = kernel_.degree;
  header.gamma = kernel_.gamma;
  header.coef0 = kernel_.coef0;
  header.decision_shape = static_cast<std::uint32_t>(shape_);
  header.break_ties = break_ties_ ? 1 : 0;
  header.is_scaled = scales_.empty() ? 0 : 1;
  header.has_probabilities = sigmoids_.empty() ? 0 : 1;
  std::vector<std::byte> out;
  out.reserve(byte_count());
  append_items(out, std::span<const SvmHeader>(&header, 1));
  append_items(out, scales_);
  append_items(out, panels_);
  append_items(out, coefficients_);
  append_items(out, class_begins_);
  append_items(out, intercepts_);
  append_items(out, certificates_);
  append_items(out, sigmoids_);
  return out;
}

Status Svm::check_shape() const {
  const std::size_t classes = group_count();
  if (classes == 0 || classes > kMostClasses || (classes == 1) != is_regression()) {
    return svm_broken("a classification needs at least two classes, a regression has one", "classes");
  }
  if (class_begins_.front() != 0 || class_begins_.back() != vector_count_ ||
      !std::is_sorted(class_begins_.begin(), class_begins_.end())) {
    return svm_broken("the classes do not cover the support vectors", "class begins");
  }
  if (coefficients_.size() != (std::max<std::size_t>(classes, 2) - 1) * vector_count_ ||
      intercepts_.size() != pairs_of(classes) || certificates_.size() != pairs_of(classes)) {
    return svm_broken("there is not one value for each pair of classes", "coefficients");
  }
  if ((!scales_.empty() && scales_.size() != feature_count_) ||
      (!sigmoids_.empty() && (is_regression() || sigmoids_.size() != pairs_of(classes)))) {
    return svm_broken("there is not one scale for each feature, or not one sigmoid for each pair", "scales");
  }
  if (break_ties_ && shape_ == DecisionShape::kOvo)
    return svm_broken("ovo decisions break no ties", "header");
  return {};
}

Status Svm::check_header_values() const {
  if (!(kernel_.gamma >= 0) || !std::isfinite(kernel_.gamma) || !std::isfinite(kernel_.coef0)) {
    return svm_broken("gamma or coef0 is no finite number in its range", "header");
  }
  if (kernel_.degree > kMostDegree) return svm_broken("degree is above 1000", "header");
  return {};
}

Status Svm::check_values() const {
  const std::size_t filled = vector_count_ % kSvmPanel;
  const std::size_t last = vector_count_ / kSvmPanel * feature_count_ * kSvmPanel;
  for (std::size_t i = 0; i < panels_.size(); ++i) {
    if (!std::isfinite(panels_[i])) return svm_broken("a support vector is not finite", "support vectors");
    if (i >= last && i % kSvmPanel >= filled && panels_[i] != 0) {
      return svm_broken("what fills the last panel up is not 0", "support vectors");
    }
  }
  if (!all_finite(coefficients_)) return svm_broken("a coefficient is not finite", "coefficients");
  if (!all_finite(intercepts_)) return svm_broken("an intercept is not finite", "intercepts");
  for (const SvmScale& scale : scales_) {
    if (!std::isfinite(scale.shift) || !std::isfinite(scale.factor))
      return svm_broken("a scale is not finite", "scales");
  }
  for (const SvmSigmoid& sigmoid : sigmoids_) {
    if (!std::isfinite(sigmoid.slope) || !std::isfinite(sigmoid.offset))
      return svm_broken("a sigmoid is not finite", "sigmoids");
  }
  return check_certificates();
}

Status Svm::check_certificates() const {
  for (const SvmCertificate& certificate : certificates_) {
    const double values[] = {certificate.tol, certificate.violation, certificate.primal, certificate.dual};
    if (certificate.stopped_by > SvmStop::kStalled || certificate.reserved != 0 || !all_finite(values) ||
        certificate.tol < 0 || certificate.violation < 0) {
      return svm_broken("a certificate holds a value that means nothing", "certificates");
    }
    if (certificate.stopped_by == SvmStop::kConverged && certificate.violation > certificate.tol) {
      return svm_broken("a certificate says converged, but its violation is above tol", "certificates");
    }
  }
  return {};
}

Status Svm::check() const {
  TRY(check_shape());
  TRY(check_header_values());
  return check_values();
}

}  // namespace archmlp::model
