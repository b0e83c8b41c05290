#include "archmlp/contract/recipe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace archmlp::contract {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using Json = nlohmann::ordered_json;

constexpr std::string_view kFraud = R"yaml(
data: paysim.csv
label: isFraud
read:
  delimiter: ","
  missing_values: ["", NA, -999]
  column_missing_values: {amount: [" "]}
  types: {step: integer, nameOrig: text}
preprocess:
  - filter: type == 'TRANSFER' or type == 'CASH_OUT'
  - remove: [step, nameOrig]
  - rename: {oldbalanceOrg: before, newbalanceOrig: after}
  - replace: {columns: [before, after], where: before == 0 and amount != 0, with: -1}
  - add_features:
      second: after + amount - before
      first: second * 2
  - impute: {columns: [before], strategy: constant, fill_value: 0.5, missing_values: [-1, unknown]}
  - one_hot: {columns: [type], column_handle_unknown: {type: error}}
split: {test_size: 0.25, stratify: true, seed: 42}
train: {model: random_forest, task: classification, n_estimators: 10, class_weight: {0: 1, 1: 5}}
)yaml";

Recipe parsed(std::string_view yaml) {
  auto recipe = parse_recipe(yaml, "recipe.yaml");
  EXPECT_TRUE(recipe.ok()) << base::to_string(recipe.error());
  return recipe.ok() ? *recipe : Recipe{};
}

std::string recipe_problem(std::string_view yaml) {
  const auto recipe = parse_recipe(yaml, "recipe.yaml");
  return recipe.ok() ? "accepted" : base::to_string(recipe.error());
}

std::string with_label(std::string_view rest) { return "label: y\n" + std::string(rest); }

TEST(ParseRecipe, ReadsEverySection) {
  const Recipe recipe = parsed(kFraud);
  EXPECT_THAT(recipe.data, ElementsAre("paysim.csv"));
  EXPECT_EQ(recipe.label, "isFraud");
  EXPECT_EQ(recipe.read.delimiter, ',');
  EXPECT_TRUE(recipe.read.header);
  EXPECT_THAT(recipe.read.missing_values, ElementsAre("", "NA", "-999"));
  EXPECT_THAT(recipe.read.column_missing_values, ElementsAre(Pair("amount", ElementsAre(" "))));
  EXPECT_THAT(recipe.read.types,
              ElementsAre(Pair("nameOrig", ColumnKind::kText), Pair("step", ColumnKind::kInteger)));
  EXPECT_EQ(recipe.split.test_size, 0.25);
  EXPECT_TRUE(recipe.split.stratify);
  EXPECT_EQ(recipe.split.seed, 42U);
  EXPECT_EQ(recipe.train.task, Task::kClassification);
  EXPECT_EQ(recipe.train.forest.n_estimators, 10);
  EXPECT_THAT(recipe.train.given, ElementsAre("model", "task", "n_estimators", "class_weight"));
}

TEST(ParseRecipe, ReadsTheStepsInOrder) {
  const Recipe recipe = parsed(kFraud);
  std::vector<std::string_view> names;
  for (const StepConfig& step : recipe.preprocess) names.push_back(step_name(step));
  EXPECT_THAT(names,
              ElementsAre("filter", "remove", "rename", "replace", "add_features", "impute", "one_hot"));

  EXPECT_EQ(std::get<FilterStep>(recipe.preprocess[0]).condition, "type == 'TRANSFER' or type == 'CASH_OUT'");
  EXPECT_THAT(std::get<RenameStep>(recipe.preprocess[2]).names,
              ElementsAre(Pair("oldbalanceOrg", "before"), Pair("newbalanceOrig", "after")));
  const auto& replace = std::get<ReplaceStep>(recipe.preprocess[3]);
  EXPECT_THAT(replace.columns, ElementsAre("before", "after"));
  EXPECT_EQ(replace.with, Value(std::int64_t{-1}));
  EXPECT_THAT(std::get<AddFeaturesStep>(recipe.preprocess[4]).features,
              ElementsAre(Pair("second", "after + amount - before"), Pair("first", "second * 2")));
  const auto& impute = std::get<ImputeStep>(recipe.preprocess[5]);
  EXPECT_EQ(impute.fill_value, Value(0.5));
  EXPECT_THAT(impute.missing_values, ElementsAre(Value(std::int64_t{-1}), Value(std::string("unknown"))));
  EXPECT_THAT(std::get<OneHotStep>(recipe.preprocess[6]).column_handle_unknown,
              ElementsAre(Pair("type", "error")));
}

TEST(ParseRecipe, HasDefaults) {
  const Recipe recipe = parsed("label: y");
  EXPECT_THAT(recipe.data, IsEmpty());
  EXPECT_EQ(recipe.read.missing_values, default_missing_values());
  EXPECT_EQ(recipe.split.test_size, 0.3);
  EXPECT_FALSE(recipe.split.stratify);
  EXPECT_EQ(recipe.train.forest.n_estimators, 100);
  EXPECT_TRUE(recipe.train.given.empty());
}

TEST(ParseRecipe, KeepsQuotedScalarsAsText) {
  const auto with = [](std::string_view scalar) {
    const Recipe recipe = parsed(
        with_label("preprocess: [{replace: {columns: a, where: a < 0, with: " + std::string(scalar) + "}}]"));
    return recipe.preprocess.empty() ? Value() : std::get<ReplaceStep>(recipe.preprocess[0]).with;
  };
  EXPECT_EQ(with("-1"), Value(std::int64_t{-1}));
  EXPECT_EQ(with("\"-1\""), Value(std::string("-1")));
  EXPECT_EQ(with("'1.5'"), Value(std::string("1.5")));
  EXPECT_EQ(with("!!str 1.5"), Value(std::string("1.5")));
  EXPECT_EQ(with("1.5"), Value(1.5));
  EXPECT_EQ(with("yes"), Value(std::string("yes")));
  EXPECT_EQ(with("on"), Value(std::string("on")));
  EXPECT_EQ(with("true"), Value(true));
  EXPECT_EQ(with("\"true\""), Value(std::string("true")));
  EXPECT_EQ(with("null"), Value());
  EXPECT_EQ(with("\"null\""), Value(std::string("null")));
}

TEST(ParseRecipe, TakesShortForms) {
  const Recipe recipe =
      parsed(with_label("preprocess:\n- one_hot:\n- one_hot: [a, b]\n- remove: a\n- impute: median\n"));
  EXPECT_TRUE(std::get<OneHotStep>(recipe.preprocess[0]).columns.empty());
  EXPECT_THAT(std::get<OneHotStep>(recipe.preprocess[1]).columns, ElementsAre("a", "b"));
  EXPECT_THAT(std::get<RemoveStep>(recipe.preprocess[2]).columns, ElementsAre("a"));
  EXPECT_EQ(std::get<ImputeStep>(recipe.preprocess[3]).strategy, "median");
}

TEST(LearnsFromRows, SaysWhichStepsNeedTheSplit) {
  const Recipe recipe = parsed(with_label(
      "preprocess:\n- sample: {n: 3}\n- sample: {balance: over}\n- drop_missing: all\n- select: {k: 2}\n"));
  EXPECT_FALSE(learns_from_rows(recipe.preprocess[0]));
  EXPECT_TRUE(learns_from_rows(recipe.preprocess[1]));
  EXPECT_FALSE(learns_from_rows(recipe.preprocess[2]));
  EXPECT_TRUE(learns_from_rows(recipe.preprocess[3]));
}

TEST(ParseRecipe, TakesWordsColumnsOrNothingForAStepWithDefaults) {
  const Recipe recipe = parsed(with_label(
      "preprocess:\n- scale: robust\n- scale: [a]\n- scale:\n- power: all\n- bin: x\n- ordinal: [all]\n"));
  EXPECT_EQ(std::get<ScaleStep>(recipe.preprocess[0]).method, "robust");
  EXPECT_THAT(std::get<ScaleStep>(recipe.preprocess[1]).columns, ElementsAre("a"));
  EXPECT_EQ(std::get<ScaleStep>(recipe.preprocess[2]).method, "standard");
  EXPECT_TRUE(std::get<PowerStep>(recipe.preprocess[3]).columns.empty());
  EXPECT_THAT(std::get<BinStep>(recipe.preprocess[4]).columns, ElementsAre("x"));
  EXPECT_THAT(std::get<OrdinalStep>(recipe.preprocess[5]).columns, ElementsAre("all"));
}

TEST(ParseRecipe, TakesSeveralFilesOfData) {
  EXPECT_THAT(parsed("label: y\ndata: [2025/a.csv, 2026/a.csv.gz]\n").data,
              ElementsAre("2025/a.csv", "2026/a.csv.gz"));
}

TEST(ParseRecipe, SaysWhereAndWhatIsWrong) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "the document is empty"},
      {"label: y\nsplitt: {}",
       "recipe.yaml:2:1: splitt: unknown key \"splitt\". Hint: did you mean \"split\"?"},
      {"data: a.csv", "recipe.yaml:1:1: the key \"label\" is missing"},
      {"label: 5", "recipe.yaml:1:1: label: expected the name of the column to predict, found the number 5"},
      {with_label("data: 5"), "data: expected the path of a CSV file or a list of them, found the number 5"},
      {with_label("data: []"), "data: expected the path of a CSV file or a list of them, found"},
      {with_label("data: [a.csv, 5]"), "data[1]: expected the path of a CSV file, found the number 5"},
      {"- label", "expected a recipe, a map with the key label, found a list"},
      {with_label("split: {test_size: 3}"),
       "recipe.yaml:2:9: split.test_size: expected a share between 0 and 1"},
      {with_label("split: {test_sise: 0.3}"), "did you mean \"test_size\""},
      {with_label("split: {stratify: yes}"),
       "split.stratify: expected true or false, found the text \"yes\""},
      {with_label("split: {seed: -1}"), "split.seed: expected an integer >= 0"},
      {with_label("split: {test_file: t.csv, test_size: 0.2}"), "test_file and test_size exclude each other"},
      {with_label("split: {time_column: t, group_column: g}"),
       "time_column and group_column exclude each other"},
      {with_label("read: {delimiter: ab}"), "read.delimiter: expected one character, tab or null"},
      {with_label("read: {missing_values: [null]}"),
       "read.missing_values: expected the text of a cell, found null"},
      {with_label("read: {types: {a: int}}"), "expected integer, real, boolean or text for column \"a\""},
      {with_label("train: {model: gbm}"), "train.model: expected random_forest"},
      {with_label("train: {n_estimators: many}"),
       "recipe.yaml:2:9: train.n_estimators: expected an integer between 1 and 100,000"},
      {with_label("preprocess: {remove: a}"), "preprocess: expected a list of steps"},
      {with_label("preprocess:\n  - remove: [a]\n    filter: a > 1"),
       "recipe.yaml:3:5: preprocess[0]: expected one step"},
      {with_label("preprocess:\n  - filtr: a > 1"),
       "recipe.yaml:3:5: preprocess[0].filtr: unknown step \"filtr\""},
      {with_label("preprocess:\n  - filter: true"), "preprocess[0].filter: expected a condition"},
      {with_label("preprocess:\n  - remove: []"), "no column is named"},
      {with_label("preprocess:\n  - remove: [a, a]"), "column \"a\" is listed twice"},
      {with_label("preprocess:\n  - remove: [2020]"),
       "expected a column name, found the number 2020. Hint: quote it"},
      {with_label("preprocess:\n  - rename: {a: c, b: c}"), "two columns would be named \"c\""},
      {with_label("preprocess:\n  - replace: {columns: a, where: a < 0}"), "the key \"with\" is missing"},
      {with_label("preprocess:\n  - replace: {columns: a, regex: x}"), "the key \"with\" is missing"},
      {with_label("preprocess:\n  - replace: {columns: a, with: 1}"), "does not say what is replaced"},
      {with_label("preprocess:\n  - replace: {columns: a, where: a < 0, map: {1: 2}}"),
       "in more than one way"},
      {with_label("preprocess:\n  - replace: {columns: a, map: {1: 2}, with: 3}"), "no meaning beside a map"},
      {with_label("preprocess:\n  - replace: {columns: a, map: {1: [2]}}"), "replace.map"},
      {with_label("preprocess:\n  - replace: {columns: a, regex: x, with: 3}"), "expected text or null"},
      {with_label("preprocess:\n  - cast: {columns: a}"), "the key \"type\" is missing"},
      {with_label("preprocess:\n  - cast: {columns: a, type: float}"), "cast.type"},
      {with_label("preprocess:\n  - cast: {columns: a, type: real, format: '%Y'}"), "format has no meaning"},
      {with_label("preprocess:\n  - cast: {columns: a, type: date, currency: EUR}"),
       "currency has no meaning"},
      {with_label("preprocess:\n  - cast: {columns: a, type: real, thousands: .}"),
       "cannot be between thousands"},
      {with_label("preprocess:\n  - cast: {columns: a, type: boolean, true_values: [ja, No]}"),
       "\"no\" would be both true and false"},
      {with_label("preprocess:\n  - date_parts: {columns: a, parts: [years]}"), "a part of a date"},
      {with_label("preprocess:\n  - date_parts: {columns: a, parts: [year, year]}"), "named twice"},
      {with_label("preprocess:\n  - date_parts: {parts: [year]}"), "no column is named"},
      {with_label("preprocess:\n  - join: {on: a}"), "the key \"file\" is missing"},
      {with_label("preprocess:\n  - join: {file: f.csv}"), "the keys are missing"},
      {with_label("preprocess:\n  - join: {file: f.csv, on: a, left_on: b, right_on: c}"), "excludes"},
      {with_label("preprocess:\n  - join: {file: f.csv, left_on: [a, b], right_on: c}"), "different numbers"},
      {with_label("preprocess:\n  - join: {file: f.csv, on: a, columns: [b, a]}"), "the key \"a\" is among"},
      {with_label("preprocess:\n  - join: {file: folder/, on: a}"), "a folder, not a file"},
      {with_label("preprocess:\n  - ordinal: {categories: [a, b]}"), "for columns that are named"},
      {with_label("preprocess:\n  - ordinal: {columns: a, categories: [null]}"), "null is no category"},
      {with_label("preprocess:\n  - add_features: {b: 1}"),
       "preprocess[0].add_features.b: expected an expression"},
      {with_label("preprocess:\n  - impute: {strategy: mode}"),
       "expected mean, median, most_frequent or constant"},
      {with_label("preprocess:\n  - impute: {strategy: constant}"), "needs a fill_value"},
      {with_label("preprocess:\n  - impute: {fill_value: 3}"), "fill_value has no meaning"},
      {with_label("preprocess:\n  - one_hot: {columns: [a], column_handle_unknown: {b: error}}"),
       "not among the columns"},
      {with_label("preprocess:\n  - one_hot: {min_frequency: 0}"),
       "one_hot.min_frequency: expected a number of"},
      {with_label("preprocess:\n  - one_hot: {drop: last}"), "expected first, if_binary or null"},
      {with_label("preprocess:\n  - scale: maxmin"), "scale.method: expected standard, minmax or robust"},
      {with_label("preprocess:\n  - log:"), "log: the key \"columns\" is missing"},
      {with_label("preprocess:\n  - log: []"), "log.columns: no column is named"},
      {with_label("preprocess:\n  - clip: {columns: a}"), "clip: no bound is given"},
      {with_label("preprocess:\n  - clip: {lower: 2, upper: 1}"), "the lower bound is above the upper one"},
      {with_label("preprocess:\n  - clip: {lower: 2, lower_quantile: 0.1}"), "as a value and as a quantile"},
      {with_label("preprocess:\n  - clip: {upper_quantile: 2}"), "expected null or a number in [0, 1]"},
      {with_label("preprocess:\n  - bin: {n_bins: 1}"), "bin.n_bins: expected an integer in [2, 10000]"},
      {with_label("preprocess:\n  - bin: {edges: [1, 1]}"), "bin.edges: the edges do not ascend"},
      {with_label("preprocess:\n  - drop_missing: {min_present: 0}"), "expected a number in (0, 1]"},
      {with_label("preprocess:\n  - drop_duplicates: {keep: none}"), "expected first or last"},
      {with_label("preprocess:\n  - sample: {}"), "it is not said how many rows are drawn"},
      {with_label("preprocess:\n  - sample: {n: 3, frac: 0.5}"), "n, frac and balance exclude each other"},
      {with_label("preprocess:\n  - sample: {balance: both}"), "expected under, over or null"},
      {with_label("preprocess:\n  - sample: {balance: over, stratify: true}"),
       "balance and stratify exclude"},
      {with_label("preprocess:\n  - pca: {n_components: 1.5}"), "expected a number of components >= 1"},
      {with_label("preprocess:\n  - select:"), "it is not said which columns are kept"},
      {with_label("preprocess:\n  - select: {k: 0}"), "select.k: expected null or an integer >= 1"},
      {with_label("preprocess:\n  - target_encode: {smooth: -1}"), "expected auto or a number >= 0"},
      {with_label("preprocess:\n  - target_encode: {cv: 1}"), "expected an integer in [2, 1000]"},
      {with_label("preprocess:\n  - text_hash: {n_features: 5000}"), "expected an integer in [1, 4096]"},
      {with_label("preprocess:\n  - impute: {strategy: constant, fill_value: 1, group_by: g}"),
       "group_by has no meaning"},
      {with_label("preprocess:\n  - ordinal: {unknown_value: 3}"), "would be the code of a known value"},
      {with_label("preprocess:\n  - one_hot: {handle_unknown: warn}"),
       "expected ignore, error or infrequent_if_exist"},
  };
  for (const auto& [yaml, expected] : cases) EXPECT_THAT(recipe_problem(yaml), HasSubstr(expected)) << yaml;
}

TEST(ParseRecipe, RefusesBadYaml) {
  EXPECT_THAT(recipe_problem("label: [y"), AllOf(HasSubstr("recipe.yaml:"), HasSubstr("not valid YAML")));
  EXPECT_THAT(recipe_problem("label: y\nlabel: z"),
              HasSubstr("recipe.yaml:2:1: the key \"label\" occurs twice"));
  EXPECT_THAT(recipe_problem("label: y\n---\nlabel: z"),
              HasSubstr("recipe.yaml:2:1: something follows the end of the document"));
  EXPECT_THAT(recipe_problem(","), HasSubstr("recipe.yaml:"));  // yaml-cpp finds documents in it for ever
  EXPECT_THAT(recipe_problem("label: \xff"), HasSubstr("recipe.yaml:1:8: the document is not valid UTF-8"));
  EXPECT_THAT(recipe_problem("label: !!binary aGk="), HasSubstr("tags"));
  EXPECT_THAT(recipe_problem("label: y\nsplit: {seed: 18446744073709551616}"), HasSubstr("beyond 64 bits"));
  EXPECT_THAT(recipe_problem("{[a]: b}"), HasSubstr("a key must be one word or text"));
}

TEST(ParseRecipe, BoundsWhatADocumentCanCost) {
  std::string bomb = "label: y\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int level = 1; level < 10; ++level) {
    bomb += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [";
    for (int copy = 0; copy < 10; ++copy) bomb += (copy == 0 ? "*a" : ", *a") + std::to_string(level - 1);
    bomb += "]\n";
  }
  EXPECT_THAT(recipe_problem(bomb), HasSubstr("the document is too large"));
  EXPECT_THAT(recipe_problem("label: &a [*a]"), HasSubstr("recipe.yaml:"));
  EXPECT_THAT(recipe_problem(std::string(1 << 20, ' ')), HasSubstr("too large"));
  EXPECT_THAT(recipe_problem(std::string(100'000, '[')), HasSubstr("too large"));
  EXPECT_THAT(recipe_problem("label: " + std::string(60, '[') + std::string(60, ']')),
              HasSubstr("levels deep"));
  std::string dashes;
  for (int level = 0; level < 20'000; ++level) dashes += "- ";
  EXPECT_NE(recipe_problem(dashes), "accepted");
}

TEST(ParseRecipe, FollowsAnchors) {
  const Recipe recipe =
      parsed(with_label("preprocess:\n- remove: &names [a, b]\n- one_hot: {columns: *names}\n"));
  EXPECT_THAT(std::get<OneHotStep>(recipe.preprocess[1]).columns, ElementsAre("a", "b"));
}

TEST(CanonicalRecipe, HoldsEveryValueAndNoPath) {
  const Json json = to_json(parsed(kFraud));
  EXPECT_EQ(json.dump().find("paysim.csv"), std::string::npos);
  EXPECT_EQ(json["train"]["max_features"], "auto");
  EXPECT_EQ(json["split"]["time_column"], nullptr);
  EXPECT_EQ(to_json(parsed(with_label("split: {test_file: /a/t.csv}"))),
            to_json(parsed(with_label("split: {test_file: /b/t.csv}"))));
  EXPECT_NE(to_json(parsed(with_label("split: {test_file: /a/t.csv}"))), to_json(parsed("label: y")));
}

TEST(CanonicalRecipe, ReadsBackToItself) {
  Json json = to_json(parsed(kFraud));
  json["split"]["test_file"] = nullptr;
  auto back = recipe_from_json(json);
  ASSERT_TRUE(back.ok()) << base::to_string(back.error());
  json["split"]["test_file"] = false;
  EXPECT_EQ(to_json(*back), json);
}

TEST(CanonicalRecipe, DoesNotDependOnHowTheRecipeIsWritten) {
  EXPECT_EQ(to_json(parsed("label: y\nsplit: {seed: 0, test_size: 0.3}\npreprocess: [{one_hot: a}]")),
            to_json(parsed("preprocess:\n  - one_hot:\n      columns: [a]\nlabel: \"y\"\nsplit:\n")));
}

TEST(ReadRecipe, KnowsItsFolderAndItsName) {
  const std::filesystem::path folder =
      std::filesystem::path(::testing::TempDir()) / ("archmlp_recipe_test_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "r.yaml") << "data: d.csv\nlabel: y\n";
  std::ofstream(folder / "bad.yaml") << "label: y\nbad: 1\n";
  EXPECT_EQ(read_recipe(folder / "r.yaml")->folder, folder);
  EXPECT_EQ(read_recipe(folder / "bad.yaml").error().where, (folder / "bad.yaml").string() + ":2:1");
  EXPECT_EQ(read_recipe(folder / "absent.yaml").error().code, base::ErrorCode::kNotFound);
  std::filesystem::remove_all(folder);
}

Json step_of(std::string_view name, std::string_view text) {
  const auto step = parse_step(name, text);
  return step.ok() ? to_json(*step) : Json(base::to_string(step.error()));
}

TEST(ParseStep, TakesWhatPeopleTypeBehindAFlag) {
  EXPECT_EQ(step_of("filter", "`a: b` > 1 # all"), (Json{{"filter", "`a: b` > 1 # all"}}));
  EXPECT_EQ(step_of("remove", "a, b"), (Json{{"remove", {"a", "b"}}}));
  EXPECT_EQ(step_of("remove", "[\"a,b\"]"), (Json{{"remove", Json::array({"a,b"})}}));
  EXPECT_EQ(step_of("one_hot", "a,b")["one_hot"]["columns"], Json::array({"a", "b"}));
  EXPECT_EQ(step_of("one_hot", "")["one_hot"]["columns"], Json::array());
  EXPECT_EQ(step_of("one_hot", "all")["one_hot"]["columns"], Json::array());
  EXPECT_EQ(step_of("one_hot", "[all]")["one_hot"]["columns"], Json::array({"all"}));
  EXPECT_EQ(step_of("one_hot", "{columns: [a], handle_unknown: error}")["one_hot"]["handle_unknown"],
            "error");
  EXPECT_EQ(step_of("impute", "median")["impute"]["strategy"], "median");
  EXPECT_EQ(step_of("impute", "{columns: [a], strategy: mean}")["impute"]["columns"], Json::array({"a"}));
  EXPECT_EQ(step_of("add_features", "ratio = debt / income"),
            (Json{{"add_features", {{"ratio", "debt / income"}}}}));
  EXPECT_EQ(step_of("add_features", "same=a == b"), (Json{{"add_features", {{"same", "a == b"}}}}));
  EXPECT_EQ(step_of("rename", "old=new"), (Json{{"rename", {{"old", "new"}}}}));
  EXPECT_EQ(step_of("replace", "{columns: [a], where: a < 0, with: null}")["replace"]["with"], nullptr);
}

TEST(ParseStep, NamesTheFlagThatIsWrong) {
  EXPECT_THAT(step_of("impute", "{columns: [a], strateg: mean}").dump(),
              HasSubstr("--impute.strateg: unknown"));
  EXPECT_THAT(step_of("add_features", "ratio").dump(), HasSubstr("--add-features: expected a map"));
  EXPECT_THAT(step_of("one_hot", "{columns: [").dump(), HasSubstr("--one-hot: not valid YAML"));
  EXPECT_THAT(step_of("filter", "\xff").dump(-1, ' ', false, Json::error_handler_t::replace),
              HasSubstr("UTF-8"));
  EXPECT_THAT(step_of("scal", "a").dump(), HasSubstr("unknown step"));
}

TEST(RecipeJsonSchema, IsTheOneThatIsPublished) {
  const auto path = std::filesystem::path(ARCHMLP_SOURCE_DIR) / "contracts/recipe.schema.json";
  const std::string emitted = recipe_json_schema().dump(2) + "\n";
  if (std::getenv("ARCHMLP_UPDATE_CONTRACTS") != nullptr) std::ofstream(path) << emitted;
  std::ifstream file(path);
  std::ostringstream published;
  published << file.rdbuf();
  EXPECT_EQ(published.str(), emitted)
      << "run this test with ARCHMLP_UPDATE_CONTRACTS=1 to write contracts/recipe.schema.json again";
}

TEST(RecipeJsonSchema, NamesEveryKey) {
  const Json schema = recipe_json_schema();
  EXPECT_EQ(schema["properties"].size(), 6U);
  EXPECT_EQ(schema["properties"]["preprocess"]["items"]["oneOf"].size(), std::variant_size_v<StepConfig>);
  EXPECT_TRUE(schema["properties"]["train"]["properties"].contains("min_samples_leaf"));
  EXPECT_TRUE(schema["properties"]["split"]["properties"].contains("time_column"));
}

}  // namespace
}  // namespace archmlp::contract
