#include "archmlp/train_stage/train_stage.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "archmlp/base/file.h"
#include "archmlp/base/hash.h"
#include "archmlp/base/rng.h"
#include "archmlp/base/version.h"
#include "archmlp/contract/dataset_contract.h"
#include "archmlp/predict/predictor.h"
#include "archmlp/table/csv_reader.h"

namespace archmlp::train_stage {
namespace {

namespace fs = std::filesystem;
using contract::ColumnKind;
using testing::AllOf;
using testing::HasSubstr;

constexpr std::size_t kTrainRows = 300;
constexpr std::size_t kTestRows = 40;

void write(const fs::path& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }
std::string read(const fs::path& path) { return *base::read_text(path); }
void replace_in(const fs::path& path, const std::string& from, const std::string& to) {
  std::string text = read(path);
  const std::size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << path << " has no " << from;
  write(path, text.replace(at, from.size(), to));
}

struct Rows {
  std::vector<std::string> amount, count, flag, label;
};

/// The label follows amount and count with some noise; amount has gaps.
Rows make_rows(std::size_t row_count, std::uint64_t seed) {
  base::Rng rng(seed);
  Rows rows;
  for (std::size_t i = 0; i < row_count; ++i) {
    const double amount = static_cast<double>(rng.below(10000)) / 8.0 + 0.125;
    const auto count = rng.below(20);
    const bool is_positive = (amount > 600.0 || count > 15) != (rng.below(20) == 0);
    rows.amount.push_back(rng.below(10) == 0 ? "" : std::to_string(amount));
    rows.count.push_back(std::to_string(count));
    rows.flag.push_back(rng.below(2) == 0 ? "true" : "false");
    rows.label.push_back(is_positive ? "1" : "0");
  }
  return rows;
}

std::string csv_of(const std::vector<std::pair<std::string, std::vector<std::string>>>& columns) {
  std::string csv;
  for (std::size_t i = 0; i < columns.size(); ++i) csv += (i > 0 ? "," : "") + columns[i].first;
  csv += '\n';
  for (std::size_t row = 0; row < columns[0].second.size(); ++row) {
    for (std::size_t i = 0; i < columns.size(); ++i) csv += (i > 0 ? "," : "") + columns[i].second[row];
    csv += '\n';
  }
  return csv;
}

std::string x_csv(const Rows& rows) {
  return csv_of({{"amount", rows.amount}, {"count", rows.count}, {"flag", rows.flag}});
}

contract::DatasetContract example_contract() {
  contract::DatasetContract contract;
  contract.program_version = "0.1.0";
  contract.has_raw = true;
  contract.features.columns = {{"amount", ColumnKind::kReal, true, {""}},
                               {"count", ColumnKind::kInteger, false, {}},
                               {"flag", ColumnKind::kBoolean, false, {}}};
  contract.raw = contract.features;
  contract.raw.columns.push_back({"fraud", ColumnKind::kInteger, false, {}});
  contract.label = {.name = "fraud",
                    .kind = ColumnKind::kInteger,
                    .task = contract::Task::kClassification,
                    .classes = {std::int64_t{0}, std::int64_t{1}}};
  contract.inputs["data"] = std::string(64, 'd');
  return contract;
}

/// Seals the folder as it stands: hashes and row counts are those of its files.
void write_contract(const fs::path& folder, contract::DatasetContract contract) {
  for (const std::string_view name : contract::kDatasetFiles) {
    const std::size_t rows = name.find("train") != std::string_view::npos ? kTrainRows : kTestRows;
    contract.files[std::string(name)] = {.sha256 = *base::sha256_of_file(folder / name), .row_count = rows};
  }
  write(folder / contract::kContractFile, contract::to_text(contract));
}

fs::path write_dataset(const std::string& name) {
  const fs::path folder =
      fs::path(testing::TempDir()) / ("train_stage_" + std::to_string(::getpid()) + "_" + name);
  fs::remove_all(folder);
  fs::create_directories(folder);
  const Rows train = make_rows(kTrainRows, 1);
  const Rows test = make_rows(kTestRows, 2);
  write(folder / "x_train.csv", x_csv(train));
  write(folder / "y_train.csv", csv_of({{"fraud", train.label}}));
  write(folder / "x_test.csv", x_csv(test));
  write(folder / "y_test.csv", csv_of({{"fraud", test.label}}));
  write_contract(folder, example_contract());
  return folder;
}

TrainOptions options_for(const fs::path& folder) {
  TrainOptions options;
  options.x_train = folder / "x_train.csv";
  options.y_train = folder / "y_train.csv";
  options.out = folder / "out.archmlp";
  options.config.forest.n_estimators = 10;
  return options;
}

/// The error's text; "trained" if there was none. An error publishes nothing.
std::string outcome(const TrainOptions& options) {
  fs::remove(options.out);
  const auto report = run_train_stage(options);
  EXPECT_EQ(fs::exists(options.out), report.ok());
  return report.ok() ? "trained" : base::to_string(report.error());
}

std::vector<double> predict(const fs::path& model, const fs::path& x) {
  const auto bundle = bundle::Bundle::load(model);
  EXPECT_TRUE(bundle.ok()) << (bundle.ok() ? "" : base::to_string(bundle.error()));
  const predict::Predictor predictor(*bundle);
  const auto csv = table::read_csv_as(x, predictor.schema(predict::RecordForm::kPrepared), {});
  EXPECT_TRUE(csv.ok()) << (csv.ok() ? "" : base::to_string(csv.error()));
  return predictor.predict(csv->table, predict::RecordForm::kPrepared)->outputs;
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
}

TEST(TrainStage, TheContractTravelsIntoTheModel) {
  const fs::path folder = write_dataset("travels");
  TrainOptions options = options_for(folder);
  options.config.forest.oob_score = true;
  const auto report = run_train_stage(options);
  ASSERT_TRUE(report.ok()) << base::to_string(report.error());
  EXPECT_TRUE(report->has_contract);
  EXPECT_FALSE(report->task_was_guessed);
  EXPECT_EQ(report->row_count, kTrainRows);
  EXPECT_EQ(report->feature_count, 3U);
  EXPECT_GT(report->metrics["oob_score"].get<double>(), 0.8);

  const auto bundle = bundle::Bundle::load(options.out);
  ASSERT_TRUE(bundle.ok()) << base::to_string(bundle.error());
  EXPECT_EQ((*bundle)->sha256(), report->model_sha256);
  EXPECT_NE((*bundle)->plan(), nullptr);
  EXPECT_EQ((*bundle)->contract().label, example_contract().label);
  const nlohmann::ordered_json& lineage = (*bundle)->lineage();
  EXPECT_EQ(lineage["inputs"]["x_train"], *base::sha256_of_file(folder / "x_train.csv"));
  EXPECT_EQ(lineage["inputs"]["y_train"], *base::sha256_of_file(folder / "y_train.csv"));
  EXPECT_EQ(lineage["inputs"]["data"], std::string(64, 'd'));
  EXPECT_EQ(lineage["parameters"]["n_estimators"], 10);
  EXPECT_EQ(lineage["program_version"], base::program_version());
}

TEST(TrainStage, TheModelCarriesItsInputsDistributionAndACanary) {
  const fs::path folder = write_dataset("references");
  const TrainOptions options = options_for(folder);
  ASSERT_EQ(outcome(options), "trained");
  const auto bundle = bundle::Bundle::load(options.out).value();
  ASSERT_NE(bundle->reference(), nullptr);
  EXPECT_EQ(bundle->reference()->row_count(), kTrainRows);
  EXPECT_THAT(bundle->model_features(), testing::ElementsAre("amount", "count", "flag"));
  const Rows rows = make_rows(kTrainRows, 1);
  const auto gaps = static_cast<double>(std::count(rows.amount.begin(), rows.amount.end(), ""));
  EXPECT_EQ(bundle->reference()->bin_count(0), 11U);
  EXPECT_EQ(bundle->reference()->share(0, 10), gaps / kTrainRows);
  const auto flags = static_cast<double>(std::count(rows.flag.begin(), rows.flag.end(), "true"));
  EXPECT_EQ(bundle->reference()->input(2).marks, std::vector<float>{1});
  EXPECT_EQ(bundle->reference()->share(2, 1), flags / kTrainRows);
  ASSERT_NE(bundle->canary(), nullptr);
  EXPECT_EQ(bundle->canary()->row_count(), bundle::Canary::kMaxRows);
  EXPECT_TRUE(bundle->check_canary().ok());
}

TEST(TrainStage, OneRowGivesAReferenceAndNoCanary) {
  const fs::path folder = write_dataset("one_row");
  fs::remove(folder / contract::kContractFile);
  write(folder / "x_train.csv", "amount,count,flag\n1.5,2,true\n");
  write(folder / "y_train.csv", "fraud\n1\n");
  const TrainOptions options = options_for(folder);
  ASSERT_EQ(outcome(options), "trained");
  const auto bundle = bundle::Bundle::load(options.out).value();
  EXPECT_EQ(bundle->reference()->row_count(), 1U);
  EXPECT_EQ(bundle->canary(), nullptr);
}

TEST(TrainStage, TheFileDoesNotDependOnThreadsFolderOrRun) {
  std::vector<std::string> hashes;
  for (const int threads : {1, 2, 4, 2}) {
    const fs::path folder = write_dataset("run" + std::to_string(hashes.size()));
    TrainOptions options = options_for(folder);
    options.thread_count = threads;
    ASSERT_EQ(outcome(options), "trained");
    hashes.push_back(*base::sha256_of_file(options.out));
  }
  EXPECT_THAT(hashes, testing::Each(hashes[0]));
}

TEST(TrainStage, TheSeedMatters) {
  const fs::path folder = write_dataset("seed");
  TrainOptions options = options_for(folder);
  ASSERT_EQ(outcome(options), "trained");
  const std::vector<double> first = predict(options.out, folder / "x_test.csv");
  options.config.forest.random_state = 1;
  ASSERT_EQ(outcome(options), "trained");
  EXPECT_FALSE(same_bits(first, predict(options.out, folder / "x_test.csv")));
}

TEST(TrainStage, ColumnsInAnotherOrderGiveTheSamePredictions) {
  const fs::path folder = write_dataset("order");
  fs::remove(folder / contract::kContractFile);
  TrainOptions options = options_for(folder);
  ASSERT_EQ(outcome(options), "trained");
  const std::vector<double> expected = predict(options.out, folder / "x_test.csv");
  const Rows train = make_rows(kTrainRows, 1);
  const Rows test = make_rows(kTestRows, 2);
  write(options.x_train, csv_of({{"flag", train.flag}, {"count", train.count}, {"amount", train.amount}}));
  ASSERT_EQ(outcome(options), "trained");
  EXPECT_TRUE(same_bits(predict(options.out, folder / "x_test.csv"), expected));
  write(folder / "x_test.csv", csv_of({{"count", test.count}, {"amount", test.amount}, {"flag", test.flag}}));
  EXPECT_TRUE(same_bits(predict(options.out, folder / "x_test.csv"), expected));
}

struct BrokenContract {
  std::string name;
  std::function<void(const fs::path& folder)> spoil;
  std::vector<std::string> expected;
};
class BrokenContractTest : public testing::TestWithParam<BrokenContract> {};

TEST_P(BrokenContractTest, NamesComponentFileAndColumnAndPublishesNothing) {
  const fs::path folder = write_dataset("broken_" + GetParam().name);
  GetParam().spoil(folder);
  TrainOptions options = options_for(folder);
  write(options.out, "the model before");
  const auto report = run_train_stage(options);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code, base::ErrorCode::kContractBroken);
  EXPECT_EQ(report.error().component, "preprocess");
  for (const std::string& part : GetParam().expected) {
    EXPECT_THAT(base::to_string(report.error()), HasSubstr(part));
  }
  EXPECT_EQ(read(options.out), "the model before");
}

std::vector<BrokenContract> broken_contracts() {
  std::vector<BrokenContract> cases;
  for (const std::string_view file : contract::kDatasetFiles) {
    const std::string name(file);
    cases.push_back({"missing_" + name.substr(0, name.size() - 4),
                     [name](const fs::path& folder) { fs::remove(folder / name); },
                     {name, "missing", "run preprocess again; train needs all four CSV files"}});
    const bool is_x = name[0] == 'x';
    const std::string column = is_x ? "count" : "fraud";
    cases.push_back({"renamed_column_in_" + name.substr(0, name.size() - 4),
                     [=](const fs::path& folder) { replace_in(folder / name, column, column + "s"); },
                     {name, "column \"" + column + "\" is missing", "\"" + column + "s\" is there"}});
    cases.push_back({"edited_cell_in_" + name.substr(0, name.size() - 4),
                     [=](const fs::path& folder) {
                       std::string text = read(folder / name);
                       const std::size_t at = is_x ? text.find("true") : text.find("\n0\n") + 1;
                       write(folder / name, text.replace(at, is_x ? 4 : 1, is_x ? "false" : "1"));
                     },
                     {name, "changed after preprocessing wrote it"}});
  }
  const Rows rows = make_rows(kTrainRows, 1);
  cases.push_back({"removed_column",
                   [rows](const fs::path& folder) {
                     write(folder / "x_train.csv", csv_of({{"amount", rows.amount}, {"flag", rows.flag}}));
                   },
                   {"x_train.csv", "column \"count\" is missing"}});
  cases.push_back({"added_column",
                   [rows](const fs::path& folder) {
                     write(folder / "x_train.csv", csv_of({{"amount", rows.amount},
                                                           {"count", rows.count},
                                                           {"flag", rows.flag},
                                                           {"extra", rows.count}}));
                   },
                   {"x_train.csv", "column \"extra\" is there"}});
  cases.push_back({"retyped_column",
                   [](const fs::path& folder) { replace_in(folder / "x_train.csv", "true", "maybe"); },
                   {"x_train.csv", "column \"flag\" is text now; preprocessing wrote boolean"}});
  cases.push_back({"retyped_column_in_test",
                   [](const fs::path& folder) { replace_in(folder / "x_test.csv", "false", "0.5"); },
                   {"x_test.csv", "column \"flag\" is text now; preprocessing wrote boolean"}});
  cases.push_back({"columns_reordered",
                   [rows](const fs::path& folder) {
                     write(folder / "x_train.csv",
                           csv_of({{"flag", rows.flag}, {"amount", rows.amount}, {"count", rows.count}}));
                   },
                   {"x_train.csv", "another order"}});
  cases.push_back({"a_row_fewer",
                   [](const fs::path& folder) {
                     std::string text = read(folder / "y_train.csv");
                     text.erase(text.size() - 2);
                     write(folder / "y_train.csv", text);
                   },
                   {"y_train.csv", "the file has 299 rows; preprocessing wrote 300"}});
  cases.push_back({"ragged_row",
                   [](const fs::path& folder) { replace_in(folder / "x_train.csv", ",true\n", "\n"); },
                   {"x_train.csv:"}});
  cases.push_back({"edited_contract",
                   [](const fs::path& folder) {
                     replace_in(folder / "contract.json", "\"nullable\": false", "\"nullable\": true");
                   },
                   {"contract.json"}});
  cases.push_back({"old_contract",
                   [](const fs::path& folder) {
                     replace_in(folder / "contract.json", "\"contract_version\": 1",
                                "\"contract_version\": 0");
                   },
                   {"contract.json", "version 0"}});
  cases.push_back({"contract_is_no_json",
                   [](const fs::path& folder) { write(folder / "contract.json", "{"); },
                   {"contract.json"}});
  cases.push_back({"contract_of_other_columns",
                   [](const fs::path& folder) {
                     contract::DatasetContract contract = example_contract();
                     contract.features.columns[1].name = contract.raw.columns[1].name = "counts";
                     write_contract(folder, contract);
                   },
                   {"x_train.csv", "column \"counts\" is missing"}});
  cases.push_back({"steps_make_other_features",
                   [](const fs::path& folder) {
                     contract::DatasetContract contract = example_contract();
                     contract.raw.columns.push_back({"more", ColumnKind::kReal, false, {}});
                     write_contract(folder, contract);
                   },
                   {"contract.json", "the steps make 4 columns where the features are 3"}});
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Faults, BrokenContractTest, testing::ValuesIn(broken_contracts()),
                         [](const testing::TestParamInfo<BrokenContract>& fault) {
                           return fault.param.name;
                         });

TEST(TrainStage, FilesThatDoNotGoTogether) {
  const fs::path folder = write_dataset("mixed");
  TrainOptions options = options_for(folder);
  options.y_train = folder / "y_test.csv";
  EXPECT_THAT(outcome(options), HasSubstr("x_train.csv and y_test.csv do not go together"));
  std::swap(options.x_train, options.y_train = folder / "y_train.csv");
  EXPECT_THAT(outcome(options), HasSubstr("y_train.csv and x_train.csv do not go together"));
}

TEST(TrainStage, AnOutputThatCannotBeWrittenIsToldBeforeTheWork) {
  const fs::path folder = write_dataset("unwritable");
  TrainOptions options = options_for(folder);
  options.out = folder / "absent" / "model.archmlp";
  options.x_train = folder / "not_read.csv";
  EXPECT_THAT(outcome(options),
              AllOf(HasSubstr("absent/model.archmlp"), HasSubstr("cannot create the file")));
}

TEST(TrainStage, AContractThatSpeaksOfOtherFilesIsNotUsedAndThisIsSaid) {
  const fs::path folder = write_dataset("elsewhere");
  fs::create_directories(folder / "labels");
  fs::copy(folder / "y_train.csv", folder / "labels" / "y_train.csv");
  TrainOptions options = options_for(folder);
  options.y_train = folder / "labels" / "y_train.csv";
  const auto report = run_train_stage(options);
  ASSERT_TRUE(report.ok()) << base::to_string(report.error());
  EXPECT_FALSE(report->has_contract);
  EXPECT_THAT(report->warnings, testing::ElementsAre(HasSubstr("contract.json was not used")));
}

/// x and y without a contract.
class CsvsAloneTest : public testing::Test {
 protected:
  fs::path folder_ = write_dataset("alone");
  TrainOptions options_ = options_for(folder_);
  void SetUp() override { fs::remove(folder_ / contract::kContractFile); }
};

TEST_F(CsvsAloneTest, MakeAModelWithAFeatureLevelContract) {
  const auto report = run_train_stage(options_);
  ASSERT_TRUE(report.ok()) << base::to_string(report.error());
  EXPECT_FALSE(report->has_contract);
  EXPECT_TRUE(report->task_was_guessed);
  EXPECT_EQ(report->task, contract::Task::kClassification);
  const auto bundle = bundle::Bundle::load(options_.out);
  ASSERT_TRUE(bundle.ok()) << base::to_string(bundle.error());
  EXPECT_EQ((*bundle)->plan(), nullptr);
  const contract::DatasetContract& contract = (*bundle)->contract();
  EXPECT_FALSE(contract.has_raw);
  EXPECT_EQ(contract.label.name, "fraud");
  EXPECT_EQ(contract.label.classes, (std::vector<contract::Value>{std::int64_t{0}, std::int64_t{1}}));
  EXPECT_EQ(contract.features.columns[1].kind, ColumnKind::kReal);  // fractions may come
  EXPECT_TRUE(contract.features.columns[0].nullable);
  EXPECT_FALSE(contract.features.columns[1].nullable);
}

TEST_F(CsvsAloneTest, WhatTheyMustBe) {
  std::string names = "name\n";
  for (int row = 0; row <= 10'000; ++row) names += "name " + std::to_string(row) + "\n";
  write(options_.x_train, names);
  std::string labels = "y\n";
  for (int row = 0; row <= 10'000; ++row) labels += row % 2 == 0 ? "1\n" : "0\n";
  write(options_.y_train, labels);
  EXPECT_THAT(outcome(options_), AllOf(HasSubstr("x_train.csv: column \"name\" holds 10,001 different texts"),
                                       HasSubstr("remove it if it identifies rows")));
  std::string few = "y\n";
  for (int row = 0; row < 300; ++row) few += row % 2 == 0 ? "1\n" : "0\n";
  write(options_.y_train, few);
  write(options_.x_train, "a\n1\n2\n");
  EXPECT_THAT(outcome(options_),
              AllOf(HasSubstr("x_train.csv has 2 rows"), HasSubstr("y_train.csv has 300")));
  write(options_.y_train, "y,z\n1,0\n0,1\n");
  EXPECT_THAT(outcome(options_), HasSubstr("y_train.csv: the file has 2 columns; one is expected"));
  write(options_.y_train, "a\n1\n0\n");
  EXPECT_THAT(outcome(options_), HasSubstr("the label \"a\" is one of the features"));
  write(options_.x_train, "a\n1\n2\n3\n");
  write(options_.y_train, "y\n1\nNA\n0\n");
  EXPECT_THAT(outcome(options_), HasSubstr("y_train.csv: row 2: column \"y\": the label is missing"));
  write(options_.x_train, "a\n1\n1e300\n3\n");
  write(options_.y_train, "y\n1\n0\n0\n");
  EXPECT_THAT(outcome(options_), HasSubstr("x_train.csv: row 2: column \"a\": 1e+300 is beyond"));
}

TEST_F(CsvsAloneTest, TextIsTakenAsCategories) {
  std::string x = "city,size\n", y = "y\n";
  for (int row = 0; row < 400; ++row) {
    x += "city " + std::to_string(row % 7) + "," + std::to_string(row % 50) + "\n";
    y += row % 7 == 1 || row % 7 == 4 ? "yes\n" : "no\n";
  }
  write(options_.x_train, x);
  write(options_.y_train, y);
  options_.config.forest.n_estimators = 5;
  ASSERT_EQ(outcome(options_), "trained");
  const auto bundle = bundle::Bundle::load(options_.out);
  ASSERT_TRUE(bundle.ok()) << base::to_string(bundle.error());
  EXPECT_EQ((*bundle)->categories().at("city").size(), 7U);
  const std::vector<double> shares = predict(options_.out, options_.x_train);
  ASSERT_EQ(shares.size(), 800U);
  for (std::size_t row = 0; row < 400; ++row) {
    const bool is_yes = row % 7 == 1 || row % 7 == 4;
    EXPECT_GT(shares[2 * row + (is_yes ? 1 : 0)], 0.5) << row;
  }
}

TEST_F(CsvsAloneTest, OneClassAloneIsSaid) {
  write(options_.x_train, "a\n1\n2\n3\n");
  write(options_.y_train, "y\nno\nno\nno\n");
  const auto report = run_train_stage(options_);
  ASSERT_TRUE(report.ok()) << base::to_string(report.error());
  EXPECT_THAT(report->warnings, testing::ElementsAre(HasSubstr("all rows have the label \"no\"")));
}

TEST_F(CsvsAloneTest, TheTaskIsGuessedOrGiven) {
  std::string x = "a\n", y = "price\n", names = "name\n";
  for (int row = 0; row < 60; ++row) {
    x += std::to_string(row) + "\n";
    y += std::to_string(row * 1.5) + "\n";
    names += row < 30 ? "low\n" : "high\n";
  }
  write(options_.x_train, x);
  write(options_.y_train, y);
  auto report = run_train_stage(options_);
  ASSERT_TRUE(report.ok()) << base::to_string(report.error());
  EXPECT_EQ(report->task, contract::Task::kRegression);
  const auto bundle = bundle::Bundle::load(options_.out);
  EXPECT_EQ((*bundle)->lineage()["parameters"]["criterion"], "squared_error");

  options_.config.task = contract::Task::kClassification;
  EXPECT_THAT(outcome(options_),
              AllOf(HasSubstr("1.5 is no class but a quantity"), HasSubstr("--task regression")));
  write(options_.y_train, names);
  options_.config.task = contract::Task::kRegression;
  EXPECT_THAT(outcome(options_), HasSubstr("is text: a regression needs numbers"));
  options_.config.task.reset();
  report = run_train_stage(options_);
  ASSERT_TRUE(report.ok()) << base::to_string(report.error());
  EXPECT_EQ(report->metrics["class_counts"]["high"], 30);
}

TEST_F(CsvsAloneTest, ClassWeightsMatchByValue) {
  using Weights = std::vector<std::pair<contract::Value, double>>;
  ASSERT_EQ(outcome(options_), "trained");
  const std::vector<double> plain = predict(options_.out, folder_ / "x_test.csv");
  options_.config.forest.class_weight = Weights{{std::int64_t{1}, 50.0}, {std::int64_t{0}, 1.0}};
  ASSERT_EQ(outcome(options_), "trained");
  const std::string weighted = *base::sha256_of_file(options_.out);
  EXPECT_FALSE(same_bits(predict(options_.out, folder_ / "x_test.csv"), plain));
  options_.config.forest.class_weight = Weights{{std::string("0"), 1.0}, {std::string("1"), 50.0}};
  ASSERT_EQ(outcome(options_), "trained");
  EXPECT_EQ(*base::sha256_of_file(options_.out), weighted);
  options_.config.forest.class_weight = Weights{{std::int64_t{2}, 1.0}};
  EXPECT_THAT(outcome(options_), HasSubstr("class_weight: \"2\" is none of the classes"));
}

TEST_F(CsvsAloneTest, UnknownModelsAndParametersOutOfRange) {
  options_.config.model = "forest";
  EXPECT_THAT(outcome(options_), HasSubstr("unknown model \"forest\""));
  options_.config.model = "random_forest";
  options_.config.forest.criterion = "entrpy";
  EXPECT_THAT(outcome(options_), HasSubstr("criterion"));
  options_.x_train = folder_ / "absent.csv";
  EXPECT_THAT(outcome(options_), HasSubstr("absent.csv"));
}

}  // namespace
}  // namespace archmlp::train_stage
