// The steps of a recipe, from CSV to CSV.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "archmlp/preprocess/stage_fixture.h"

namespace archmlp::preprocess {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class RecipeSteps : public PreprocessStageTest {};

TEST_F(RecipeSteps, DropsRowsWithMissingValuesAndSoDoesTheModel) {
  write("data.csv", kPeople);
  const PreprocessReport report =
      run("label: y\npreprocess: [drop_missing: [age], remove: [time, id, city, wage]]\n" +
          std::string(kTimeSplit));
  EXPECT_EQ(read("prepared/x_train.csv"), "age\n30\n50\n20\n40\n20\n");
  EXPECT_EQ(read("prepared/x_test.csv"), "age\n99\n10\n");
  EXPECT_EQ(report.rows_dropped, 2U);
  EXPECT_EQ(report.contract.steps[0]["kind"], "drop_missing");
}

TEST_F(RecipeSteps, DropsRowsWithoutALabelFromTheDataOnly) {
  write("data.csv", "x,y\n1,a\n2,\n3,b\n4,a\n5,b\n");
  const PreprocessReport report = run("label: y\npreprocess: [drop_missing: [y]]\nsplit: {test_size: 0.5}\n");
  EXPECT_EQ(report.rows_dropped, 1U);
  EXPECT_TRUE(report.contract.steps.empty());
  const PreprocessReport both =
      run("label: y\npreprocess: [drop_missing: [y, x]]\nsplit: {test_size: 0.5}\n");
  ASSERT_EQ(both.contract.steps.size(), 1U);
  EXPECT_EQ(both.contract.steps[0]["columns"], nlohmann::ordered_json::array({"x"}));
  fs::remove_all(folder_ / "prepared");
  EXPECT_THAT(problem("label: y\npreprocess: [drop_missing: {columns: [y, x], min_present: 0.5}]\n"),
              HasSubstr("the label \"y\" is not among what a record has"));
}

TEST_F(RecipeSteps, DropsDuplicatesFromTheDataOnly) {
  write("data.csv", "t,x,y\n1,5,a\n2,5,a\n3,5,b\n4,,b\n5,,b\n6,7,a\n");
  const std::string split = "split: {time_column: t, test_size: 0.3}\n";
  const PreprocessReport first = run("label: y\npreprocess: [remove: t, drop_duplicates: ]\n" + split);
  EXPECT_EQ(read("prepared/x_train.csv") + read("prepared/x_test.csv"), "x\n5\n5\nNA\nx\n7\n");
  EXPECT_EQ(first.rows_dropped, 2U);
  EXPECT_EQ(first.contract.steps.size(), 1U);
  run("label: y\npreprocess: [drop_duplicates: {columns: [x, y], keep: last}]\n" + split);
  EXPECT_EQ(read("prepared/x_train.csv") + read("prepared/x_test.csv"), "t,x\n2,5\n3,5\n5,\nt,x\n6,7\n");
}

TEST_F(RecipeSteps, BalancesTrainingRowsOnly) {
  write("data.csv", "t,y\n1,a\n2,a\n3,b\n4,a\n5,a\n6,a\n7,b\n8,a\n");
  const std::string split = "split: {time_column: t, test_size: 0.25}\n";
  const PreprocessReport over = run("label: y\npreprocess: [sample: {balance: over}]\n" + split);
  EXPECT_EQ(read("prepared/x_train.csv"), "t\n1\n2\n3\n3\n3\n3\n3\n4\n5\n6\n");
  EXPECT_EQ(read("prepared/y_train.csv"), "y\na\na\nb\nb\nb\nb\nb\na\na\na\n");
  EXPECT_EQ(read("prepared/x_test.csv"), "t\n7\n8\n");
  EXPECT_EQ(over.rows_dropped, 0U);
  EXPECT_TRUE(over.contract.steps.empty());
  const PreprocessReport under = run("label: y\npreprocess: [sample: {balance: under}]\n" + split);
  EXPECT_EQ(lines("prepared/x_train.csv").size(), 3U);
  EXPECT_EQ(read("prepared/x_test.csv"), "t\n7\n8\n");
  EXPECT_EQ(under.rows_dropped, 4U);
}

TEST_F(RecipeSteps, DrawsRowsByShare) {
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
              HasSubstr("step 1 (sample.n): 101 rows cannot be drawn of 100"));
  EXPECT_THAT(problem("label: t\npreprocess: [sample: {balance: over}]\n"),
              HasSubstr("no classes to balance"));
}

TEST_F(RecipeSteps, LeaveTheRowsOfAGivenTestFile) {
  write("data.csv", "x,y\n1,a\n1,a\n2,b\n3,b\n");
  write("test.csv", "x,y\n1,a\n1,a\n2,b\n");
  for (const std::string step : {"drop_duplicates: ", "sample: {n: 3}", "sample: {n: 3, stratify: true}"}) {
    run("label: y\npreprocess: [" + step + "]\nsplit: {test_file: test.csv}\n");
    EXPECT_EQ(read("prepared/x_test.csv"), "x\n1\n1\n2\n") << step;
    EXPECT_EQ(lines("prepared/x_train.csv").size(), 4U) << step;
  }
}

TEST_F(RecipeSteps, TargetEncodingDoesNotTellTrainingRowsTheirOwnLabel) {
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

TEST_F(RecipeSteps, ImputesByGroupAndMarksWhatWasMissing) {
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

TEST_F(RecipeSteps, CastSaysWhatATextOfNumbersMeans) {
  std::string data = "price,when,y\n";
  for (int day = 1; day <= 9; ++day) {
    data += (day == 4 ? std::string("n/k") : std::to_string(day)) + ",0" + std::to_string(day) + ".02.24," +
            (day % 2 == 0 ? "a\n" : "b\n");
  }
  write("data.csv", data);
  const PreprocessReport report =
      run("label: y\npreprocess:\n"
          "- cast: {columns: price, type: integer, errors: missing}\n"
          "- cast: {columns: when, type: date, format: '%d.%m.%y', unit: D}\n"
          "split: {time_column: when, test_size: 0.33}\n");
  EXPECT_EQ(read("prepared/x_train.csv"),
            "price,when\n1,19754\n2,19755\n3,19756\n,19757\n5,19758\n6,19759\n");
  EXPECT_THAT(report.warnings, ::testing::IsEmpty());
  fs::remove_all(folder_ / "prepared");
  EXPECT_THAT(problem("label: y\npreprocess: [cast: {columns: price, type: real}]\n"),
              HasSubstr("data.csv: row 4: column \"price\": expected a number, found \"n/k\""));
  EXPECT_THAT(problem("label: y\npreprocess: [cast: {columns: when, type: date, format: '%d.%q'}]\n"),
              HasSubstr("step 1 (cast.format): the format \"%d.%q\" has an unknown directive, %q"));
  EXPECT_THAT(problem("label: y\npreprocess: [replace: {columns: [when, y], map: {1: 2}}]\n"),
              HasSubstr("is the label"));
}

TEST_F(RecipeSteps, SplitsByTheTimeThatAStepHasTakenOut) {
  // As text and as a number, 01/12 comes first; it is the last day.
  write("data.csv",
        "when,code,x,y\n02/11/2024,20240211,1,a\n01/12/2024,20240112,2,b\n03/01/2024,20240301,3,a\n"
        "n/k,20240401,4,b\n04/05/2024,20240405,5,b\n05/10/2024,20240510,6,a\n");
  const std::string cast_when = "cast: {columns: when, type: date, format: '%d/%m/%Y', errors: missing}";
  const std::string cast_code = "cast: {columns: code, type: date, format: '%Y%d%m', unit: D}";
  const std::string split = "]\nsplit: {test_size: 0.4, time_column: ";
  for (const std::string& recipe : {"label: y\npreprocess: [" + cast_when +
                                        ", {filter: notnull(when)}, remove: [when, code]" + split + "when}\n",
                                    "label: y\npreprocess: [{filter: x != 4}, " + cast_code +
                                        ", remove: [when, code]" + split + "code}\n",
                                    // Once the rows are read:
                                    "label: y\npreprocess: [drop_duplicates: , " + cast_when +
                                        ", {filter: notnull(when)}, {filter: y != 'c'}, "
                                        "remove: [when, code]" +
                                        split + "when}\n",
                                    "label: y\npreprocess: [" + cast_when +
                                        ", {filter: notnull(when)}, rename: {when: then}, "
                                        "remove: [then, code]" +
                                        split + "when}\n"}) {
    run(recipe);
    EXPECT_EQ(read("prepared/x_train.csv"), "x\n3\n5\n6\n") << recipe;
    EXPECT_EQ(read("prepared/x_test.csv"), "x\n1\n2\n") << recipe;
  }
}

TEST_F(RecipeSteps, NamesTheCellThatHasNoPlaceInTime) {
  write("data.csv", "when,x,y\n2024-11-01,1,a\n,2,b\n2024-11-03T10:00+01:00,3,a\n03/11/2024,4,b\n");
  const std::string split = "\nsplit: {test_size: 0.4, time_column: when}\n";
  EXPECT_THAT(problem("label: y\npreprocess: [{filter: notnull(when)}, remove: when]" + split),
              AllOf(HasSubstr("data.csv: row 4: column \"when\": \"03/11/2024\" is no date"),
                    HasSubstr("split.time_column: "),
                    HasSubstr("`- cast: {columns: [when], type: date, format: \"%d/%m/%Y\"}`")));
  EXPECT_THAT(problem("label: y\npreprocess: [{filter: x < 4}, remove: when]" + split),
              HasSubstr("split.time_column: column \"when\": 1 rows have no value"));
}

TEST_F(RecipeSteps, NamesTheRowThatHasNoLogarithm) {
  write("data.csv", "x,y\n1,a\n0,b\n3,a\n4,b\n");
  EXPECT_THAT(problem("label: y\npreprocess: [log: x]\n"),
              HasSubstr("row 2: column \"x\": 0.0 has no logarithm, only numbers > 0 do. Hint: use log1p"));
}

/// Every step that learns or drops rows, over several blocks of rows, whatever is allowed to be in memory.
TEST_F(RecipeSteps, MemoryAndThreadsChangeNothing) {
  std::string data = "id,when,city,size,price,note,y\n";
  constexpr int kRows = 90'000;  // about three blocks
  for (int row = 0; row < kRows; ++row) {
    const int group = row * 7919 % 101;
    data += std::to_string(row) + "," + std::to_string(row / 10) + ",city " + std::to_string(group) + "," +
            (group == 3 ? "" : std::to_string(group * 1.25)) + "," + std::to_string(row * 31 % 1000) +
            ",a rather long note that fills the blocks," + (row * 17 % 29 < 11 ? "yes\n" : "no\n");
  }
  write("data.csv", data);
  const std::string recipe =
      "label: y\npreprocess:\n- filter: y != 'maybe' and price < 900\n- drop_duplicates: [when, y]\n"
      "- add_features: {each: price / (size + 1)}\n- impute: {columns: [size, each], strategy: median}\n"
      "- target_encode: {columns: [city]}\n- scale: {columns: [each]}\n- filter: price > 3\n"
      "- sample: {balance: under}\n- clip: {columns: [price], upper_quantile: 0.9}\n"
      "- one_hot: {columns: [note]}\n- remove: [id]\nsplit: {time_column: when, test_size: 0.3}\n";
  const auto files = [&](int threads, std::optional<std::size_t> memory) {
    PreprocessOptions wanted = options(recipe);
    wanted.thread_count = threads;
    wanted.memory = memory;
    wanted.test_rows_out = folder_ / "test_rows.csv";
    const auto report = run_preprocess_stage(wanted);
    EXPECT_TRUE(report.ok()) << base::to_string(report.error());
    std::string all = read("test_rows.csv");
    for (const char* name : {"x_train.csv", "y_train.csv", "x_test.csv", "y_test.csv", "contract.json"})
      all += read(std::string("prepared/") + name);
    return all;
  };
  const std::string expected = files(1, std::nullopt);
  EXPECT_GT(expected.size(), 100'000U);
  EXPECT_EQ(files(2, std::nullopt), expected);
  EXPECT_EQ(files(4, std::size_t{1} << 20U), expected);
  EXPECT_EQ(files(1, 1), expected);
}

}  // namespace
}  // namespace archmlp::preprocess
