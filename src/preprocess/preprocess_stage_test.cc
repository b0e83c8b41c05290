#include "archmlp/base/hash.h"
#include "archmlp/preprocess/stage_fixture.h"
#include "archmlp/table/csv_reader.h"
#include "archmlp/transform/plan.h"

namespace archmlp::preprocess {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

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
  EXPECT_EQ(report.rows_dropped, 0U);
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

TEST_F(PreprocessStageTest, SeveralFilesAreOneTable) {
  const std::string recipe =
      "label: y\npreprocess: [{remove: [time, id]}, {impute: median}, one_hot: ]\nsplit: {seed: 7}\n";
  write("data.csv", kPeople);
  run(recipe);
  std::map<std::string, std::string> of_one;
  for (const char* name : {"x_train.csv", "y_train.csv", "x_test.csv", "y_test.csv"})
    of_one[name] = read(std::string("prepared/") + name);

  // The same rows in three files, the columns of the second from right to left.
  const std::vector<std::string> rows = lines("data.csv");
  std::string first = rows[0] + "\n", second, third = rows[0] + "\n";
  for (std::size_t row = 1; row < rows.size(); ++row) {
    if (row >= 4 && row < 8) continue;
    (row < 4 ? first : third) += rows[row] + "\n";
  }
  for (std::size_t row : {0, 4, 5, 6, 7}) {
    std::istringstream cells(rows[row]);
    std::string reversed;
    for (std::string cell; std::getline(cells, cell, ',');)
      reversed = cell + (reversed.empty() ? "" : ",") + reversed;
    second += reversed + "\n";
  }
  write("a.csv", first);
  write("b.csv", second);
  write("c.csv", third);
  PreprocessOptions several = options(recipe);
  several.data = {folder_ / "a.csv", folder_ / "b.csv", folder_ / "c.csv"};
  const auto report = run_preprocess_stage(several);
  ASSERT_TRUE(report.ok()) << base::to_string(report.error());
  for (const auto& [name, text] : of_one) EXPECT_EQ(read("prepared/" + name), text) << name;
  EXPECT_EQ(report->contract.inputs.at("data"), base::sha256_hex(first));
  EXPECT_EQ(report->contract.inputs.at("data:2"), base::sha256_hex(second));
  EXPECT_EQ(report->contract.inputs.at("data:3"), base::sha256_hex(third));
}

TEST_F(PreprocessStageTest, AFileAmongSeveralThatDoesNotFitIsNamed) {
  write("a.csv", "x,y\n1,0\n2,1\n3,0\n4,1\n");
  write("b.csv", "x,z\n1,0\n");
  write("c.csv", "x,y\n1,0\nfive,1\n");
  PreprocessOptions several = options("label: y\n");
  several.data = {folder_ / "a.csv", folder_ / "b.csv"};
  const auto other_columns = run_preprocess_stage(several);
  ASSERT_FALSE(other_columns.ok());
  EXPECT_THAT(base::to_string(other_columns.error()),
              AllOf(HasSubstr("b.csv"), HasSubstr("\"z\""), HasSubstr("Every file needs the columns of")));

  several.data = {folder_ / "a.csv", folder_ / "." / "a.csv"};
  const auto repeated = run_preprocess_stage(several);
  ASSERT_FALSE(repeated.ok());
  EXPECT_THAT(base::to_string(repeated.error()), HasSubstr("is given twice"));

  several = options("label: y\nsplit: {test_file: a.csv}\n");
  several.data = {folder_ / "a.csv"};
  const auto tested_on_itself = run_preprocess_stage(several);
  ASSERT_FALSE(tested_on_itself.ok());
  EXPECT_THAT(base::to_string(tested_on_itself.error()), HasSubstr("is both data and the test file"));

  several = options("label: y\nread: {types: {x: integer}}\n");
  several.data = {folder_ / "a.csv", folder_ / "c.csv"};
  const auto bad_cell = run_preprocess_stage(several);
  ASSERT_FALSE(bad_cell.ok());
  EXPECT_THAT(base::to_string(bad_cell.error()), AllOf(HasSubstr("c.csv:3"), HasSubstr("\"five\"")));
}

TEST_F(PreprocessStageTest, AStepThatMeetsTextNamesTheCellsThatMadeItText) {
  std::string data = "amount,y\n";
  for (int row = 0; row < 50; ++row) data += (row == 30 ? "12x," : "7.5,") + std::to_string(row % 2) + "\n";
  write("data.csv", data);
  const auto report = run_preprocess_stage(options("label: y\npreprocess: [{filter: amount > 0}]\n"));
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(base::to_string(report.error()), AllOf(HasSubstr("cannot compare text with a number"),
                                                     HasSubstr("data.csv: row 31: column \"amount\" is text"),
                                                     HasSubstr("\"12x\""), HasSubstr("missing_values")));
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
              AllOf(HasSubstr("step 1 (impute.columns): there is no column \"aa\""),
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
              AllOf(HasSubstr("step 3 (one_hot): "), HasSubstr("data.csv: row 7"), HasSubstr("\"Bern\"")));
}

TEST_F(PreprocessStageTest, DropsFilteredRowsAndKeepsTheFilterForTheModel) {
  write("data.csv", kPeople);
  const PreprocessReport report =
      run("label: y\npreprocess: [{filter: city != 'Bern'}, {remove: [id, city]}]\n");
  EXPECT_EQ(report.rows_dropped, 1U);
  EXPECT_EQ(report.contract.steps.size(), 2U);
  EXPECT_EQ(report.contract.steps[0]["kind"], "filter");
}

TEST_F(PreprocessStageTest, LetsAFilterLookAtTheLabelWhenFittingOnly) {
  write("data.csv", "t,y\n1,a\n2,\n3,b\n4,c\n5,a\n6,b\n7,a\n");
  const PreprocessReport report =
      run("label: y\npreprocess: [{filter: notnull(y)}, {filter: \"y != 'c' and t < 7\"}]\nsplit: "
          "{time_column: t}\n");
  EXPECT_EQ(report.rows_dropped, 3U);
  EXPECT_TRUE(report.contract.steps.empty());
  EXPECT_EQ(report.contract.label.classes,
            (std::vector<contract::Value>{std::string("a"), std::string("b")}));
}

TEST_F(PreprocessStageTest, RefusesLeaksAndStepsOnTheLabel) {
  write("data.csv", kPeople);
  const auto with_step = [&](const std::string& step) {
    return problem("label: y\npreprocess: [{" + step + "}]\n");
  };
  EXPECT_THAT(with_step("add_features: {z: y == 'yes'}"),
              AllOf(HasSubstr("step 1 (add_features)"), HasSubstr("would tell the model the answer")));
  EXPECT_THAT(with_step("replace: {columns: [age], where: y == 'yes', with: 0}"), HasSubstr("the answer"));
  for (const char* step : {"remove: [y]", "impute: {columns: [y], strategy: most_frequent}", "one_hot: [y]",
                           "rename: {y: z}", "rename: {age: y}", "add_features: {y: age + 1}",
                           "replace: {columns: [y], where: age > 1, with: a}"}) {
    EXPECT_THAT(with_step(step), HasSubstr("\"y\" is the label: a step cannot change")) << step;
  }
}

TEST_F(PreprocessStageTest, CountsMissingLabels) {
  write("data.csv", "a,y\n1,0\n2,\n3,1\n4,\n5,0\n");
  EXPECT_THAT(problem("label: y\n"),
              AllOf(HasSubstr("data.csv: row 2: 2 of 5 rows have no label (column \"y\")"),
                    HasSubstr("filter: notnull(`y`)")));
}

TEST_F(PreprocessStageTest, RefusesWhatCannotBeTrained) {
  write("data.csv", kPeople);
  EXPECT_THAT(problem("label: z\n"), HasSubstr("label: there is no column \"z\""));
  EXPECT_THAT(problem("label: y\npreprocess: [{remove: [time, city, age, wage, id]}]\n"),
              HasSubstr("leave no feature"));
  EXPECT_THAT(problem("label: y\npreprocess: [{filter: age > 1000}]\n"), HasSubstr("no row is left"));
  EXPECT_THAT(problem("label: y\npreprocess: [{remove: [id, city]}, {filter: y == 'no'}]\n"),
              HasSubstr("same label, \"no\""));
  EXPECT_THAT(problem("label: y\npreprocess: [{filter: agee > 1}]\n"), HasSubstr("step 1 (filter)"));
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

TEST_F(PreprocessStageTest, LeavesColumnsUnreadThatNothingLooksAt) {
  write("data.csv", kPeople);
  const std::string recipe = "label: y\npreprocess: [{remove: [id, city]}]\n";
  const PreprocessReport report = run(recipe);
  const auto& raw = report.contract.raw;
  EXPECT_EQ(raw.columns[*raw.find("city")], table::unread_column("city"));
  const std::string contract = read("prepared/contract.json");
  PreprocessOptions with_rows = options(recipe);
  with_rows.test_rows_out = folder_ / "rows.csv";  // which needs them
  ASSERT_TRUE(run_preprocess_stage(with_rows).ok());
  EXPECT_EQ(read("prepared/contract.json"), contract);
  EXPECT_THAT(read("rows.csv"), HasSubstr("Bern"));
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
  EXPECT_FALSE(run_preprocess_stage(options("label: y\npreprocess: [{filter: age > 1000}]\n")).ok());
  EXPECT_EQ(read("prepared/contract.json"), before);
}

}  // namespace
}  // namespace archmlp::preprocess
