#include "archmlp/pipeline/pipeline.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "archmlp/base/file.h"
#include "archmlp/base/hash.h"
#include "archmlp/base/rng.h"
#include "archmlp/predict/predict_file.h"
#include "archmlp/table/csv_reader.h"

namespace archmlp::pipeline {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// Rows with gaps, integers beyond 2^53, a category with a comma, one so rare that training may not see it,
/// and rows that the filter drops.
std::string raw_csv(std::size_t row_count) {
  base::Rng rng(11);
  const std::vector<std::string> kinds = {"0", "card", "\"cash, coins\"", ""};
  std::string csv = "id,amount,big,kind,fresh,bought\n";
  for (std::size_t row = 0; row < row_count; ++row) {
    const double amount = static_cast<double>(rng.below(100000)) / 100.0;
    const std::uint64_t kind = rng.below(kinds.size());
    const bool rare = rng.below(40) == 0;
    const bool bought = (amount > 500.0 || kind == 1) != (rng.below(20) == 0);
    csv += "c" + std::to_string(row);
    csv += rng.below(8) == 0 ? "," : "," + std::to_string(amount);
    csv += "," + std::to_string(9007199254740993 + rng.below(100000));
    csv += "," + (rare ? "rare" + std::to_string(row) : kinds[kind]);
    csv += rng.below(3) == 0 ? ",true" : ",false";
    csv += bought ? ",yes\n" : ",no\n";
  }
  return csv;
}

constexpr std::string_view kRecipe = R"(
data: raw.csv
label: bought
preprocess:
  - filter: amount != 3.5
  - remove: [id]
  - replace: {columns: [amount], where: amount > 990, with: -1}
  - add_features: {ratio: amount / 3 + big / 7}
  - impute: {columns: [amount], strategy: median}
  - one_hot: {columns: [kind]}
split: {test_size: 0.25, stratify: true, seed: 3}
train: {model: random_forest, n_estimators: 12, random_state: 5}
)";

struct FinishedRun {
  fs::path folder;
  RunReport report;
};

FinishedRun run_in(const std::string& name, int threads) {
  FinishedRun finished{
      .folder = fs::path(testing::TempDir()) / ("pipeline_" + std::to_string(::getpid()) + "_" + name),
      .report = {}};
  fs::remove_all(finished.folder);
  fs::create_directories(finished.folder);
  std::ofstream(finished.folder / "raw.csv", std::ios::binary) << raw_csv(1200);
  auto recipe = contract::parse_recipe(kRecipe, "recipe.yaml");
  EXPECT_TRUE(recipe.ok()) << (recipe.ok() ? "" : base::to_string(recipe.error()));
  recipe->folder = finished.folder;
  auto report = pipeline::run({.recipe = *recipe,
                               .data = {},
                               .out = finished.folder / "out",
                               .test_rows_out = finished.folder / "test_rows.csv",
                               .thread_count = threads});
  EXPECT_TRUE(report.ok()) << (report.ok() ? "" : base::to_string(report.error()));
  if (report.ok()) finished.report = *std::move(report);
  return finished;
}

std::string predict(const FinishedRun& finished, const fs::path& input, predict::RecordForm form) {
  const auto bundle = bundle::Bundle::load(finished.report.model);
  EXPECT_TRUE(bundle.ok()) << (bundle.ok() ? "" : base::to_string(bundle.error()));
  const predict::Predictor predictor(*bundle);
  std::string out;
  const auto sink = [&out](std::string_view bytes) {
    out += bytes;
    return base::Status();
  };
  const auto report = predict::predict_file(predictor, {.input = input, .form = form}, sink);
  EXPECT_TRUE(report.ok()) << (report.ok() ? "" : base::to_string(report.error()));
  return out;
}

/// The raw test rows as JSON lines, keys in the opposite order.
std::string json_lines_of(const fs::path& csv_path) {
  const auto csv = table::read_csv(csv_path, {});
  EXPECT_TRUE(csv.ok()) << (csv.ok() ? "" : base::to_string(csv.error()));
  std::string lines;
  for (std::size_t row = 0; row < csv->table.row_count(); ++row) {
    nlohmann::ordered_json record = nlohmann::ordered_json::object();
    for (std::size_t i = csv->table.columns().size(); i-- > 0;) {
      const table::Column& column = csv->table.column(i);
      record[column.name()] = contract::to_json(column.value(row));
    }
    lines += record.dump() + "\n";
  }
  return lines;
}

TEST(Pipeline, GoesFromCsvToAnEvaluatedModel) {
  const FinishedRun finished = run_in("whole", 2);
  EXPECT_GT(*finished.report.evaluation.cohen_kappa, 0.6);
  EXPECT_TRUE(finished.report.train.has_contract);
  EXPECT_TRUE(finished.report.evaluation.warnings.empty()) << finished.report.evaluation.warnings[0];
  for (const char* name :
       {"prepared/x_train.csv", "prepared/contract.json", "model.archmlp", "metrics.json"}) {
    EXPECT_TRUE(fs::exists(finished.folder / "out" / name)) << name;
  }
  const auto metrics =
      nlohmann::ordered_json::parse(*base::read_text(finished.folder / "out" / "metrics.json"));
  EXPECT_EQ(metrics["cohen_kappa"], *finished.report.evaluation.cohen_kappa);
  EXPECT_EQ(metrics["training"]["row_count"], finished.report.train.row_count);
  EXPECT_EQ(metrics["model_sha256"], *base::sha256_of_file(finished.folder / "out" / "model.archmlp"));
}

TEST(Pipeline, EqualBytesForAnyThreadsAndFolder) {
  const FinishedRun first = run_in("threads1", 1);
  for (const int threads : {2, 4}) {
    const FinishedRun other = run_in("threads" + std::to_string(threads), threads);
    for (const char* name :
         {"model.archmlp", "metrics.json", "prepared/contract.json", "prepared/x_train.csv"}) {
      EXPECT_EQ(*base::sha256_of_file(first.folder / "out" / name),
                *base::sha256_of_file(other.folder / "out" / name))
          << name << " with " << threads << " threads";
    }
  }
}

TEST(Pipeline, EveryFormOfATestRowGivesTheSameProbabilities) {
  const FinishedRun finished = run_in("forms", 2);
  const std::string expected =
      predict(finished, finished.folder / "out" / "prepared" / "x_test.csv", predict::RecordForm::kPrepared);
  EXPECT_EQ(std::count(expected.begin(), expected.end(), '\n'),
            static_cast<std::ptrdiff_t>(finished.report.evaluation.row_count) + 1);
  EXPECT_EQ(predict(finished, finished.folder / "test_rows.csv", predict::RecordForm::kRaw), expected);
  std::ofstream(finished.folder / "rows.jsonl", std::ios::binary)
      << json_lines_of(finished.folder / "test_rows.csv");
  EXPECT_EQ(predict(finished, finished.folder / "rows.jsonl", predict::RecordForm::kRaw), expected);
  EXPECT_FALSE(finished.report.preprocess.unknown_categories.empty())
      << "the test rows must hold unseen categories";
}

TEST(Pipeline, AFailedRunLeavesTheModelBefore) {
  const FinishedRun finished = run_in("failed", 1);
  const std::string before = *base::sha256_of_file(finished.report.model);
  auto recipe = contract::parse_recipe(kRecipe, "recipe.yaml");
  recipe->folder = finished.folder;
  recipe->label = "bougth";
  const auto report = pipeline::run({.recipe = *recipe, .data = {}, .out = finished.folder / "out"});
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(base::to_string(report.error()), HasSubstr("bougth"));
  EXPECT_EQ(*base::sha256_of_file(finished.report.model), before);
}

TEST(Pipeline, ARecipeWithoutDataNeedsSome) {
  auto recipe = contract::parse_recipe(kRecipe, "recipe.yaml");
  recipe->data.clear();
  const auto report =
      pipeline::run({.recipe = *recipe, .data = {}, .out = fs::path(testing::TempDir()) / "no_data"});
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(report.error().hint, HasSubstr("--data"));
}

}  // namespace
}  // namespace archmlp::pipeline
