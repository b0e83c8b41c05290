#include "archmlp/transform/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "archmlp/base/rng.h"
#include "archmlp/transform/readers.h"
#include "archmlp/transform/steps.h"
#include "archmlp/transform/test_support.h"

namespace archmlp::transform {
namespace {

using expression::equal_cells;
using expression::record_at;
using testing::ElementsAre;
using testing::HasSubstr;

/// Steps that fit one behind the other.
std::vector<StepPointer> random_steps(base::Rng& rng, const contract::Schema& schema) {
  std::vector<StepPointer> steps;
  for (std::uint64_t count = rng.below(8); count > 0; --count) {
    const contract::Schema current = Plan::bind(steps, schema)->output();
    steps.push_back(RandomStep(rng, current).make());
    if (!Plan::bind(steps, schema).ok()) steps.pop_back();  // names that collide
  }
  return steps;
}

/// Empty if the record was refused.
std::optional<table::Record> applied(const Plan& plan, table::Record record, RecordScratch& scratch) {
  if (!plan.apply(record, scratch).ok()) return std::nullopt;
  return record;
}

/// What a record that was made sparsely stands for.
table::Record expanded(table::Record record, const std::vector<std::uint32_t>& ones, std::size_t size) {
  record.resize(size, table::Cell::of(std::int64_t{0}));
  for (const std::uint32_t one : ones) record[one] = table::Cell::of(std::int64_t{1});
  return record;
}

bool equal_records(const table::Record& a, const table::Record& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), equal_cells);
}

TEST(Plan, WithoutStepsPassesEverything) {
  const contract::Schema schema = {{{.name = "a"}, {.name = "b"}}};
  const Plan plan = *Plan::bind({}, schema);
  EXPECT_EQ(plan.output(), schema);
  EXPECT_THAT(plan.needed(), ElementsAre(true, true));
}

TEST(Plan, KnowsWhichColumnsMatter) {
  const contract::Schema schema = {{{.name = "kept"},
                                    {.name = "filtered"},
                                    {.name = "source"},
                                    {.name = "unused"},
                                    {.name = "overwritten"}}};
  const Plan plan =
      *Plan::bind({make_filter("filtered > 0"), make_add_features({{"overwritten", "source + 1"}}),
                   make_remove({"filtered", "source", "unused"})},
                  schema);
  EXPECT_THAT(plan.needed(), ElementsAre(true, true, true, false, false));
}

TEST(Plan, NamesTheStepAtFault) {
  const auto plan = Plan::bind({make_remove({"a"}), make_filter("a > 1")}, {{{.name = "a"}, {.name = "b"}}});
  EXPECT_THAT(to_string(plan.error()), HasSubstr("step 2 (filter): unknown column \"a\""));
}

TEST(Plan, RefusesStepsThatMakeTooManyColumns) {
  contract::Schema schema;
  for (int i = 0; i < 50'000; ++i) schema.columns.push_back({.name = std::to_string(i)});
  const std::vector<StepPointer> steps(50, make_filter("`0` > 1"));
  EXPECT_EQ(Plan::bind(steps, schema).error().code, base::ErrorCode::kResourceLimit);
}

TEST(Plan, RecordsReuseTheirTexts) {
  const table::Table rows = *table::Table::from_columns(
      {{"t", table::TextCells{{0}, {"a text that is too long for the small string buffer"}}},
       {"x", table::RealCells{{1.0}}}});
  const Plan plan = *Plan::bind({make_add_features({{"u", "upper(t)"}, {"l", "lower(u)"}}),
                                 make_one_hot({{"u", {}}}), make_remove({"x"})},
                                expression::schema_of(rows));
  RecordScratch scratch;
  table::Record record;
  const auto run = [&] {
    record = record_at(rows, 0);
    ASSERT_TRUE(plan.apply(record, scratch).ok());
  };
  for (int i = 0; i < 4; ++i) run();
  const std::size_t texts = scratch.expression.texts.size();
  for (int i = 0; i < 100; ++i) run();
  EXPECT_EQ(scratch.expression.texts.size(), texts);
  EXPECT_EQ(record[1].text, "a text that is too long for the small string buffer");
}

TEST(PlanProperty, TableAndRecordAgreeToTheBit) {
  base::Rng rng(11);
  RecordScratch scratch;
  int compared = 0;
  int sparse_count = 0;
  std::set<std::string_view> kinds_seen;
  for (int round = 0; round < 3000; ++round) {
    const table::Table rows = expression::random_table(rng, 12);
    const std::vector<StepPointer> steps = random_steps(rng, expression::schema_of(rows));
    for (const StepPointer& step : steps) kinds_seen.insert(step->kind());
    const Plan plan = *Plan::bind(steps, expression::schema_of(rows));
    BatchNotes notes;
    const auto table = plan.apply(rows, notes);
    bool any_refused = false;
    std::map<std::string, std::size_t, std::less<>> unknown;
    for (std::size_t row = 0; row < rows.row_count(); ++row) {
      table::Record record = record_at(rows, row);
      const base::Status status = plan.apply(record, scratch);
      const bool is_outside = !status.ok() && status.error().code == base::ErrorCode::kOutsidePopulation;
      if (!status.ok() && !is_outside) any_refused = true;
      if (!table.ok()) continue;
      ASSERT_EQ(is_outside, !notes.outside.empty() && notes.outside[row] != 0);
      if (is_outside) continue;
      ASSERT_TRUE(status.ok()) << to_string(status.error());
      ASSERT_EQ(record.size(), plan.output().columns.size());
      table::Record sparse = record_at(rows, row);
      ASSERT_TRUE(plan.apply_sparsely(sparse, scratch).ok());
      if (sparse.size() < record.size()) ++sparse_count;
      ASSERT_TRUE(equal_records(expanded(sparse, scratch.ones, record.size()), record));
      for (std::size_t i = 0; i < record.size(); ++i) {
        ASSERT_EQ(table->column(i).name(), plan.output().columns[i].name);
        ASSERT_EQ(table->column(i).kind(), plan.output().columns[i].kind);
        ASSERT_TRUE(equal_cells(record[i], cell_at(table->column(i), row))) << table->column(i).name();
        ASSERT_TRUE(plan.output().columns[i].nullable || !record[i].missing) << table->column(i).name();
        ++compared;
      }
    }
    ASSERT_EQ(any_refused, !table.ok());
  }
  EXPECT_GT(compared, 50'000);
  EXPECT_GT(sparse_count, 500);
  EXPECT_THAT(kinds_seen, testing::UnorderedElementsAreArray(step_kinds()));
}

TEST(PlanProperty, JsonRoundTripBehavesEqually) {
  base::Rng rng(12);
  RecordScratch scratch;
  for (int round = 0; round < 500; ++round) {
    const table::Table rows = expression::random_table(rng, 8);
    const contract::Schema schema = expression::schema_of(rows);
    const std::vector<StepPointer> steps = random_steps(rng, schema);
    const nlohmann::ordered_json json = to_json(steps);
    const auto read = steps_from_json(nlohmann::ordered_json::parse(json.dump()));
    ASSERT_TRUE(read.ok()) << to_string(read.error()) << json;
    ASSERT_EQ(to_json(*read).dump(), json.dump());
    const Plan plan = *Plan::bind(steps, schema);
    const Plan plan_read = *Plan::bind(*read, schema);
    ASSERT_EQ(plan.output(), plan_read.output());
    for (std::size_t row = 0; row < rows.row_count(); ++row) {
      RecordScratch scratch_read;
      const auto a = applied(plan, record_at(rows, row), scratch);
      const auto b = applied(plan_read, record_at(rows, row), scratch_read);
      ASSERT_EQ(a.has_value(), b.has_value());
      ASSERT_TRUE(!a || equal_records(*a, *b));
    }
  }
}

TEST(PlanProperty, ColumnsThatAreNotNeededChangeNothing) {
  base::Rng rng(13);
  int changed = 0;
  for (int round = 0; round < 1500; ++round) {
    const table::Table rows = expression::random_table(rng, 8);
    const contract::Schema schema = expression::schema_of(rows);
    const Plan plan = *Plan::bind(random_steps(rng, schema), schema);
    for (std::size_t row = 0; row + 1 < rows.row_count(); ++row) {
      RecordScratch scratch, other_scratch;
      table::Record other = record_at(rows, row);
      for (std::size_t i = 0; i < other.size(); ++i) {
        if (plan.needed()[i]) continue;
        other[i] = round % 2 == 0 ? table::Cell::none(other[i].kind) : cell_at(rows.column(i), row + 1);
        ++changed;
      }
      const auto a = applied(plan, record_at(rows, row), scratch);
      const auto b = applied(plan, other, other_scratch);
      ASSERT_EQ(a.has_value(), b.has_value());
      ASSERT_TRUE(!a || equal_records(*a, *b));
    }
  }
  EXPECT_GT(changed, 1000);
}

}  // namespace
}  // namespace archmlp::transform
