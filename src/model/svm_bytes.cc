// The encoded form, and what is checked of it: contracts/model-format-svm.md.

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstring>

#include "archmlp/base/try.h"
#include "archmlp/model/forest.h"
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
constexpr std::size_t kMostWeightsPerByte = 4, kFewWeights = 1U << 20U;

constexpr std::uint32_t kBreakTies = 1, kScaled = 2, kProbabilities = 4, kCategories = 8, kAllFlags = 15;

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
  std::uint32_t flags;     // kBreakTies, …
  std::uint64_t reserved;  // zero
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
  if (header.task > 1 || header.decision_shape > 1 || header.flags > kAllFlags || header.reserved != 0) {
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
  svm->break_ties_ = (header.flags & kBreakTies) != 0;
  svm->feature_count_ = header.feature_count;
  svm->vector_count_ = static_cast<std::size_t>(header.vector_count);
  const std::uint64_t panels = (header.vector_count + kSvmPanel - 1) / kSvmPanel;
  const std::uint64_t rows = std::max<std::uint32_t>(header.class_count, 2) - 1;
  if (header.vector_count > rest.size() / rows)
    return svm_broken("a count is larger than the section", "header");
  const std::size_t pairs = pairs_of(header.class_count);
  const auto count_if = [&](std::uint32_t flag, std::size_t count) {
    return (header.flags & flag) != 0 ? count : 0;
  };
  // An even number of them, so that what follows stands at a multiple of 8 bytes.
  const std::size_t even_count = (std::size_t{header.feature_count} + 1) / 2 * 2;
  const auto counts =
      TRY(take_items<std::uint32_t>(kKind, rest, count_if(kCategories, even_count), "category counts"));
  if (counts.size() > header.feature_count && counts.back() != 0)
    return svm_broken("what fills the category counts up is not 0", "category counts");
  svm->category_counts_ = counts.first(count_if(kCategories, header.feature_count));
  svm->scales_ = TRY(take_items<SvmScale>(kKind, rest, count_if(kScaled, header.feature_count), "scales"));
  svm->panels_ =
      TRY(take_items<float>(kKind, rest, panels * header.feature_count * kSvmPanel, "support vectors"));
  svm->coefficients_ = TRY(take_items<double>(kKind, rest, rows * header.vector_count, "coefficients"));
  svm->class_begins_ =
      TRY(take_items<std::uint64_t>(kKind, rest, std::uint64_t{header.class_count} + 1, "class begins"));
  svm->intercepts_ = TRY(take_items<double>(kKind, rest, pairs, "intercepts"));
  svm->certificates_ = TRY(take_items<SvmCertificate>(kKind, rest, pairs, "certificates"));
  svm->sigmoids_ = TRY(take_items<SvmSigmoid>(kKind, rest, count_if(kProbabilities, pairs), "sigmoids"));
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
  category_counts_ = owned_.category_counts;
  scales_ = owned_.scales;
  sigmoids_ = owned_.sigmoids;
}

void Svm::make_weights() {
  if (kernel_.kind != KernelKind::kLinear || vector_count_ == 0) return;
  weight_begins_.assign(1, 0);
  for (std::size_t feature = 0; feature < feature_count_; ++feature)
    weight_begins_.push_back(weight_begins_.back() + std::max<std::size_t>(1, category_count(feature)));
  // Categories that a damaged file counts wrongly must not ask for more than its size accounts for.
  const std::size_t most = kMostWeightsPerByte * byte_count() + kFewWeights;
  if (weight_begins_.back() > most / pair_count()) return;
  weights_.assign(pair_count() * weight_begins_.back(), 0.0);
  const auto add = [&](std::size_t pair, std::size_t row, std::size_t begin, std::size_t end) {
    double* weights = weights_.data() + pair * weight_begins_.back();
    for (std::size_t vector = begin; vector < end; ++vector) {
      const double coefficient = coefficients_[row * vector_count_ + vector];
      if (coefficient == 0) continue;
      for (std::size_t feature = 0; feature < feature_count_; ++feature) {
        const float value = support_value(vector, feature);
        double* own = weights + weight_begins_[feature];
        if (category_count(feature) == 0) {
          own[0] += coefficient * static_cast<double>(value);
        } else if (value >= 0) {
          own[static_cast<std::size_t>(value)] += coefficient;
        }
      }
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
  const std::size_t even_count = (category_counts_.size() + 1) / 2 * 2;
  return sizeof(SvmHeader) + even_count * sizeof(std::uint32_t) + scales_.size_bytes() +
         panels_.size_bytes() + coefficients_.size_bytes() + class_begins_.size_bytes() +
         intercepts_.size_bytes() + certificates_.size_bytes() + sigmoids_.size_bytes();
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
  header.flags = (break_ties_ ? kBreakTies : 0) | (scales_.empty() ? 0 : kScaled) |
                 (sigmoids_.empty() ? 0 : kProbabilities) | (category_counts_.empty() ? 0 : kCategories);
  std::vector<std::byte> out;
  out.reserve(byte_count());
  append_items(out, std::span<const SvmHeader>(&header, 1));
  append_items(out, category_counts_);
  out.resize((out.size() + 7) / 8 * 8);
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
  if (!category_counts_.empty() && category_counts_.size() != feature_count_)
    return svm_broken("there is not one count of categories for each feature", "category counts");
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

/// Of categories a support vector holds a number of one, or -1; their scale changes nothing.
Status Svm::check_categories() const {
  for (std::size_t feature = 0; feature < category_counts_.size(); ++feature) {
    const std::uint32_t count = category_counts_[feature];
    if (count == 0) continue;
    if (count > kMaxCategories) return svm_broken("a feature has too many categories", "category counts");
    if (!scales_.empty() && (scales_[feature].shift != 0 || scales_[feature].factor != 1))
      return svm_broken("a feature of categories is scaled", "scales");
    for (std::size_t vector = 0; vector < vector_count_; ++vector) {
      const float value = support_value(vector, feature);
      if (known_category(value, count) != value)
        return svm_broken("a support vector holds a number that is no category", "support vectors");
    }
  }
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
  TRY(check_values());
  return check_categories();
}

}  // namespace archmlp::model
