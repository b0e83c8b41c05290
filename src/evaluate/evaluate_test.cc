#include "archmlp/evaluate/evaluate.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cmath>

#include <filesystem>
#include <fstream>
#include <string>

#include "archmlp/base/hash.h"
#include "archmlp/contract/dataset_contract.h"
#include "archmlp/model/forest.h"

namespace archmlp::evaluate {
namespace {

namespace fs = std::filesystem;
using contract::ColumnKind;
using testing::ElementsAre;
using testing::HasSubstr;

void write(const fs::path& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

constexpr std::uint32_t leaf(std::uint32_t row) { return model::ForestNode::kLeaf | row; }

class EvaluateTest : public testing::Test {
 protected:
  fs::path folder_ = fs::path(testing::TempDir()) / ("evaluate_test_" + std::to_string(::getpid()));
  EvaluateOptions options_{
      .model = folder_ / "m.archmlp", .x_test = folder_ / "x.csv", .y_test = folder_ / "y.csv"};
  contract::DatasetContract contract_;

  void SetUp() override {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    contract_.program_version = "0.1.0";
    contract_.features.columns = {{"a", ColumnKind::kReal, true, {""}}};
  }

  void save(model::ForestParts parts) {
    parts.feature_count = 1;
    const auto forest = model::Forest::from_parts(std::move(parts));
    ASSERT_TRUE(forest.ok()) << base::to_string(forest.error());
    bundle::BundleParts bundle;
    bundle.contract = contract_;
    bundle.model_features = {"a"};
    bundle.model = forest->get();
    bundle.lineage = {{"inputs", {{"x_train", std::string(64, 'a')}}}};
    ASSERT_TRUE(bundle::save_bundle(bundle, options_.model).ok());
  }
  /// a <= 1: 0.75 for the first class; a <= 2: even; else 0.75 for the second.
  void save_classifier() {
    contract_.label = {.name = "y",
                       .kind = ColumnKind::kInteger,
                       .task = contract::Task::kClassification,
                       .classes = {std::int64_t{0}, std::int64_t{1}}};
    model::ForestParts parts;
    parts.output_count = 2;
    parts.tree_begins = {0, 2};
    parts.nodes = {{1.0F, 0, leaf(0), 1}, {2.0F, 0, leaf(1), leaf(2)}};
    parts.leaf_values = {0.75, 0.25, 0.5, 0.5, 0.25, 0.75};
    save(std::move(parts));
  }
  void save_regression() {
    contract_.label = {
        .name = "y", .kind = ColumnKind::kReal, .task = contract::Task::kRegression, .classes = {}};
    model::ForestParts parts;
    parts.task = contract::Task::kRegression;
    parts.output_count = 1;
    parts.tree_begins = {0, 1};
    parts.nodes = {{1.0F, 0, leaf(0), leaf(1)}};
    parts.leaf_values = {10.0, 20.0};
    save(std::move(parts));
  }
  Evaluation evaluate() {
    auto evaluation = evaluate_files(options_);
    EXPECT_TRUE(evaluation.ok()) << (evaluation.ok() ? "" : base::to_string(evaluation.error()));
    return evaluation.ok() ? *std::move(evaluation) : Evaluation();
  }
  std::string error() {
    const auto evaluation = evaluate_files(options_);
    return evaluation.ok() ? "evaluated" : base::to_string(evaluation.error());
  }
};

// The expected values are scikit-learn's for y = 0 0 0 1 1 1 and p(1) = .25 .5 .75 .25 .75 .75 (predicted 0 0
// 1 0 1 1).
TEST_F(EvaluateTest, MetricsOfAClassifier) {
  save_classifier();
  write(options_.x_test, "a\n1\n2\n3\n0.5\n3\n9\n");
  write(options_.y_test, "y\n0\n0\n0\n1\n1\n1\n");
  const Evaluation evaluation = evaluate();
  EXPECT_EQ(evaluation.row_count, 6U);
  EXPECT_THAT(evaluation.confusion_matrix->counts, ElementsAre(2, 1, 1, 2));
  EXPECT_NEAR(*evaluation.cohen_kappa, 1.0 / 3.0, 1e-12);
  EXPECT_NEAR(*evaluation.accuracy, 2.0 / 3.0, 1e-12);
  EXPECT_NEAR(*evaluation.roc_auc, 5.5 / 9.0, 1e-12);
  EXPECT_TRUE(evaluation.warnings.empty()) << evaluation.warnings[0];

  const nlohmann::ordered_json json = to_json(evaluation);
  EXPECT_EQ(json["landis_koch"], "fair");
  EXPECT_EQ(json["confusion_matrix"], nlohmann::ordered_json::parse("[[2, 1], [1, 2]]"));
  EXPECT_EQ(json["classes"][1]["class"], 1);
  EXPECT_EQ(json["classes"][1]["support"], 3);
  EXPECT_NEAR(json["classes"][1]["precision"].get<double>(), 2.0 / 3.0, 1e-12);

  const std::string text = to_text(evaluation);
  EXPECT_THAT(text, testing::StartsWith("Cohen's kappa      0.3333 (fair)\n"));
  EXPECT_THAT(text, HasSubstr("  actual \\ predicted  0  1\n"
                              "  0                   2  1\n"
                              "  1                   1  2\n"));
}

TEST_F(EvaluateTest, UndefinedIsNullWithAWarning) {
  save_classifier();
  write(options_.x_test, "a\n1\n1\n");
  write(options_.y_test, "y\n0\n0\n");
  const Evaluation evaluation = evaluate();
  const nlohmann::ordered_json json = to_json(evaluation);
  EXPECT_TRUE(json["cohen_kappa"].is_null());
  EXPECT_TRUE(json["landis_koch"].is_null());
  EXPECT_TRUE(json["roc_auc"].is_null());
  EXPECT_EQ(json["accuracy"], 1.0);
  EXPECT_THAT(evaluation.warnings,
              testing::Contains(testing::AllOf(HasSubstr("roc_auc"), HasSubstr("no row is of class \"1\""))));
  EXPECT_THAT(to_text(evaluation), testing::StartsWith("Cohen's kappa      undefined\n"));
}

TEST_F(EvaluateTest, MetricsOfARegression) {
  save_regression();
  write(options_.x_test, "a\n0\n2\n");
  write(options_.y_test, "y\n13.0\n16.0\n");
  const Evaluation evaluation = evaluate();
  EXPECT_NEAR(*evaluation.root_mean_squared_error, std::sqrt(12.5), 1e-12);
  EXPECT_NEAR(*evaluation.mean_absolute_error, 3.5, 1e-12);
  EXPECT_NEAR(*evaluation.r2, 1.0 - 25.0 / 4.5, 1e-12);
  const nlohmann::ordered_json json = to_json(evaluation);
  EXPECT_TRUE(json.contains("r2"));
  EXPECT_FALSE(json.contains("accuracy"));
  EXPECT_THAT(to_text(evaluation), testing::StartsWith("RMSE  3.53553\n"));

  write(options_.y_test, "y\n13.0\n13.0\n");
  EXPECT_TRUE(to_json(evaluate())["r2"].is_null());
}

TEST_F(EvaluateTest, WhatDoesNotFitTheModel) {
  save_classifier();
  write(options_.x_test, "a\n1\n2\n");
  write(options_.y_test, "y\n0\n7\n");
  EXPECT_THAT(error(), HasSubstr("y.csv: row 2: column \"y\": \"7\" is none of the classes"));
  write(options_.y_test, "y\n0\n");
  EXPECT_THAT(error(), HasSubstr("has 2 rows"));
  write(options_.y_test, "y\n0\n1\n");
  write(options_.x_test, "b\n1\n2\n");
  EXPECT_THAT(error(), HasSubstr("\"a\""));
  options_.model = folder_ / "x.csv";
  EXPECT_THAT(error(), HasSubstr("not an ArchMLP model file"));
}

/// x_test.csv and y_test.csv with a contract beside them.
class EvaluateWithContractTest : public EvaluateTest {
 protected:
  void SetUp() override {
    EvaluateTest::SetUp();
    save_classifier();
    options_.x_test = folder_ / "x_test.csv";
    options_.y_test = folder_ / "y_test.csv";
    write(options_.x_test, "a\n1.0\n3.0\n");
    write(options_.y_test, "y\n0\n1\n");
  }
  void write_contract(const std::string& x_train_sha256) {
    for (const std::string_view name : contract::kDatasetFiles) {
      const fs::path path = folder_ / name;
      contract_.files[std::string(name)] = {
          .sha256 = fs::exists(path) ? *base::sha256_of_file(path) : std::string(64, 'a'), .row_count = 2};
    }
    contract_.files["x_train.csv"].sha256 = x_train_sha256;
    write(folder_ / contract::kContractFile, contract::to_text(contract_));
  }
};

TEST_F(EvaluateWithContractTest, NeedsOnlyTheFilesThatItReads) {
  write_contract(std::string(64, 'a'));
  EXPECT_TRUE(evaluate().warnings.empty());
}

TEST_F(EvaluateWithContractTest, AChangedFileIsABrokenContract) {
  write_contract(std::string(64, 'a'));
  write(options_.y_test, "y\n1\n1\n");
  EXPECT_THAT(error(), HasSubstr("contract broken by preprocess"));
  EXPECT_THAT(error(), HasSubstr("y_test.csv: the file was changed"));
}

TEST_F(EvaluateWithContractTest, AnotherPreparationOfTheSameFeaturesIsFlagged) {
  write_contract(std::string(64, 'b'));
  EXPECT_THAT(evaluate().warnings, testing::Contains(HasSubstr("another preparation")));
}

TEST_F(EvaluateWithContractTest, AnotherDatasetIsRefused) {
  contract_.features.columns[0].name = "b";
  write(options_.x_test, "b\n1.0\n3.0\n");
  write_contract(std::string(64, 'a'));
  EXPECT_THAT(error(), HasSubstr("this dataset is not the one of the model: it has no feature \"a\""));
}

}  // namespace
}  // namespace archmlp::evaluate
