#include <gmock/gmock.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>

#include "archmlp/base/hash.h"
#include "archmlp/base/rng.h"
#include "archmlp/bundle/bundle.h"
#include "archmlp/predict/predictor.h"
#include "archmlp/table/csv_reader.h"
#include "archmlp/train_stage/train_stage.h"

namespace archmlp::train_stage {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Two classes that a circle parts, in features "a" and "b"; "b" is `spread` times as wide.
class SvmStageTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / ("svm_stage_" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    options_.x_train = folder_ / "x.csv";
    options_.y_train = folder_ / "y.csv";
    options_.out = folder_ / "model.archmlp";
    options_.config.model = "svm";
    write_rows(1, {"a", "b"});
  }
  void TearDown() override { fs::remove_all(folder_); }

  static void write(const fs::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
  }

  void write_rows(double spread, const std::vector<std::string>& order) {
    base::Rng rng(3);
    std::string x = order[0] + "," + order[1] + "\n", y = "side\n";
    for (int row = 0; row < 200; ++row) {
      const double a = 2 * rng.uniform() - 1, b = 2 * rng.uniform() - 1;
      const std::string first = std::to_string(a), second = std::to_string(spread * b);
      x += order[0] == "a" ? first + "," + second : second + "," + first;
      x += "\n";
      y += a * a + b * b < 0.6 ? "in\n" : "out\n";
    }
    write(options_.x_train, x);
    write(options_.y_train, y);
  }

  std::string outcome() {
    fs::remove(options_.out);
    const auto report = run_train_stage(options_);
    EXPECT_EQ(fs::exists(options_.out), report.ok());
    return report.ok() ? "trained" : base::to_string(report.error());
  }

  std::vector<double> predict(const fs::path& x) {
    const predict::Predictor predictor(bundle::Bundle::load(options_.out).value());
    const auto csv = table::read_csv_as(x, predictor.schema(predict::RecordForm::kPrepared), {}).value();
    return predictor.predict(csv.table, predict::RecordForm::kPrepared).value().outputs;
  }

  fs::path folder_;
  TrainOptions options_;
};

TEST_F(SvmStageTest, TrainsAndTellsHowGoodTheOptimumIs) {
  options_.x_test = options_.x_train;
  options_.y_test = options_.y_train;
  const auto report = run_train_stage(options_);
  ASSERT_TRUE(report.ok()) << base::to_string(report.error());
  EXPECT_EQ(report->kind, "svm");
  EXPECT_EQ(report->model["converged"], true);
  EXPECT_LE(report->model["violation"], report->model["tol"]);
  EXPECT_GE(report->metrics["validation"]["accuracy"], 0.95);
  EXPECT_EQ(report->model_sha256, *base::sha256_of_file(options_.out));
  EXPECT_THAT(report->warnings, IsEmpty());
  const auto bundle = bundle::Bundle::load(options_.out).value();
  EXPECT_EQ(bundle->model().kind(), "svm");
  EXPECT_EQ(bundle->lineage()["model"], "svm");
  EXPECT_EQ(bundle->lineage()["parameters"]["kernel"], "rbf");
  EXPECT_FALSE(bundle->lineage()["parameters"].contains("n_estimators"));
  ASSERT_NE(bundle->reference(), nullptr);
  EXPECT_EQ(bundle->reference()->row_count(), 200U);
  EXPECT_EQ(bundle->reference()->share(0, 3), 0.1);
  ASSERT_NE(bundle->canary(), nullptr);
  EXPECT_EQ(bundle->canary()->row_count(), bundle::Canary::kMaxRows);
  for (const double output : bundle->canary()->outputs()) EXPECT_TRUE(std::isfinite(output));
  EXPECT_TRUE(bundle->check_canary().ok());
}

TEST_F(SvmStageTest, TheFileDoesNotDependOnThreads) {
  options_.config.svm.probability = true;
  std::vector<std::string> hashes;
  for (const int threads : {1, 2, 3, 4}) {
    options_.thread_count = threads;
    ASSERT_EQ(outcome(), "trained");
    hashes.push_back(*base::sha256_of_file(options_.out));
  }
  EXPECT_THAT(hashes, testing::Each(hashes[0]));
}

TEST_F(SvmStageTest, ColumnsInAnotherOrderGiveTheSamePredictions) {
  ASSERT_EQ(outcome(), "trained");
  const std::vector<double> expected = predict(options_.x_train);
  write_rows(1, {"b", "a"});
  ASSERT_EQ(outcome(), "trained");
  EXPECT_EQ(predict(options_.x_train), expected);
}

TEST_F(SvmStageTest, FeaturesOfUnlikeScaleGetAWarningUnlessTheyAreScaled) {
  write_rows(1e6, {"a", "b"});
  auto report = run_train_stage(options_).value();
  EXPECT_THAT(report.warnings, ElementsAre(AllOf(HasSubstr("\"b\" spans"), HasSubstr("--scale"))));
  options_.config.svm.scale = true;
  report = run_train_stage(options_).value();
  EXPECT_THAT(report.warnings, IsEmpty());
  EXPECT_EQ(report.model["scaled"], true);
}

TEST_F(SvmStageTest, WhatStopsTooSoonIsMarked) {
  options_.config.svm.max_iter = 3;
  auto report = run_train_stage(options_).value();
  EXPECT_EQ(report.model["converged"], false);
  EXPECT_EQ(report.model["stopped_by"], "max_iter");
  EXPECT_TRUE(report.met_deadline);
  options_.config.svm.max_iter = -1;
  options_.max_time = 1e-9;
  report = run_train_stage(options_).value();
  EXPECT_EQ(report.model["stopped_by"], "max_time");
  EXPECT_FALSE(report.met_deadline);
  const auto bundle = bundle::Bundle::load(options_.out).value();
  EXPECT_EQ(bundle->model().summary()["converged"], false);
}

TEST_F(SvmStageTest, TakesNoMissingNumbers) {
  write(options_.x_train, "a,b\n1,2\n3,\n5,6\n7,8\n");
  write(options_.y_train, "y\nno\nyes\nno\nyes\n");
  EXPECT_THAT(outcome(), AllOf(HasSubstr("x.csv: row 2: column \"b\" is missing"), HasSubstr("impute")));
  write(options_.x_train, "a,b\n1,2\n3,4\n5,6\n7,8\n");
  ASSERT_EQ(outcome(), "trained");
  const predict::Predictor predictor(bundle::Bundle::load(options_.out).value());
  std::vector<table::Column> columns;
  columns.emplace_back("a", table::IntegerCells{.values = {1, 0}, .missing = {0, 1}});
  columns.emplace_back("b", table::IntegerCells{.values = {2, 4}, .missing = {}});
  const table::Table rows = table::Table::from_columns(std::move(columns)).value();
  const auto found = predictor.predict(rows, predict::RecordForm::kPrepared);
  ASSERT_FALSE(found.ok());
  EXPECT_THAT(base::to_string(found.error()), HasSubstr("row 2: column \"a\" is missing"));
}

TEST_F(SvmStageTest, TextCountsAsOneHotColumns) {
  base::Rng rng(4);
  const std::vector<std::string> towns = {"Aachen", "Bonn", "Celle", "Dresden"};
  std::string text = "size,town\n", one_hot = "size,town_Aachen,town_Bonn,town_Celle,town_Dresden\n",
              y = "y\n";
  for (int row = 0; row < 150; ++row) {
    const std::size_t town = rng.below(4);
    const std::string size = std::to_string(rng.uniform());
    text += size + "," + (row % 10 == 0 ? "" : towns[town]) + "\n";
    one_hot += size;
    for (std::size_t t = 0; t < 4; ++t) one_hot += t == town && row % 10 != 0 ? ",1" : ",0";
    one_hot += "\n";
    y += (town < 2) != (rng.below(8) == 0) ? "yes\n" : "no\n";
  }
  write(options_.y_train, y);
  for (const char* kernel : {"rbf", "linear", "poly", "sigmoid"}) {
    options_.config.svm.kernel = kernel;
    options_.config.svm.tol = 1e-7;
    write(options_.x_train, text);
    ASSERT_EQ(outcome(), "trained");
    const std::vector<double> found = predict(options_.x_train);
    write(options_.x_train, one_hot);
    ASSERT_EQ(outcome(), "trained");
    const std::vector<double> expected = predict(options_.x_train);
    for (std::size_t row = 0; row < found.size(); ++row)
      EXPECT_NEAR(found[row], expected[row], 1e-5) << kernel << " " << row;
  }
  // Numbers are scaled beside them; a town that training never saw is like none.
  options_.config.svm.scale = true;
  write(options_.x_train, text);
  ASSERT_EQ(outcome(), "trained");
  write(options_.x_train, "size,town\n0.25,\n0.25,Essen\n0.25,Bonn\n");
  const std::vector<double> found = predict(options_.x_train);
  EXPECT_EQ(found[0], found[1]);
  EXPECT_NE(found[0], found[2]);
}

TEST_F(SvmStageTest, RefusesWhatIsForForestsOrForClasses) {
  options_.oob_out = folder_ / "oob.csv";
  EXPECT_THAT(outcome(), HasSubstr("--oob-out is for forests"));
  options_.oob_out.reset();
  options_.warm_start = folder_ / "other.archmlp";
  EXPECT_THAT(outcome(), HasSubstr("--warm-start is for forests"));
  options_.warm_start.reset();
  options_.memory_limit = 1000;
  EXPECT_THAT(outcome(), HasSubstr("--cache-size"));
  options_.memory_limit = 0;
  write(
      options_.y_train, "y\n" + [] {
        std::string cells;
        for (int row = 0; row < 200; ++row) cells += std::to_string(row * 0.37) + "\n";
        return cells;
      }());
  options_.config.svm.probability = true;
  EXPECT_THAT(outcome(), HasSubstr("a regression has no probabilities"));
  options_.config.svm.probability = false;
  options_.config.svm.class_weight = contract::ClassWeight::kBalanced;
  EXPECT_THAT(outcome(), HasSubstr("a regression has no classes to weight"));
  options_.config.svm.class_weight = contract::ClassWeight::kNone;
  EXPECT_EQ(outcome(), "trained");
}

TEST_F(SvmStageTest, OneClassAloneIsRefused) {
  write(options_.x_train, "a\n1\n2\n3\n");
  write(options_.y_train, "y\nno\nno\nno\n");
  EXPECT_THAT(outcome(), HasSubstr("have the same label"));
}

}  // namespace
}  // namespace archmlp::train_stage
