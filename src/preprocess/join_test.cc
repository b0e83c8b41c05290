// join, from CSV to CSV.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "archmlp/preprocess/stage_fixture.h"

namespace archmlp::preprocess {
namespace {

using ::testing::HasSubstr;

constexpr const char* kCities = "city,people,land\nRome,2873,IT\nOslo,709,NO\n,1,??\n";

class JoinTest : public PreprocessStageTest {
 protected:
  void SetUp() override {
    PreprocessStageTest::SetUp();
    write("data.csv", kPeople);
    write("cities.csv", kCities);
  }
  std::string problem_of(const std::string& join) const {
    return problem("label: y\npreprocess: [join: " + join + "]\n");
  }
};

TEST_F(JoinTest, TakesColumnsOfTheOtherFile) {
  const PreprocessReport report =
      run("label: y\npreprocess:\n- join: {file: cities.csv, on: city, columns: people}\n"
          "- remove: [time, id, city, wage, age]\n" +
          std::string(kTimeSplit));
  EXPECT_EQ(read("prepared/x_train.csv"), "people\n2873\n709\n2873\n709\n2873\n709\n");
  EXPECT_EQ(read("prepared/x_test.csv"), "people\nNA\n709\n2873\n");
  EXPECT_EQ(report.contract.inputs.at("join:cities.csv").size(), 64U);
  EXPECT_NE(report.contract.inputs.at("join:cities.csv"), report.contract.inputs.at("data"));
  EXPECT_EQ(report.contract.steps[0]["row_count"], 2);  // the one without a key is never found
}

TEST_F(JoinTest, InnerDropsRowsWithoutPartner) {
  const PreprocessReport report =
      run("label: y\npreprocess:\n"
          "- join: {file: cities.csv, on: city, how: inner, columns: people}\n"
          "- remove: [time, id, city, wage, age]\n" +
          std::string(kTimeSplit));
  EXPECT_EQ(report.rows_dropped, 1U);
  EXPECT_EQ(read("prepared/x_test.csv"), "people\n709\n709\n2873\n");
}

TEST_F(JoinTest, KeysAreTextWhereTheDataHasText) {
  write("data.csv", "code,y\n007,a\n7,b\nx,a\n007,b\n");
  write("codes.csv", "id,weight\n007,1\n7,2\n");
  run("label: y\npreprocess: [join: {file: codes.csv, left_on: code, right_on: id}, remove: code]\n"
      "split: {test_size: 0.5}\n");
  const std::string all = read("prepared/x_train.csv") + read("prepared/x_test.csv");
  EXPECT_EQ(std::count(all.begin(), all.end(), '1'), 2);
  EXPECT_EQ(std::count(all.begin(), all.end(), '2'), 1);
}

TEST_F(JoinTest, RenamesColumnsThatAreThereAlready) {
  write("cities.csv", "city,age\nRome,2777\nOslo,976\n");
  EXPECT_THAT(
      problem_of("{file: cities.csv, on: city}"),
      HasSubstr(
          "step 1 (join.columns): there is a column \"age\" already. Hint: name the `columns` to take, or "
          "give them a suffix"));
  const PreprocessReport report =
      run("label: y\npreprocess:\n- join: {file: cities.csv, on: city, suffix: _of_city}\n"
          "- remove: [time, id, city, wage, age]\n" +
          std::string(kTimeSplit));
  EXPECT_THAT(report.contract.features.names(), ::testing::ElementsAre("age_of_city"));
}

TEST_F(JoinTest, RefusesWhatCannotBeJoined) {
  EXPECT_THAT(problem_of("{file: nowhere.csv, on: city}"), HasSubstr("nowhere.csv"));
  EXPECT_THAT(problem_of("{file: cities.csv, on: town}"), HasSubstr("there is no column \"town\" here"));
  EXPECT_THAT(problem_of("{file: cities.csv, on: age}"), HasSubstr("has no column \"age\""));
  EXPECT_THAT(problem_of("{file: cities.csv, on: city, columns: persons}"),
              HasSubstr("has no column \"persons\""));
  EXPECT_THAT(
      problem_of("{file: cities.csv, left_on: age, right_on: city}"),
      HasSubstr(
          "column \"age\" is integer, but the key \"city\" of the joined table is text: they never match"));
  write("twice.csv", "city,land,people\nRome,IT,1\nOslo,NO,2\nRome,IT,3\n");
  EXPECT_THAT(problem_of("{file: twice.csv, on: city}"),
              HasSubstr("has the key city = Rome in its rows 1 and 3: a join would multiply rows"));
  write("label.csv", "city,y\nRome,1\n");
  EXPECT_THAT(problem_of("{file: label.csv, on: city}"),
              HasSubstr("there is a column \"y\" already, the label"));
}

TEST_F(JoinTest, RefusesATableThatIsTooLargeForAModel) {
  std::string large = "id,x\n";
  for (int row = 0; row < 100'001; ++row) large += std::to_string(row) + ",1\n";
  write("large.csv", large);
  EXPECT_THAT(
      problem_of("{file: large.csv, left_on: age, right_on: id}"),
      HasSubstr("takes at most 100,000 rows, 1,000,000 cells and 16 MiB of text; it has 100,001 rows"));
}

}  // namespace
}  // namespace archmlp::preprocess
