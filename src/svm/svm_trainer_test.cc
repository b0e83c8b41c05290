#include "archmlp/svm/svm_trainer.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "archmlp/svm/test_data.h"
#include "archmlp/svm/time_budget.h"

namespace archmlp::svm {
namespace {

using contract::SvmParams;
using contract::Task;
using Json = nlohmann::ordered_json;

/// Labels with the memory that they show.
struct OwnedLabels {
  Task task = Task::kClassification;
  std::vector<contract::Value> classes;
  std::vector<std::uint32_t> indices;
  std::vector<double> values, weights;

  SvmLabels view() const {
    return {.task = task, .classes = classes, .class_indices = indices, .values = values, .weights = weights};
  }
};

std::vector<double> decisions_of(const model::Svm& svm, model::MatrixView x, int threads = 1) {
  std::vector<double> out(x.rows * svm.output_count());
  EXPECT_TRUE(svm.predict(x, out, threads).ok());
  return out;
}

// ---- what scikit-learn says: testdata/sklearn_golden.json, made by the script beside it

SvmParams params_of(const Json& given) {
  SvmParams params;
  params.tol = 1e-7;
  params.C = given.value("C", 1.0);
  params.kernel = given.value("kernel", "rbf");
  params.degree = given.value("degree", 3);
  params.coef0 = given.value("coef0", 0.0);
  params.epsilon = given.value("epsilon", 0.1);
  params.break_ties = given.value("break_ties", false);
  params.decision_function_shape = given.value("decision_function_shape", "ovr");
  if (given.contains("gamma")) {
    if (given["gamma"].is_number()) {
      params.gamma = given["gamma"].get<double>();
    } else {
      params.gamma = given["gamma"] == "auto" ? contract::Gamma::kAuto : contract::Gamma::kScale;
    }
  }
  if (!given.contains("class_weight")) return params;
  if (given["class_weight"].is_string()) {
    params.class_weight = contract::ClassWeight::kBalanced;
    return params;
  }
  std::vector<std::pair<contract::Value, double>> weights;
  for (const auto& [name, weight] : given["class_weight"].items())
    weights.emplace_back(std::int64_t{std::stoll(name)}, weight.get<double>());
  params.class_weight = weights;
  return params;
}

void expect_case(const Json& document, const Json& given) {
  const auto train_rows = document["train_rows"].get<std::size_t>();
  std::vector<float> x;
  for (const Json& row : document["x"]) {
    for (const Json& value : row) x.push_back(value.get<float>());
  }
  const std::size_t cols = document["x"][0].size(), rows = document["x"].size();
  const std::string label = given["label"];
  OwnedLabels labels;
  labels.task = label == "real" ? Task::kRegression : Task::kClassification;
  const std::int64_t class_count = label == "binary" ? 2 : label == "multiclass" ? 4 : 0;
  for (std::int64_t c = 0; c < class_count; ++c) labels.classes.emplace_back(c);
  for (std::size_t row = 0; row < train_rows; ++row) {
    const Json& value = document["labels"][label][row];
    if (label == "real") labels.values.push_back(value.get<double>());
    if (label != "real") labels.indices.push_back(value.get<std::uint32_t>());
    if (given.value("weights", false)) labels.weights.push_back(document["weights"][row].get<double>());
  }
  const auto fitted =
      fit_svm(model::MatrixView::row_major(x.data(), train_rows, cols), labels.view(), params_of(given));
  ASSERT_TRUE(fitted.ok()) << to_string(fitted.error());
  const model::Svm& svm = **fitted;
  EXPECT_NEAR(static_cast<double>(svm.support_vector_count()), given["support_vectors"].get<double>(), 1);
  // LIBSVM keeps kernel values as float: their rounding shows in its decisions, in proportion to C.
  const double tolerance = 1e-5 + 1e-6 * given.value("C", 1.0);
  const std::vector<double> found =
      decisions_of(svm, model::MatrixView::row_major(x.data() + train_rows * cols, rows - train_rows, cols));
  for (std::size_t row = 0; row < rows - train_rows; ++row) {
    const Json& expected = given["decisions"][row];
    const std::size_t outputs = svm.output_count();
    ASSERT_EQ(expected.is_array() ? expected.size() : 1, outputs);
    for (std::size_t i = 0; i < outputs; ++i) {
      const double value = expected.is_array() ? expected[i].get<double>() : expected.get<double>();
      EXPECT_NEAR(found[row * outputs + i], value, tolerance) << "row " << row << ", output " << i;
    }
    if (label == "real") continue;
    EXPECT_EQ(svm.class_of(std::span(found).subspan(row * outputs, outputs)),
              given["predictions"][row].get<std::size_t>());
  }
}

TEST(FitSvm, SaysWhatScikitLearnSays) {
  std::ifstream file(ARCHMLP_TESTDATA "/sklearn_golden.json");
  ASSERT_TRUE(file) << "testdata/sklearn_golden.json is missing";
  const Json document = Json::parse(file);
  ASSERT_GE(document["cases"].size(), 15U);
  for (const Json& given : document["cases"]) {
    Json shown = given;
    for (const char* key : {"decisions", "predictions"}) shown.erase(key);
    SCOPED_TRACE(shown.dump());
    expect_case(document, given);
  }
}

// ---- properties

OwnedLabels two_classes(const TestData& data) {
  OwnedLabels labels;
  labels.classes = {std::string("no"), std::string("yes")};
  for (const int sign : data.sign) labels.indices.push_back(sign > 0 ? 1 : 0);
  return labels;
}

TEST(FitSvm, SwappingTheClassesTurnsTheSignsAndNothingElse) {
  const TestData data = make_test_data(700, 6, true, 21);
  OwnedLabels labels = two_classes(data);
  const auto first = fit_svm(data.view(), labels.view(), {.C = 10}).value();
  for (std::uint32_t& index : labels.indices) index = 1 - index;
  const auto second = fit_svm(data.view(), labels.view(), {.C = 10}).value();
  const std::vector<double> a = decisions_of(*first, data.view());
  const std::vector<double> b = decisions_of(*second, data.view());
  for (std::size_t row = 0; row < data.rows(); ++row) EXPECT_NEAR(a[row], -b[row], 1e-12);
  std::vector<double> turned(first->coefficients().begin(), first->coefficients().end());
  std::vector<double> other(second->coefficients().begin(), second->coefficients().end());
  for (double& value : turned) value = -value;
  std::sort(turned.begin(), turned.end());
  std::sort(other.begin(), other.end());
  EXPECT_EQ(turned, other);
  EXPECT_EQ(first->intercepts()[0], -second->intercepts()[0]);
}

TEST(FitSvm, RowsWithoutWeightAreAbsent) {
  const TestData data = make_test_data(300, 5, true, 22);
  OwnedLabels labels = two_classes(data), fewer = labels;
  labels.weights.assign(data.rows(), 1.5);
  fewer.indices.clear();
  std::vector<float> x;
  for (std::size_t row = 0; row < data.rows(); ++row) {
    if (row % 4 == 1) {
      labels.weights[row] = 0;
      continue;
    }
    fewer.indices.push_back(labels.indices[row]);
    fewer.weights.push_back(1.5);
    x.insert(x.end(), data.x.begin() + static_cast<std::ptrdiff_t>(row * 5),
             data.x.begin() + static_cast<std::ptrdiff_t>(row * 5 + 5));
  }
  const SvmParams params = {.class_weight = contract::ClassWeight::kBalanced};
  const auto a = fit_svm(data.view(), labels.view(), params).value();
  const auto b =
      fit_svm(model::MatrixView::row_major(x.data(), x.size() / 5, 5), fewer.view(), params).value();
  EXPECT_EQ(a->to_bytes(), b->to_bytes());
}

TEST(FitSvm, ThreadsDoNotChangeABit) {
  const TestData data = make_test_data(900, 6, true, 23);
  OwnedLabels labels;
  labels.classes = {std::int64_t{0}, std::int64_t{1}, std::int64_t{2}};
  for (const double target : data.target) labels.indices.push_back(target < -0.3 ? 0 : target < 0.3 ? 1 : 2);
  const auto one = fit_svm(data.view(), labels.view(), {}, {.thread_count = 1}).value();
  for (const int threads : {2, 3, 4}) {
    const auto many = fit_svm(data.view(), labels.view(), {}, {.thread_count = threads}).value();
    EXPECT_EQ(one->to_bytes(), many->to_bytes());
    EXPECT_EQ(decisions_of(*one, data.view(), 1), decisions_of(*many, data.view(), threads));
  }
}

TEST(FitSvm, TheModelCarriesItsCertificate) {
  const TestData data = make_test_data(400, 6, true, 24);
  const OwnedLabels labels = two_classes(data);
  const SvmParams params = {.C = 5, .gamma = 0.2};
  const auto whole = fit_svm(data.view(), labels.view(), params).value();
  const model::SvmCertificate& certificate = whole->certificates()[0];
  EXPECT_EQ(certificate.stopped_by, model::SvmStop::kConverged);
  // Again from the model and the data: the primal at the model's decisions.
  const std::vector<double> decisions = decisions_of(*whole, data.view());
  double loss = 0, norm = 0;
  for (std::size_t row = 0; row < data.rows(); ++row)
    loss += 5 * std::max(0.0, 1 - data.sign[row] * decisions[row]);
  std::vector<float> vectors;
  for (std::size_t vector = 0; vector < whole->support_vector_count(); ++vector) {
    for (std::size_t feature = 0; feature < 6; ++feature)
      vectors.push_back(whole->support_value(vector, feature));
  }
  const std::vector<double> at_vectors =
      decisions_of(*whole, model::MatrixView::row_major(vectors.data(), whole->support_vector_count(), 6));
  for (std::size_t vector = 0; vector < whole->support_vector_count(); ++vector)
    norm += whole->coefficients()[vector] * (at_vectors[vector] - whole->intercepts()[0]);
  EXPECT_NEAR(certificate.primal, norm / 2 + loss, 1e-8 * certificate.primal);
  double alphas = 0;
  for (const double coefficient : whole->coefficients()) alphas += std::abs(coefficient);
  EXPECT_NEAR(certificate.dual, alphas - norm / 2, 1e-8 * certificate.primal);

  SvmParams few = params;
  few.max_iter = 20;
  const auto stopped = fit_svm(data.view(), labels.view(), few).value();
  EXPECT_EQ(stopped->certificates()[0].stopped_by, model::SvmStop::kMaxIter);
  EXPECT_EQ(stopped->summary()["converged"], false);
  EXPECT_EQ(stopped->summary()["stopped_by"], "max_iter");
}

/// Large numbers that hardly differ, as timestamps and prices are: what the model decides, and not only what
/// the solver had in hand, must be as good as the certificate says.
TEST(FitSvm, TheCertificateHoldsForTheModelFarFromZero) {
  TestData data = make_test_data(400, 4, true, 27);
  for (std::size_t i = 0; i < data.x.size(); ++i) data.x[i] = 300'000.0F + 1000.0F * data.x[i];
  const OwnedLabels labels = two_classes(data);
  for (const double c : {1e-6, 1.0, 1000.0}) {
    const auto svm = fit_svm(data.view(), labels.view(), {.C = c, .kernel = "linear"}).value();
    const model::SvmCertificate& certificate = svm->certificates()[0];
    EXPECT_TRUE(certificate.converged()) << c;
    const std::vector<double> decisions = decisions_of(*svm, data.view());
    double loss = 0;
    for (std::size_t row = 0; row < data.rows(); ++row)
      loss += c * std::max(0.0, 1 - data.sign[row] * decisions[row]);
    EXPECT_LE(loss, certificate.primal * (1 + 1e-6)) << c;
    EXPECT_EQ(svm->summary()["scaled"], false);
  }
}

TEST(FitSvm, SaysWhatIsAmissWithProbabilities) {
  const TestData data = make_test_data(200, 4, true, 28);
  OwnedLabels labels = two_classes(data);
  std::vector<std::string> warnings;
  ASSERT_TRUE(
      fit_svm(data.view(), labels.view(), {.probability = true, .max_iter = 5}, {.warnings = &warnings})
          .ok());
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_NE(warnings[0].find("probabilities are rough"), std::string::npos);
  warnings.clear();
  ASSERT_TRUE(fit_svm(data.view(), labels.view(), {.probability = true}, {.warnings = &warnings}).ok());
  EXPECT_TRUE(warnings.empty());
  // Rows twice with opposite labels: those held out are always said to be what their twins are.
  std::vector<float> twins = {1, 0, 0, 1, 1, 1, 0, 0};
  std::vector<float> x;
  OwnedLabels opposite;
  opposite.classes = labels.classes;
  for (std::uint32_t i = 0; i < 24; ++i) {
    x.insert(x.end(), twins.begin() + i % 4 * 2, twins.begin() + i % 4 * 2 + 2);
    opposite.indices.push_back(i / 4 % 2);
  }
  ASSERT_TRUE(fit_svm(model::MatrixView::row_major(x.data(), 24, 2), opposite.view(), {.probability = true},
                      {.warnings = &warnings})
                  .ok());
  EXPECT_EQ(warnings.size(), 1U);
}

TEST(TimeBudget, SharesTheTimeByWorkAndHandsOnWhatIsLeft) {
  using std::chrono::hours;
  const auto now = TimeBudget::Clock::now();
  TimeBudget time(now + hours(100), 10);
  const auto hours_until = [&](std::optional<TimeBudget::Clock::time_point> end) {
    return std::chrono::duration<double, std::ratio<3600>>(*end - now).count();
  };
  EXPECT_NEAR(hours_until(time.next(1)), 10, 0.1);
  EXPECT_NEAR(hours_until(time.next(3)), 100.0 / 3, 0.1);  // the first used none of its time
  EXPECT_NEAR(hours_until(time.next(6)), 100, 0.1);
  EXPECT_FALSE(TimeBudget(std::nullopt, 10).next(1).has_value());
}

// ---- what is refused

std::string error_of(const TestData& data, const OwnedLabels& labels, const SvmParams& params) {
  const auto fitted = fit_svm(data.view(), labels.view(), params);
  return fitted.ok() ? "" : to_string(fitted.error());
}

TEST(FitSvm, RefusesWhatItCannotTrainOn) {
  TestData data = make_test_data(20, 3, true, 25);
  const OwnedLabels labels = two_classes(data);
  EXPECT_NE(error_of(data, labels, {.C = 0}).find("C: expected a number > 0"), std::string::npos);
  EXPECT_NE(error_of(data, labels, {.kernel = "rbv"}).find("did you mean \"rbf\""), std::string::npos);
  EXPECT_NE(error_of(data, labels, {.gamma = -1.0}).find("gamma"), std::string::npos);
  EXPECT_NE(error_of(data, labels, {.tol = 0}).find("tol"), std::string::npos);
  EXPECT_NE(error_of(data, labels, {.max_iter = 0}).find("max_iter"), std::string::npos);
  EXPECT_NE(error_of(data, labels, {.decision_function_shape = "ovo", .break_ties = true}).find("break_ties"),
            std::string::npos);
  OwnedLabels one = labels, weightless = labels;
  one.indices.assign(20, 1);
  EXPECT_NE(error_of(data, one, {}).find("same label"), std::string::npos);
  weightless.weights.assign(20, 0.0);
  EXPECT_NE(error_of(data, weightless, {}).find("no rows with a weight"), std::string::npos);
  const auto weighted = [&](double first, double second) {
    return SvmParams{
        .C = 10,
        .class_weight = contract::ClassWeightList{{labels.classes[0], first}, {labels.classes[1], second}}};
  };
  EXPECT_NE(error_of(data, labels, weighted(0, 0)).find("no class has a weight"), std::string::npos);
  EXPECT_NE(error_of(data, labels, weighted(0, 1)).find("have the same label"), std::string::npos);
  EXPECT_NE(error_of(data, labels, weighted(1, 1e308)).find("C times the weight of a row"),
            std::string::npos);
  EXPECT_NE(error_of(data, labels, {.C = 1e300, .kernel = "linear"}).find("C times the weight"),
            std::string::npos);
  data.x[7] = std::nanf("");
  EXPECT_NE(error_of(data, labels, {}).find("row 3, feature 2: a feature is missing"), std::string::npos);
}

}  // namespace
}  // namespace archmlp::svm
