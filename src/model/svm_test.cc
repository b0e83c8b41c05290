#include "archmlp/model/svm.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "archmlp/base/rng.h"
#include "archmlp/model/kernel_values.h"

namespace archmlp::model {
namespace {

using contract::Task;

constexpr SvmCertificate kGood = {.tol = 1e-3, .violation = 5e-4, .primal = 2, .dual = 1.9, .iterations = 7};

/// Support vectors and coefficients drawn at random; `per_class` vectors of each class.
SvmParts random_parts(std::size_t classes, std::size_t per_class, std::uint32_t features, Kernel kernel) {
  base::Rng rng(classes * 1000 + per_class);
  SvmParts parts;
  parts.task = classes == 1 ? Task::kRegression : Task::kClassification;
  parts.kernel = kernel;
  parts.feature_count = features;
  for (std::size_t c = 0; c <= classes; ++c) parts.class_begins.push_back(c * per_class);
  for (std::size_t i = 0; i < classes * per_class * features; ++i)
    parts.support_vectors.push_back(static_cast<float>(4 * rng.uniform() - 2));
  const std::size_t rows = std::max<std::size_t>(classes, 2) - 1;
  for (std::size_t i = 0; i < rows * classes * per_class; ++i)
    parts.coefficients.push_back(2 * rng.uniform() - 1);
  const std::size_t pairs = classes == 1 ? 1 : classes * (classes - 1) / 2;
  for (std::size_t i = 0; i < pairs; ++i) parts.intercepts.push_back(rng.uniform() - 0.5);
  parts.certificates.assign(pairs, kGood);
  return parts;
}

std::vector<float> random_points(std::size_t count, std::size_t features) {
  base::Rng rng(77);
  std::vector<float> rows;
  for (std::size_t i = 0; i < count * features; ++i)
    rows.push_back(static_cast<float>(4 * rng.uniform() - 2));
  return rows;
}

double kernel_by_definition(const Kernel& kernel, const float* a, const float* b, std::size_t count) {
  double dot = 0, distance = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto x = static_cast<double>(a[i]), z = static_cast<double>(b[i]);
    dot += x * z;
    distance += (x - z) * (x - z);
  }
  if (kernel.kind == KernelKind::kLinear) return dot;
  if (kernel.kind == KernelKind::kRbf) return std::exp(-kernel.gamma * distance);
  const double inner = kernel.gamma * dot + kernel.coef0;
  return kernel.kind == KernelKind::kPoly ? std::pow(inner, kernel.degree) : std::tanh(inner);
}

double pair_by_definition(const SvmParts& parts, std::size_t i, std::size_t j, std::size_t pair,
                          const float* row) {
  const std::size_t p = parts.feature_count, s = parts.support_vectors.size() / p;
  double sum = parts.intercepts[pair];
  for (const auto& [of, against] : {std::pair(i, j - 1), std::pair(j, i)}) {
    for (std::size_t v = parts.class_begins[of]; v < parts.class_begins[of + 1]; ++v) {
      sum += parts.coefficients[against * s + v] *
             kernel_by_definition(parts.kernel, parts.support_vectors.data() + v * p, row, p);
    }
  }
  return sum;
}

const std::vector<Kernel>& kernels() {
  static const std::vector<Kernel> all = {{.kind = KernelKind::kLinear},
                                          {.kind = KernelKind::kRbf, .gamma = 0.3},
                                          {.kind = KernelKind::kRbf, .gamma = 300},
                                          {.kind = KernelKind::kPoly, .gamma = 0.2, .coef0 = 1, .degree = 5},
                                          {.kind = KernelKind::kSigmoid, .gamma = 0.4, .coef0 = -0.5},
                                          {.kind = KernelKind::kSigmoid, .gamma = 90, .coef0 = 0}};
  return all;
}

TEST(Svm, DecidesByDefinition) {
  const std::vector<float> rows = random_points(67, 5);
  for (const Kernel& kernel : kernels()) {
    for (const std::size_t classes : {2, 3, 5}) {
      SvmParts parts = random_parts(classes, 7, 5, kernel);
      parts.shape = DecisionShape::kOvo;
      const auto svm = Svm::from_parts(parts).value();
      std::vector<double> out(67 * svm->output_count());
      ASSERT_TRUE(svm->predict(MatrixView::row_major(rows.data(), 67, 5), out, 2).ok());
      for (std::size_t row = 0; row < 67; ++row) {
        std::size_t pair = 0;
        for (std::size_t i = 0; i < classes; ++i) {
          for (std::size_t j = i + 1; j < classes; ++j, ++pair) {
            const double expected = pair_by_definition(parts, i, j, pair, rows.data() + row * 5);
            const double found = out[row * svm->output_count() + pair];
            EXPECT_NEAR(classes == 2 ? found : -found, expected, 1e-10 * (1 + std::abs(expected)));
          }
        }
      }
    }
  }
}

TEST(Svm, ARowAloneHasTheBitsThatItHasAmongOthers) {
  const std::vector<float> rows = random_points(130, 6);
  const auto svm = Svm::from_parts(random_parts(3, 9, 6, {.gamma = 0.2})).value();
  std::vector<double> batch(130 * 3), columns(130 * 3), one(3);
  ASSERT_TRUE(svm->predict(MatrixView::row_major(rows.data(), 130, 6), batch, 3).ok());
  std::vector<float> turned(rows.size());
  for (std::size_t row = 0; row < 130; ++row) {
    for (std::size_t col = 0; col < 6; ++col) turned[col * 130 + row] = rows[row * 6 + col];
  }
  ASSERT_TRUE(svm->predict(MatrixView::column_major(turned.data(), 130, 6), columns).ok());
  EXPECT_EQ(batch, columns);
  for (std::size_t row = 0; row < 130; ++row) {
    svm->predict_row(std::span(rows).subspan(row * 6, 6), one);
    for (std::size_t c = 0; c < 3; ++c) EXPECT_EQ(one[c], batch[row * 3 + c]);
  }
}

TEST(Svm, EveryInstructionSetGivesTheSameBits) {
  const std::vector<float> rows = random_points(9, 13);
  for (const Kernel& kernel : kernels()) {
    const auto svm = Svm::from_parts(random_parts(2, 21, 13, kernel)).value();
    std::vector<std::vector<double>> found;
    for (std::int64_t left = hwy::SupportedTargets(); left != 0;) {
      hwy::DisableTargets(~left);  // the best of those that are left is taken
      hwy::GetChosenTarget().DeInit();
      found.emplace_back(9);
      ASSERT_TRUE(svm->predict(MatrixView::row_major(rows.data(), 9, 13), found.back()).ok());
      left &= left - 1;
    }
    hwy::DisableTargets(0);
    hwy::GetChosenTarget().DeInit();
    for (const std::vector<double>& other : found) EXPECT_EQ(found[0], other);
  }
}

TEST(Svm, AMissingFeatureGivesNoDecision) {
  std::vector<float> rows = random_points(3, 4);
  rows[5] = std::numeric_limits<float>::quiet_NaN();
  const auto svm = Svm::from_parts(random_parts(2, 5, 4, {.gamma = 0.2})).value();
  std::vector<double> out(3);
  ASSERT_TRUE(svm->predict(MatrixView::row_major(rows.data(), 3, 4), out).ok());
  EXPECT_TRUE(std::isfinite(out[0]));
  EXPECT_TRUE(std::isnan(out[1]));
  EXPECT_TRUE(std::isfinite(out[2]));
}

TEST(Svm, VotesDecideAndTiesGoToTheFirstOrTheLargerDecision) {
  SvmParts parts = random_parts(3, 1, 2, {.kind = KernelKind::kLinear});
  parts.coefficients.assign(parts.coefficients.size(), 0.0);
  parts.intercepts = {-1, 0.5, -3};  // 0 beats 1, 2 beats 0, 1 beats 2: one vote each
  const std::vector<float> row = {0, 0};
  std::vector<double> out(3);
  for (const bool break_ties : {false, true}) {
    parts.break_ties = break_ties;
    const auto svm = Svm::from_parts(parts).value();
    svm->predict_row(row, out);
    EXPECT_DOUBLE_EQ(out[0], 1 + 0.5 / (3 * 1.5));
    EXPECT_DOUBLE_EQ(out[1], 1 + 2.0 / (3 * 3));
    EXPECT_DOUBLE_EQ(out[2], 1 - 2.5 / (3 * 3.5));
    EXPECT_EQ(svm->class_of(out), break_ties ? 1U : 0U);
  }
  parts.break_ties = false;
  parts.shape = DecisionShape::kOvo;
  parts.intercepts = {1, 0.5, 3};  // 2 has both of its votes
  const auto svm = Svm::from_parts(parts).value();
  svm->predict_row(row, out);
  EXPECT_EQ(out, (std::vector<double>{-1, -0.5, -3}));
  EXPECT_EQ(svm->class_of(out), 2U);
}

TEST(Svm, ScalesRowsBeforeAllElse) {
  SvmParts parts = random_parts(3, 6, 4, {.gamma = 0.3});
  const auto plain = Svm::from_parts(parts).value();
  parts.scales = {{1, 2}, {-0.5, 0.25}, {3, 0}, {0, 1}};
  const auto scaling = Svm::from_parts(parts).value();
  const std::vector<float> rows = random_points(9, 4);
  std::vector<float> scaled = rows;
  for (std::size_t i = 0; i < rows.size(); ++i) scaled[i] = parts.scales[i % 4].apply(rows[i]);
  std::vector<double> a(27), b(27), one(3);
  ASSERT_TRUE(plain->predict(MatrixView::row_major(scaled.data(), 9, 4), a).ok());
  ASSERT_TRUE(scaling->predict(MatrixView::row_major(rows.data(), 9, 4), b).ok());
  EXPECT_EQ(a, b);
  scaling->predict_row(std::span(rows).subspan(8, 4), one);
  EXPECT_EQ(one, std::vector<double>(b.begin() + 6, b.begin() + 9));
}

TEST(Svm, ProbabilitiesFollowTheDecisionsAndNeverChangeTheClass) {
  SvmParts parts = random_parts(2, 6, 3, {.gamma = 0.3});
  parts.sigmoids = {{.slope = -2, .offset = 5}};  // far from even: the second class has less than a half
  const auto two = Svm::from_parts(parts).value();
  EXPECT_EQ(two->outputs().decisions, 1U);
  EXPECT_EQ(two->outputs().probabilities, 2U);
  EXPECT_EQ(two->class_of(std::vector<double>{0.1, 0.9, 0.1}), 1U);
  const std::vector<float> rows = random_points(4, 3);
  std::vector<double> out(12);
  ASSERT_TRUE(two->predict(MatrixView::row_major(rows.data(), 4, 3), out).ok());
  for (std::size_t row = 0; row < 4; ++row) {
    EXPECT_NEAR(out[row * 3 + 2], 1 / (1 + std::exp(-2 * out[row * 3] + 5)), 1e-14);
    EXPECT_EQ(out[row * 3 + 1], 1 - out[row * 3 + 2]);
  }
  parts = random_parts(4, 5, 3, {.gamma = 0.3});
  parts.shape = DecisionShape::kOvo;
  parts.sigmoids.assign(6, {.slope = -1.5, .offset = 0.1});
  const auto four = Svm::from_parts(parts).value();
  EXPECT_EQ(four->output_count(), 10U);
  out.resize(40);
  ASSERT_TRUE(four->predict(MatrixView::row_major(rows.data(), 4, 3), out).ok());
  for (std::size_t row = 0; row < 4; ++row)
    EXPECT_NEAR(out[row * 10 + 6] + out[row * 10 + 7] + out[row * 10 + 8] + out[row * 10 + 9], 1, 1e-12);
}

// ---- bytes

std::vector<std::uint64_t> aligned(const std::vector<std::byte>& bytes) {
  std::vector<std::uint64_t> words((bytes.size() + 7) / 8);
  std::memcpy(words.data(), bytes.data(), bytes.size());
  return words;
}

base::Result<std::unique_ptr<const Svm>> load(const std::vector<std::uint64_t>& words, std::size_t size) {
  return Svm::from_bytes(std::as_bytes(std::span(words)).first(size));
}

TEST(SvmBytes, ReadBackAsTheyWereWritten) {
  const std::vector<float> rows = random_points(5, 3);
  for (const std::size_t classes : {1, 2, 4}) {
    SvmParts parts = random_parts(classes, 5, 3, kernels()[classes - 1]);
    if (classes > 1) parts.scales.assign(3, {.shift = 0.5, .factor = 2});
    if (classes > 2) parts.sigmoids.assign(6, {.slope = -1, .offset = 0.25});
    const auto svm = Svm::from_parts(parts).value();
    const std::vector<std::byte> bytes = svm->to_bytes();
    EXPECT_EQ(svm->summary()["bytes"], bytes.size());
    const std::vector<std::uint64_t> words = aligned(bytes);
    const auto loaded = load(words, bytes.size());
    ASSERT_TRUE(loaded.ok()) << to_string(loaded.error());
    EXPECT_EQ((*loaded)->to_bytes(), bytes);
    std::vector<double> a(5 * svm->output_count()), b = a;
    ASSERT_TRUE(svm->predict(MatrixView::row_major(rows.data(), 5, 3), a).ok());
    ASSERT_TRUE((*loaded)->predict(MatrixView::row_major(rows.data(), 5, 3), b).ok());
    EXPECT_EQ(a, b);
    EXPECT_EQ(svm->summary(), (*loaded)->summary());
  }
}

TEST(SvmBytes, AnyLengthButTheRightOneIsRefused) {
  const std::vector<std::byte> bytes = Svm::from_parts(random_parts(3, 3, 2, {})).value()->to_bytes();
  std::vector<std::uint64_t> words = aligned(bytes);
  words.push_back(0);
  for (std::size_t size = 0; size < bytes.size() + 8; ++size)
    EXPECT_EQ(load(words, size).ok(), size == bytes.size()) << size;
}

/// Whatever the bytes, the loader refuses them or the model decides without harm.
TEST(SvmBytes, NoChangedByteDoesHarm) {
  SvmParts parts = random_parts(3, 3, 2, {.gamma = 0.5});
  parts.scales.assign(2, {.shift = 0.5, .factor = 2});
  parts.sigmoids.assign(3, {.slope = -1, .offset = 0.25});
  const std::vector<std::byte> bytes = Svm::from_parts(parts).value()->to_bytes();
  const std::vector<std::uint64_t> good = aligned(bytes);
  const std::vector<float> row = {0.5F, -1};
  std::size_t refused = 0;
  for (std::size_t place = 0; place < bytes.size(); ++place) {
    for (const unsigned change : {0x01U, 0x80U, 0xFFU}) {
      std::vector<std::uint64_t> words = good;
      auto* changed = reinterpret_cast<unsigned char*>(words.data()) + place;
      *changed = static_cast<unsigned char>(*changed ^ change);
      const auto loaded = load(words, bytes.size());
      if (!loaded.ok()) {
        ++refused;
        continue;
      }
      std::vector<double> out((*loaded)->output_count());
      (*loaded)->predict_row(row, out);
      EXPECT_LT((*loaded)->class_of(out), 3U);
    }
  }
  EXPECT_GT(refused, 64U);
}

void expect_refused(SvmParts parts, const std::string& message) {
  const auto svm = Svm::from_parts(std::move(parts));
  ASSERT_FALSE(svm.ok()) << message;
  EXPECT_NE(to_string(svm.error()).find(message), std::string::npos) << to_string(svm.error());
}

TEST(SvmParts, WhatIsNotAsPromisedIsRefused) {
  const SvmParts good = random_parts(3, 3, 2, {.gamma = 0.5});
  SvmParts parts = good;
  parts.kernel.gamma = -1;
  expect_refused(parts, "gamma");
  parts = good;
  parts.support_vectors[3] = std::numeric_limits<float>::infinity();
  expect_refused(parts, "a support vector is not finite");
  parts = good;
  parts.coefficients[3] = std::nan("");
  expect_refused(parts, "a coefficient is not finite");
  parts = good;
  parts.coefficients.pop_back();
  expect_refused(parts, "one value for each pair");
  parts = good;
  parts.class_begins[1] = 8;
  expect_refused(parts, "do not cover");
  parts = good;
  parts.certificates[1].violation = 1;
  expect_refused(parts, "says converged, but");
  parts = good;
  parts.scales.assign(1, {});
  expect_refused(parts, "one scale for each feature");
  parts.scales.assign(2, {.shift = std::nan(""), .factor = 1});
  expect_refused(parts, "a scale is not finite");
  parts = good;
  parts.sigmoids.assign(2, {});
  expect_refused(parts, "one sigmoid for each pair");
  parts = good;
  parts.task = Task::kRegression;
  expect_refused(parts, "a regression has one");
}

}  // namespace
}  // namespace archmlp::model
