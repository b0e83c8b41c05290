#include "archmlp/preprocess/preprocess_stage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "archmlp/base/hash.h"
#include "archmlp/transform/plan.h"

namespace archmlp::preprocess {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class PreprocessStageTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        fs::path(::testing::TempDir()) / ("archmlp_preprocess_" + std::to_string(::getpid()) + "_" +
                                          ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }
  std::string read(const std::string& name) const {
    std::ifstream file(folder_ / name);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  std::vector<std::string> lines(const std::string& name) const {
    std::istringstream text(read(name));
    std::vector<std::string> result;
    for (std::string line; std::getline(text, line);) result.push_back(line);
    return result;
  }

  PreprocessOptions options(const std::string& recipe) const {
    PreprocessOptions result;
    auto parsed = contract::parse_recipe(recipe, "recipe.yaml");
    EXPECT_TRUE(parsed.ok()) << base::to_string(parsed.error());
    if (parsed.ok()) result.recipe = *std::move(parsed);
    result.recipe.folder = folder_;
    result.data = folder_ / "data.csv";
    result.out = folder_ / "prepared";
    return result;
  }
  PreprocessReport run(const std::string& recipe) const {
    auto report = run_preprocess_stage(options(recipe));
    EXPECT_TRUE(report.ok()) << base::to_string(report.error());
    return report.ok() ? *std::move(report) : PreprocessReport{};
  }
  /// Nothing may be published where something is wrong.
  std::string problem(const std::string& recipe) const {
    const auto report = run_preprocess_stage(options(recipe));
    EXPECT_FALSE(fs::exists(folder_ / "prepared"));
    return report.ok() ? "accepted" : base::to_string(report.error());
  }

  fs::path folder_;
};

// Sorted by time, the last three rows are the test rows of a time split.
constexpr const char* kPeople =
    "time,city,age,wage,id,y\n"
    "1,Rome,30,1.5,a,no\n"
    "2,Oslo,,2.5,b,yes\n"
    "3,Rome,50,,c,no\n"
    "4,Oslo,20,4.5,d,yes\n"
    "5,Rome,40,9.5,e,no\n"
    "6,Oslo,20,2.0,f,yes\n"
    "7,Bern,,1.0,g,no\n"
    "8,Oslo,99,7.0,h,yes\n"
    "9,Rome,10,,i,no\n";
constexpr const char* kTimeSplit = "split: {time_column: time, test_size: 0.33}\n";

TEST_F(PreprocessStageTest, PublishesTheFourFilesAndTheContract) {
  write("data.csv", kPeople);
  const PreprocessReport report =
      run("label: y\npreprocess: [{remove: [time, id, city]}]\n" + std::string(kTimeSplit));
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder_ / "prepared"))
    names.push_back(entry.path().filename());
  EXPECT_THAT(
      names, UnorderedElementsAre("x_train.csv", "x_test.csv", "y_train.csv", "y_test.csv", "contract.json"));
  EXPECT_EQ(read("prepared/x_train.csv"), "age,wage\n30,1.5\n,2.5\n50,\n20,4.5\n40,9.5\n20,2.0\n");
  EXPECT_EQ(read("prepared/x_test.csv"), "age,wage\n,1.0\n99,7.0\n10,\n");
  EXPECT_EQ(read("prepared/y_train.csv"), "y\nno\nyes\nno\nyes\nno\nyes\n");
  EXPECT_EQ(read("prepared/y_test.csv"), "y\nno\nyes\nno\n");
  EXPECT_EQ(report.rows_read, 9U);
  EXPECT_EQ(report.rows_filtered, 0U);
}

TEST_F(PreprocessStageTest, PromisesInTheContractWhatItWrote) {
  write("data.csv", kPeople);
  run("label: y\npreprocess: [{remove: [time, id]}, {impute: median}, one_hot: ]\nsplit: {seed: 7}\n");
  const auto contract = contract::contract_from_text(read("prepared/contract.json"), "contract.json");
  ASSERT_TRUE(contract.ok()) << base::to_string(contract.error());
  for (const auto& [name, record] : contract->files) {
    EXPECT_EQ(record.sha256, base::sha256_hex(read("prepared/" + name))) << name;
    EXPECT_EQ(record.row_count + 1, lines("prepared/" + name).size()) << name;
  }
  EXPECT_EQ(contract->files.size(), 4U);
  EXPECT_EQ(contract->files.at("x_test.csv").row_count, 3U);
  EXPECT_EQ(contract->inputs.at("data"), base::sha256_hex(kPeople));
  EXPECT_EQ(contract->seed, 7U);
  EXPECT_EQ(contract->label.classes, (std::vector<contract::Value>{std::string("no"), std::string("yes")}));
  EXPECT_THAT(contract->raw.names(), ElementsAre("time", "city", "age", "wage", "id", "y"));

  contract::Schema input = contract->raw;
  input.columns.pop_back();
  const auto steps = transform::steps_from_json(contract->steps);
  ASSERT_TRUE(steps.ok());
  const auto plan = transform::Plan::bind(*steps, input);
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->output().names(), contract->features.names());
}

TEST_F(PreprocessStageTest, FitsOnTrainingRowsOnly) {
  write("data.csv", kPeople);
  const PreprocessReport report =
      run("label: y\npreprocess:\n- impute: {columns: [age], strategy: median}\n"
          "- impute: {columns: [wage], strategy: mean}\n- one_hot: [city]\n- remove: [time, id]\n" +
          std::string(kTimeSplit));
  // Training ages 30, 50, 20, 40, 20: 30. Wages 1.5, 2.5, 4.5, 9.5, 2.0: 4.0. Bern is in test rows only.
  EXPECT_EQ(read("prepared/x_test.csv"),
            "age,wage,city_Oslo,city_Rome\n30.0,1.0,0,0\n99.0,7.0,1,0\n10.0,4.0,0,1\n");
  EXPECT_THAT(report.unknown_categories, ElementsAre(std::pair("city", 1)));
}

TEST_F(PreprocessStageTest, FitsTheSameWhereverTheRemovalStands) {
  write("data.csv", kPeople);
  const std::string steps = "{impute: {columns: [age, wage], strategy: mean}}, {one_hot: [city]}";
  run("label: y\npreprocess: [{remove: [time, id]}, " + steps + "]\n" + kTimeSplit);
  const std::string first = read("prepared/x_test.csv");
  run("label: y\npreprocess: [" + steps + ", {remove: [time, id]}]\n" + kTimeSplit);
  EXPECT_EQ(read("prepared/x_test.csv"), first);
}

TEST_F(PreprocessStageTest, ImputesWithEveryStrategy) {
  write("data.csv", kPeople);
  const auto second_age = [&](const std::string& impute) {
    run("label: y\npreprocess: [{remove: [id, city, wage]}, {impute: " + impute + "}, {remove: [time]}]\n" +
        kTimeSplit);
    return lines("prepared/x_train.csv").at(2);
  };
  // Training ages: 30, missing, 50, 20, 40, 20.
  EXPECT_EQ(second_age("mean"), "32.0");
  EXPECT_EQ(second_age("median"), "30.0");
  EXPECT_EQ(second_age("most_frequent"), "20");
  EXPECT_EQ(second_age("{strategy: constant, fill_value: -1}"), "-1");
  EXPECT_EQ(second_age("{strategy: constant, fill_value: 0.5}"), "0.5");
  EXPECT_EQ(second_age("{strategy: median, columns: [age], missing_values: [20]}"), "40.0");
  EXPECT_EQ(second_age("{strategy: mean, columns: [age], missing_values: [20, 30]}"), "45.0");
}

TEST_F(PreprocessStageTest, ImputesTextWithTheMostFrequentAndTiesGoToTheSmallest) {
  write("data.csv", "t,c,y\n1,b,0\n2,a,1\n3,,0\n4,b,1\n5,a,0\n6,,1\n");
  run("label: y\npreprocess: [impute: most_frequent, one_hot: [c]]\nsplit: {time_column: t, test_size: "
      "0.17}\n");
  EXPECT_EQ(read("prepared/x_test.csv"), "t,c_a,c_b\n6,1,0\n");
}

TEST_F(PreprocessStageTest, RefusesToImputeWhatItCannot) {
  write("data.csv", "a,b,c,e,y\n1,x,true,,0\n2,,false,,1\n3,x,,,0\n4,z,true,,1\n5,z,true,,0\n");
  const auto impute = [&](const std::string& value) {
    return problem("label: y\npreprocess: [{impute: " + value + "}, {remove: [b, e]}]\n");
  };
  EXPECT_THAT(impute("{columns: [b], strategy: mean}"), HasSubstr("column \"b\" is text and has no mean"));
  EXPECT_THAT(impute("{columns: [c], strategy: median}"),
              HasSubstr("column \"c\" is boolean and has no median"));
  EXPECT_THAT(impute("{columns: [e], strategy: mean}"),
              HasSubstr("column \"e\" has no value in any training row"));
  EXPECT_THAT(impute("{columns: [a], strategy: constant, fill_value: x}"), HasSubstr("does not suit"));
  EXPECT_THAT(impute("{columns: [aa]}"),
              AllOf(HasSubstr("preprocess[0].impute.columns: there is no column \"aa\""),
                    HasSubstr("did you mean \"a\"")));
  EXPECT_THAT(impute("{columns: [a], missing_values: [unknown]}"), HasSubstr("could hold \"unknown\""));
}

TEST_F(PreprocessStageTest, EncodesIntegersAndBooleansByValue) {
  write("data.csv", "t,n,b,y\n1,10,true,0\n2,9,false,1\n3,10,,0\n4,-1,true,1\n5,9,true,0\n");
  run("label: y\npreprocess: [{one_hot: [n, b]}]\nsplit: {time_column: t, test_size: 0.2}\n");
  EXPECT_EQ(lines("prepared/x_train.csv").at(0), "t,n_-1,n_9,n_10,b_false,b_true");
  EXPECT_EQ(lines("prepared/x_train.csv").at(3), "3,0,0,1,0,0");
}

TEST_F(PreprocessStageTest, NamesTheTestRowWithAnUnknownCategory) {
  write("data.csv", kPeople);
  EXPECT_THAT(problem("label: y\npreprocess: [{filter: time != 1}, {remove: [id]},"
                      " {one_hot: {columns: [city], handle_unknown: error}}]\n" +
                      std::string(kTimeSplit)),
              AllOf(HasSubstr("preprocess[2].one_hot: row 7"), HasSubstr("\"Bern\"")));
}

TEST_F(PreprocessStageTest, DropsFilteredRowsAndKeepsTheFilterForTheModel) {
  write("data.csv", kPeople);
  const PreprocessReport report =
      run("label: y\npreprocess: [{filter: city != 'Bern'}, {remove: [id, city]}]\n");
  EXPECT_EQ(report.rows_filtered, 1U);
  EXPECT_EQ(report.contract.steps.size(), 2U);
  EXPECT_EQ(report.contract.steps[0]["kind"], "filter");
}

TEST_F(PreprocessStageTest, LetsAFilterLookAtTheLabelWhenFittingOnly) {
  write("data.csv", "t,y\n1,a\n2,\n3,b\n4,c\n5,a\n6,b\n7,a\n");
  const PreprocessReport report =
      run("label: y\npreprocess: [{filter: notnull(y)}, {filter: \"y != 'c' and t < 7\"}]\nsplit: "
          "{time_column: t}\n");
  EXPECT_EQ(report.rows_filtered, 3U);
  EXPECT_TRUE(report.contract.steps.empty());
  EXPECT_EQ(report.contract.label.classes,
            (std::vector<contract::Value>{std::string("a"), std::string("b")}));
}

TEST_F(PreprocessStageTest, DropsRowsWithMissingValuesAndSoDoesTheModel) {
  write("data.csv", kPeople);
  const PreprocessReport report =
      run("label: y\npreprocess: [drop_missing: [age], remove: [time, id, city, wage]]\n" +
          std::string(kTimeSplit));
  EXPECT_EQ(read("prepared/x_train.csv"), "age\n30\n50\n20\n40\n20\n");
  EXPECT_EQ(read("prepared/x_test.csv"), "age\n99\n10\n");
  EXPECT_EQ(report.rows_filtered, 2U);
  EXPECT_EQ(report.contract.steps[0]["kind"], "drop_missing");
}

TEST_F(PreprocessStageTest, DropsRowsWithoutALabelFromTheDataOnly) {
  write("data.csv", "x,y\n1,a\n2,\n3,b\n4,a\n5,b\n");
  const PreprocessReport report = run("label: y\npreprocess: [drop_missing: [y]]\nsplit: {test_size: 0.5}\n");
  EXPECT_EQ(report.rows_filtered, 1U);
  EXPECT_TRUE(report.contract.steps.empty());
}

TEST_F(PreprocessStageTest, DropsDuplicatesFromTheDataOnly) {
  write("data.csv", "t,x,y\n1,5,a\n2,5,a\n3,5,b\n4,,b\n5,,b\n6,7,a\n");
  const std::string split = "split: {time_column: t, test_size: 0.3}\n";
  const PreprocessReport first = run("label: y\npreprocess: [remove: t, drop_duplicates: ]\n" + split);
  EXPECT_EQ(read("prepared/x_train.csv") + read("prepared/x_test.csv"), "x\n5\n5\nNA\nx\n7\n");
  EXPECT_EQ(first.rows_filtered, 2U);
  EXPECT_EQ(first.contract.steps.size(), 1U);
  run("label: y\npreprocess: [drop_duplicates: {columns: [x, y], keep: last}]\n" + split);
  EXPECT_EQ(read("prepared/x_train.csv") + read("prepared/x_test.csv"), "t,x\n2,5\n3,5\n5,\nt,x\n6,7\n");
}

TEST_F(PreprocessStageTest, BalancesTrainingRowsOnly) {
  write("data.csv", "t,y\n1,a\n2,a\n3,b\n4,a\n5,a\n6,a\n7,b\n8,a\n");
  const std::string split = "split: {time_column: t, test_size: 0.25}\n";
  const PreprocessReport over = run("label: y\npreprocess: [sample: {balance: over}]\n" + split);
  EXPECT_EQ(read("prepared/x_train.csv"), "t\n1\n2\n3\n3\n3\n3\n3\n4\n5\n6\n");
  EXPECT_EQ(read("prepared/y_train.csv"), "y\na\na\nb\nb\nb\nb\nb\na\na\na\n");
  EXPECT_EQ(read("prepared/x_test.csv"), "t\n7\n8\n");
  EXPECT_EQ(over.rows_filtered, 0U);
  EXPECT_TRUE(over.contract.steps.empty());
  const PreprocessReport under = run("label: y\npreprocess: [sample: {balance: under}]\n" + split);
  EXPECT_EQ(lines("prepared/x_train.csv").size(), 3U);
  EXPECT_EQ(read("prepared/x_test.csv"), "t\n7\n8\n");
  EXPECT_EQ(under.rows_filtered, 4U);
}

TEST_F(PreprocessStageTest, DrawsRowsByShare) {
  std::string data = "t,y\n";
  for (int i = 0; i < 100; ++i) data += std::to_string(i) + (i % 4 == 0 ? ",a\n" : ",b\n");
  write("data.csv", data);
  run("label: y\npreprocess: [sample: {frac: 0.4, stratify: true}]\nsplit: {time_column: t, test_size: "
      "0.5}\n");
  const std::string labels = read("prepared/y_train.csv") + read("prepared/y_test.csv");
  EXPECT_EQ(std::count(labels.begin(), labels.end(), 'a'), 10);
  EXPECT_EQ(std::count(labels.begin(), labels.end(), 'b'), 30);
  fs::remove_all(folder_ / "prepared");
  EXPECT_THAT(problem("label: y\npreprocess: [sample: {n: 101}]\n"),
              HasSubstr("preprocess[0].sample.n: 101 rows cannot be drawn of 100"));
  EXPECT_THAT(problem("label: t\npreprocess: [sample: {balance: over}]\n"),
              HasSubstr("no classes to balance"));
}

TEST_F(PreprocessStageTest, TargetEncodingDoesNotTellTrainingRowsTheirOwnLabel) {
  std::string data = "t,id,y\n";
  for (int i = 0; i < 40; ++i)
    data += std::to_string(i) + ",p" + std::to_string(i) + (i % 2 == 0 ? ",a\n" : ",b\n");
  write("data.csv", data);
  const PreprocessReport report =
      run("label: y\npreprocess: [remove: t, target_encode: {columns: [id], smooth: 0, cv: 4}]\n"
          "split: {time_column: t, test_size: 0.25}\n");
  for (const std::string& line : lines("prepared/x_train.csv")) {
    if (line == "id") continue;
    EXPECT_NEAR(std::stod(line), 0.5, 0.1);  // what the other folds have on average
  }
  for (const std::string& line : lines("prepared/x_test.csv"))
    EXPECT_TRUE(line == "id" || line == "0.5") << line;
  const auto& encodings = report.contract.steps[1]["columns"][0]["encodings"];
  EXPECT_EQ(encodings[0], 0.0);  // p0, in the model
  EXPECT_EQ(encodings[1], 1.0);  // p1
}

TEST_F(PreprocessStageTest, ImputesByGroupAndMarksWhatWasMissing) {
  write("data.csv", kPeople);
  run("label: y\npreprocess:\n- impute: {columns: [age, wage], strategy: median, group_by: city, "
      "add_indicator: true}\n"
      "- remove: [time, id, city]\n" +
      std::string(kTimeSplit));
  // Training ages in Oslo 20, 20; in all 30. Training wages in Rome 1.5, 9.5. Bern is in test rows only.
  EXPECT_EQ(read("prepared/x_train.csv"),
            "age,wage,age_missing,wage_missing\n30.0,1.5,0,0\n20.0,2.5,1,0\n50.0,5.5,0,1\n20.0,4.5,0,0\n"
            "40.0,9.5,0,0\n20.0,2.0,0,0\n");
  EXPECT_EQ(read("prepared/x_test.csv"),
            "age,wage,age_missing,wage_missing\n30.0,1.0,1,0\n99.0,7.0,0,0\n10.0,5.5,0,1\n");
}

TEST_F(PreprocessStageTest, NamesTheRowThatHasNoLogarithm) {
  write("data.csv", "x,y\n1,a\n0,b\n3,a\n4,b\n");
  EXPECT_THAT(problem("label: y\npreprocess: [log: x]\n"),
              HasSubstr("row 2: column \"x\": 0.0 has no logarithm, only numbers > 0 do. Hint: use log1p"));
}

TEST_F(PreprocessStageTest, RefusesLeaksAndStepsOnTheLabel) {
  write("data.csv", kPeople);
  const auto with_step = [&](const std::string& step) {
    return problem("label: y\npreprocess: [{" + step + "}]\n");
  };
  EXPECT_THAT(with_step("add_features: {z: y == 'yes'}"),
              AllOf(HasSubstr("preprocess[0].add_features"), HasSubstr("would tell the model the answer")));
  EXPECT_THAT(with_step("replace: {columns: [age], where: y == 'yes', with: 0}"), HasSubstr("the answer"));
  for (const char* step : {"remove: [y]", "impute: {columns: [y], strategy: most_frequent}", "one_hot: [y]",
                           "rename: {y: z}", "rename: {age: y}", "add_features: {y: age + 1}",
                           "replace: {columns: [y], where: age > 1, with: a}"}) {
    EXPECT_THAT(with_step(step), HasSubstr("\"y\" is the label: a step cannot change")) << step;
  }
}

TEST_F(PreprocessStageTest, CountsMissingLabels) {
  write("data.csv", "a,y\n1,0\n2,\n3,1\n4,\n5,0\n");
  EXPECT_THAT(problem("label: y\n"), AllOf(HasSubstr("row 2: 2 of 5 rows have no label (column \"y\")"),
                                           HasSubstr("filter: notnull(`y`)")));
}

TEST_F(PreprocessStageTest, RefusesWhatCannotBeTrained) {
  write("data.csv", kPeople);
  EXPECT_THAT(problem("label: z\n"), HasSubstr("label: there is no column \"z\""));
  EXPECT_THAT(problem("label: y\npreprocess: [{remove: [id]}]\n"),
              AllOf(HasSubstr("column \"city\" is still text"), HasSubstr("one_hot: [city]")));
  EXPECT_THAT(problem("label: y\npreprocess: [{remove: [time, city, age, wage, id]}]\n"),
              HasSubstr("leave no feature"));
  EXPECT_THAT(problem("label: y\npreprocess: [{filter: age > 1000}]\n"), HasSubstr("no row is left"));
  EXPECT_THAT(problem("label: y\npreprocess: [{remove: [id, city]}, {filter: y == 'no'}]\n"),
              HasSubstr("same label, \"no\""));
  EXPECT_THAT(problem("label: y\npreprocess: [{filter: agee > 1}]\n"), HasSubstr("preprocess[0].filter"));
  EXPECT_THAT(problem("label: y\npreprocess: [{remove: [id, city]}]\ntrain: {task: regression}\n"),
              HasSubstr("regression needs numbers"));
  EXPECT_THAT(problem("label: wage\npreprocess: [{filter: notnull(wage)}, {remove: [id, city, y]}]\ntrain: "
                      "{task: classification}\n"),
              HasSubstr("quantity"));
  EXPECT_THAT(problem("label: y\nsplit: {time_column: tim}\npreprocess: [{remove: [id, city]}]\n"),
              HasSubstr("split.time_column: there is no column \"tim\""));
  EXPECT_THAT(problem("label: y\nsplit: {group_column: y}\npreprocess: [{remove: [id, city]}]\n"),
              HasSubstr("is the label"));
}

TEST_F(PreprocessStageTest, TestsOnAGivenFile) {
  write("data.csv", "a,c,y\n1,u,0\n2,v,1\n3,u,0\n");
  write("test.csv", "y,c,a\n1,w,\n0,v,7\n");
  const PreprocessReport report =
      run("label: y\npreprocess: [{impute: {columns: [a], strategy: mean}}, {one_hot: [c]}]\nsplit: "
          "{test_file: test.csv}\n");
  EXPECT_EQ(read("prepared/x_train.csv"), "a,c_u,c_v\n1.0,1,0\n2.0,0,1\n3.0,1,0\n");
  EXPECT_EQ(read("prepared/x_test.csv"), "a,c_u,c_v\n2.0,0,0\n7.0,0,1\n");
  EXPECT_EQ(read("prepared/y_test.csv"), "y\n1\n0\n");
  EXPECT_EQ(report.contract.inputs.count("test_data"), 1U);
  EXPECT_TRUE(report.contract.raw.columns[0].nullable);
}

TEST_F(PreprocessStageTest, ReadsTheTestFileAsTheDataAndNeverGuesses) {
  write("data.csv", "a,y\n1,0\n2,1\n3,0\n");
  write("test.csv", "a,y\nx,0\n");
  EXPECT_THAT(problem("label: y\nsplit: {test_file: test.csv}\n"),
              AllOf(HasSubstr("test.csv:2"), HasSubstr("\"a\"")));
  write("test.csv", "b,y\n1,0\n");
  EXPECT_THAT(problem("label: y\nsplit: {test_file: test.csv}\n"), HasSubstr("test.csv"));
}

TEST_F(PreprocessStageTest, WritesTheRawTestRowsInTheOrderOfXTest) {
  write("data.csv", kPeople);
  PreprocessOptions with_rows = options(
      "label: y\npreprocess: [{filter: time != 8}, {remove: [time, id, city]}]\nsplit: {time_column: "
      "time}\n");
  with_rows.test_rows_out = folder_ / "rows.csv";
  ASSERT_TRUE(run_preprocess_stage(with_rows).ok());
  EXPECT_EQ(read("rows.csv"), "time,city,age,wage,id,y\n7,Bern,,1.0,g,no\n9,Rome,10,,i,no\n");
  EXPECT_EQ(read("prepared/x_test.csv"), "age,wage\n,1.0\n10,\n");
}

TEST_F(PreprocessStageTest, RefusesTestRowsInsideThePreparedFolder) {
  write("data.csv", kPeople);
  PreprocessOptions with_rows = options("label: y\npreprocess: [{remove: [id, city]}]\n");
  with_rows.test_rows_out = folder_ / "prepared" / "rows.csv";
  const auto report = run_preprocess_stage(with_rows);
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(report.error().message, HasSubstr("cannot be written into the prepared folder"));
}

TEST_F(PreprocessStageTest, GivesTheSameBytesForAnyThreadsAndAnyColumnOrder) {
  std::string data = "a,b,c,y\n";
  std::string reordered = "y,c,b,a\n";
  for (int row = 0; row < 300; ++row) {
    const std::string a = std::to_string(row * 37 % 101);
    const std::string b = row % 7 == 0 ? "" : std::to_string(row % 13) + ".5";
    const std::string c(1, static_cast<char>('p' + row % 5));
    const std::string y = row % 3 == 0 ? "no" : "yes";
    data += a + "," + b + "," + c + "," + y + "\n";
    reordered += y + "," + c + "," + b + "," + a + "\n";
  }
  const std::string recipe =
      "label: y\npreprocess: [impute: median, one_hot: [c]]\nsplit: {stratify: true, seed: 3}\n";
  write("data.csv", data);
  PreprocessOptions single = options(recipe);
  single.thread_count = 1;
  ASSERT_TRUE(run_preprocess_stage(single).ok());
  const std::string x_test = read("prepared/x_test.csv");
  const std::string y_test = read("prepared/y_test.csv");
  const std::string contract = read("prepared/contract.json");
  single.thread_count = 4;
  ASSERT_TRUE(run_preprocess_stage(single).ok());
  EXPECT_EQ(read("prepared/x_test.csv"), x_test);
  EXPECT_EQ(read("prepared/contract.json"), contract);
  write("data.csv", reordered);
  run(recipe);
  EXPECT_EQ(read("prepared/y_test.csv"), y_test);
  EXPECT_EQ(lines("prepared/x_test.csv").size(), 91U);
}

TEST_F(PreprocessStageTest, LeavesThePreviousOutputWhereARunFails) {
  write("data.csv", kPeople);
  run("label: y\npreprocess: [{remove: [id, city]}]\n");
  const std::string before = read("prepared/contract.json");
  EXPECT_FALSE(run_preprocess_stage(options("label: y\npreprocess: [{remove: [id]}]\n")).ok());
  EXPECT_EQ(read("prepared/contract.json"), before);
}

}  // namespace
}  // namespace archmlp::preprocess
