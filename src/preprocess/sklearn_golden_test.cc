// What scikit-learn and pandas say: testdata/sklearn_golden.json, made by the script beside it.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <set>

#include "archmlp/expression/test_support.h"
#include "archmlp/preprocess/fit_steps.h"
#include "archmlp/test_support/counting_new.h"
#include "archmlp/transform/plan.h"

namespace archmlp::preprocess {
namespace {

using Json = nlohmann::ordered_json;

table::Column column_from(const Json& json) {
  const std::string kind = json["kind"];
  table::IntegerCells integers;
  table::RealCells reals;
  table::TextCells texts;
  for (const Json& value : json["values"]) {
    if (kind == "integer") {
      integers.values.push_back(value.get<std::int64_t>());
    } else if (kind == "real") {
      reals.values.push_back(value.is_null() ? std::numeric_limits<double>::quiet_NaN()
                                             : value.get<double>());
    } else if (value.is_null()) {
      texts.codes.push_back(-1);
    } else {
      const auto found = std::find(texts.levels.begin(), texts.levels.end(), value.get<std::string>());
      texts.codes.push_back(static_cast<std::int32_t>(found - texts.levels.begin()));
      if (found == texts.levels.end()) texts.levels.push_back(value);
    }
  }
  const std::string name = json["name"];
  if (kind == "integer") return {name, std::move(integers)};
  if (kind == "real") return {name, std::move(reals)};
  return {name, std::move(texts)};
}

struct Golden {
  Json json;
  table::Table rows;
  contract::Schema schema;
  std::vector<std::uint32_t> train_rows;
  std::map<std::string, table::Column> labels;

  Golden() {
    std::ifstream file(ARCHMLP_TESTDATA "/sklearn_golden.json");
    json = Json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
    std::vector<table::Column> columns;
    for (const Json& column : json["table"]) columns.push_back(column_from(column));
    rows = *table::Table::from_columns(std::move(columns));
    schema = expression::schema_of(rows);
    for (const auto& [name, label] : json["labels"].items()) labels.emplace(name, column_from(label));
    train_rows.resize(json["train_rows"].get<std::size_t>());
    std::iota(train_rows.begin(), train_rows.end(), 0U);
  }

  Fitted fit(const Json& example) const {
    const Json steps = Json::array({example["step"]});
    const auto recipe = contract::recipe_from_json({{"label", "y"}, {"preprocess", steps}});
    if (!recipe.ok()) return recipe.error();
    const std::string label = example.value("label", "binary");
    RowStore store((MemoryBudget()));
    const std::vector<std::size_t> borders = {0, 3, 3, rows.row_count()};  // blocks change nothing
    store.grow(borders.size() - 1);
    for (std::size_t block = 0; block + 1 < borders.size(); ++block) {
      std::vector<std::uint32_t> members(borders[block + 1] - borders[block]);
      std::iota(members.begin(), members.end(), static_cast<std::uint32_t>(borders[block]));
      EXPECT_TRUE(store.put(block, rows.gathered(members)).ok());
    }
    const LearningRows learning_rows(store, schema, labels.at(label), train_rows, rows.row_count(), 2);
    return fit_step(recipe->preprocess.front(),
                    {.schema = schema,
                     .label = labels.at(label).name(),
                     .task = label == "real" ? contract::Task::kRegression : contract::Task::kClassification,
                     .folder = ARCHMLP_TESTDATA,
                     .rows = &learning_rows});
  }
};

const Golden& golden() {
  static const Golden loaded;
  return loaded;
}

class SklearnGolden : public ::testing::TestWithParam<std::size_t> {
 protected:
  const Json& example() const { return golden().json["cases"][GetParam()]; }
};

void expect_values(const table::Column& column, const Json& expected, double tolerance) {
  if (column.kind() == contract::ColumnKind::kText) {
    for (std::size_t row = 0; row < column.row_count(); ++row) {
      ASSERT_EQ(contract::to_json(column.value(row)), expected[row]) << column.name() << " row " << row;
    }
    return;
  }
  std::vector<double> values(column.row_count());
  table::copy_as_doubles(column, values);
  for (std::size_t row = 0; row < values.size(); ++row) {
    ASSERT_EQ(std::isnan(values[row]), expected[row].is_null()) << column.name() << " row " << row;
    if (expected[row].is_null()) continue;
    const auto wanted = expected[row].get<double>();
    ASSERT_NEAR(values[row], wanted, tolerance * std::max(1.0, std::abs(wanted)))
        << column.name() << " row " << row;
  }
}

std::vector<std::uint32_t> rows_left(const FittedStep& fitted, const transform::BatchNotes& notes) {
  if (fitted.rows) return *fitted.rows;
  std::vector<std::uint32_t> rows;
  for (std::uint32_t row = 0; row < notes.outside.size(); ++row) {
    if (notes.outside[row] == 0) rows.push_back(row);
  }
  return rows;
}

TEST_P(SklearnGolden, GivesTheSameValues) {
  const auto fitted = golden().fit(example());
  ASSERT_TRUE(fitted.ok()) << to_string(fitted.error());
  const auto plan = transform::Plan::bind(fitted->steps, golden().schema);
  ASSERT_TRUE(plan.ok()) << to_string(plan.error());
  transform::BatchNotes notes;
  const auto table = plan->apply(golden().rows, notes);
  ASSERT_TRUE(table.ok()) << to_string(table.error());
  if (example().contains("rows")) {
    EXPECT_EQ(rows_left(*fitted, notes), example()["rows"].get<std::vector<std::uint32_t>>());
  }
  if (example().contains("removed")) {
    EXPECT_EQ(transform::to_json(fitted->steps)[0]["columns"], example()["removed"]);
  }
  const Json expected = example().value("expected", Json::object());
  for (const auto& [name, values] : expected.items()) {
    const table::Column* column = table->find(name);
    ASSERT_NE(column, nullptr) << name;
    expect_values(*column, values, example()["tolerance"]);
  }
}

TEST_P(SklearnGolden, GivesARecordTheSameBitsAsATable) {
  const auto fitted = golden().fit(example());
  ASSERT_TRUE(fitted.ok()) << to_string(fitted.error());
  const Json json = transform::to_json(fitted->steps);
  const auto read = transform::steps_from_json(Json::parse(json.dump()));
  ASSERT_TRUE(read.ok()) << to_string(read.error());
  EXPECT_EQ(transform::to_json(*read), json);
  const auto plan = transform::Plan::bind(*read, golden().schema);
  transform::BatchNotes notes;
  const auto table = plan->apply(golden().rows, notes);
  transform::RecordScratch scratch;
  for (std::size_t row = 0; row < golden().rows.row_count(); ++row) {
    table::Record record = expression::record_at(golden().rows, row);
    const base::Status status = plan->apply(record, scratch);
    const bool is_outside = !notes.outside.empty() && notes.outside[row] != 0;
    ASSERT_EQ(status.ok(), !is_outside);
    if (is_outside) continue;
    for (std::size_t i = 0; i < record.size(); ++i) {
      ASSERT_TRUE(expression::equal_cells(record[i], table::cell_at(table->column(i), row)))
          << table->column(i).name() << " row " << row;
    }
  }
}

TEST_P(SklearnGolden, GivesARowAloneTheSameBitsAsAmongOthers) {
  const auto fitted = golden().fit(example());
  ASSERT_TRUE(fitted.ok()) << to_string(fitted.error());
  const auto plan = transform::Plan::bind(fitted->steps, golden().schema);
  transform::BatchNotes notes;
  const auto table = plan->apply(golden().rows, notes);
  ASSERT_TRUE(table.ok());
  for (std::uint32_t row = 0; row < golden().rows.row_count(); ++row) {
    transform::BatchNotes own_notes;
    const auto alone = plan->apply(golden().rows.gathered(std::vector{row}), own_notes);
    ASSERT_TRUE(alone.ok()) << to_string(alone.error());
    const bool is_outside = !notes.outside.empty() && notes.outside[row] != 0;
    ASSERT_EQ(is_outside, !own_notes.outside.empty() && own_notes.outside[0] != 0);
    for (std::size_t i = 0; i < alone->columns().size(); ++i) {
      ASSERT_TRUE(
          expression::equal_cells(table::cell_at(alone->column(i), 0), table::cell_at(table->column(i), row)))
          << table->column(i).name() << " row " << row;
    }
  }
}

TEST_P(SklearnGolden, AllocatesNothingForARecord) {
  if (example().value("allocates", false)) GTEST_SKIP() << "RE2 allocates where groups are asked for";
  if (!test_support::allocations_are_counted()) GTEST_SKIP() << "this sanitizer counts no allocations";
  const auto fitted = golden().fit(example());
  const auto plan = transform::Plan::bind(fitted->steps, golden().schema);
  transform::RecordScratch scratch;
  table::Record record;
  for (std::uint32_t row = 0; row < 40; ++row) {
    const table::Record raw = expression::record_at(golden().rows, row);
    for (int warm_up = 0; warm_up < 3; ++warm_up) {
      record.assign(raw.begin(), raw.end());
      (void)plan->apply(record, scratch).ok();
    }
    record.assign(raw.begin(), raw.end());
    const std::size_t before = test_support::allocation_count();
    const bool is_answered = plan->apply(record, scratch).ok();
    const std::size_t after = test_support::allocation_count();
    if (!is_answered) continue;  // an error has a text
    ASSERT_EQ(after, before) << "row " << row;
  }
}

// What learns or applies row by row must be here; filters and names have tests of their own.
TEST(SklearnGolden, HasEveryKindOfStep) {
  std::set<std::string> kinds = {"filter", "remove", "rename", "add_features", "sample"};
  for (const Json& one : golden().json["cases"]) kinds.insert(one["step"].begin().key());
  const Json schema = contract::recipe_json_schema();
  for (const Json& kind : schema["properties"]["preprocess"]["items"]["oneOf"]) {
    EXPECT_TRUE(kinds.contains(kind["required"][0])) << kind["required"][0];
  }
}

INSTANTIATE_TEST_SUITE_P(All, SklearnGolden, ::testing::Range<std::size_t>(0, golden().json["cases"].size()),
                         [](const auto& one) {
                           return golden().json["cases"][one.param]["step"].begin().key() + "_" +
                                  std::to_string(one.param);
                         });

}  // namespace
}  // namespace archmlp::preprocess
