#include "archmlp/transform/steps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "archmlp/expression/test_support.h"
#include "archmlp/transform/plan.h"
#include "archmlp/transform/steps_summary.h"

namespace archmlp::transform {
namespace {

using contract::ColumnKind;
using contract::Value;
using table::Cell;
using table::Table;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// count 1 2 (missing); amount 0.5 (missing) -1.0; flag true false (missing); type a (missing) b.
/// Lives on: cells of records point into it.
const Table& example() {
  static const Table table = *Table::from_columns({{"count", table::IntegerCells{{1, 2, 0}, {0, 0, 1}}},
                                                   {"amount", table::RealCells{{0.5, kNan, -1.0}}},
                                                   {"flag", table::BooleanCells{{1, 0, -1}}},
                                                   {"type", table::TextCells{{0, -1, 1}, {"a", "b"}}}});
  return table;
}

contract::Schema example_schema() { return expression::schema_of(example()); }

struct Applied {
  Table table;
  contract::Schema schema;
  BatchNotes notes;
};

/// By table; and by record, which must agree.
Applied apply(const StepPointer& step) {
  Applied applied;
  const auto plan = Plan::bind({step}, example_schema());
  EXPECT_TRUE(plan.ok()) << to_string(plan.error());
  applied.schema = plan->output();
  auto table = plan->apply(example(), applied.notes);
  EXPECT_TRUE(table.ok()) << to_string(table.error());
  applied.table = std::move(table).value();
  EXPECT_EQ(applied.table.names(), applied.schema.names());
  RecordScratch scratch;
  for (std::size_t row = 0; row < 3; ++row) {
    table::Record record = expression::record_at(example(), row);
    const base::Status status = plan->apply(record, scratch);
    if (!applied.notes.outside.empty() && applied.notes.outside[row] != 0) {
      EXPECT_EQ(status.error().code, base::ErrorCode::kOutsidePopulation);
      continue;
    }
    EXPECT_TRUE(status.ok());
    for (std::size_t i = 0; i < record.size(); ++i) {
      EXPECT_EQ(applied.table.column(i).kind(), applied.schema.columns[i].kind);
      EXPECT_TRUE(expression::equal_cells(record[i], table::cell_at(applied.table.column(i), row)));
    }
  }
  return applied;
}

std::vector<std::string> column_texts(const Table& table, std::string_view name) {
  std::vector<std::string> texts;
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    texts.push_back(contract::to_text(table.find(name)->value(row)));
  }
  return texts;
}

std::string error_of(const StepPointer& step) {
  const auto plan = Plan::bind({step}, example_schema());
  EXPECT_FALSE(plan.ok());
  return plan.ok() ? "" : to_string(plan.error());
}

TEST(Filter, MarksRowsAndRefusesRecords) {
  const Applied applied = apply(make_filter("amount > 0"));
  EXPECT_THAT(applied.notes.outside, ElementsAre(0, 1, 1));  // missing is not met
  EXPECT_EQ(applied.table.row_count(), 3U);
  EXPECT_THAT(apply(make_filter("count > 0 or isnull(count)")).notes.outside, IsEmpty());
}

TEST(Filter, WantsACondition) {
  EXPECT_THAT(error_of(make_filter("amount + 1")),
              HasSubstr("step 1 (filter): expected a condition, found a number"));
  EXPECT_THAT(error_of(make_filter("amuont > 1")), HasSubstr("did you mean \"amount\"?"));
}

TEST(Remove, LeavesColumnsOut) {
  EXPECT_THAT(apply(make_remove({"type", "count"})).schema.names(), ElementsAre("amount", "flag"));
  const Applied none = apply(make_remove({"count", "amount", "flag", "type"}));
  EXPECT_EQ(none.table.row_count(), 3U);
  EXPECT_THAT(none.schema.names(), IsEmpty());
}

TEST(Remove, NamesNearestColumns) {
  EXPECT_EQ(error_of(make_remove({"typ"})),
            "step 1 (remove): unknown column \"typ\". Hint: did you mean \"type\"?");
  EXPECT_THAT(error_of(make_remove({"type", "type"})), HasSubstr("named twice"));
}

TEST(Rename, SwapsNamesAtOnce) {
  const Applied applied = apply(make_rename({{"count", "amount"}, {"amount", "count"}}));
  EXPECT_THAT(applied.schema.names(), ElementsAre("amount", "count", "flag", "type"));
  EXPECT_EQ(applied.schema.columns[0].kind, ColumnKind::kInteger);
  EXPECT_THAT(error_of(make_rename({{"count", "amount"}})),
              HasSubstr("two columns would be named \"amount\""));
  EXPECT_THAT(error_of(make_rename({{"count", ""}})), HasSubstr("is empty"));
  EXPECT_THAT(error_of(make_rename({{"x", "y"}})), HasSubstr("unknown column"));
}

TEST(Replace, KeepsOrWidensTheKind) {
  const Applied whole = apply(make_replace({"count"}, "type == 'a'", std::int64_t{-1}));
  EXPECT_EQ(whole.schema.columns[0].kind, ColumnKind::kInteger);
  EXPECT_THAT(column_texts(whole.table, "count"), ElementsAre("-1", "2", ""));
  EXPECT_EQ(apply(make_replace({"count"}, "flag", 3.0)).schema.columns[0].kind, ColumnKind::kInteger);
  const Applied fractional = apply(make_replace({"count", "amount"}, "isnull(type)", 0.5));
  EXPECT_EQ(fractional.schema.columns[0].kind, ColumnKind::kReal);
  EXPECT_THAT(column_texts(fractional.table, "count"), ElementsAre("1.0", "0.5", ""));
  EXPECT_THAT(column_texts(fractional.table, "amount"), ElementsAre("0.5", "0.5", "-1.0"));
}

TEST(Replace, EvaluatesItsConditionBeforeAnyColumnChanges) {
  const Applied applied =
      apply(make_replace({"count", "amount"}, "count == 1 and amount == 0.5", std::int64_t{9}));
  EXPECT_THAT(column_texts(applied.table, "count"), ElementsAre("9", "2", ""));
  EXPECT_THAT(column_texts(applied.table, "amount"), ElementsAre("9.0", "", "-1.0"));
}

TEST(Replace, TakesTextBooleansAndNull) {
  EXPECT_THAT(column_texts(apply(make_replace({"type"}, "isnull(type)", std::string("b"))).table, "type"),
              ElementsAre("a", "b", "b"));
  EXPECT_THAT(column_texts(apply(make_replace({"type"}, "isnull(type)", std::string("new"))).table, "type"),
              ElementsAre("a", "new", "b"));
  EXPECT_THAT(column_texts(apply(make_replace({"flag"}, "not flag", true)).table, "flag"),
              ElementsAre("true", "true", ""));
  contract::Schema schema = example_schema();
  schema.columns[0].nullable = false;
  const auto plan = Plan::bind({make_replace({"count"}, "flag", Value())}, schema);
  EXPECT_TRUE(plan->output().columns[0].nullable);
  EXPECT_THAT(column_texts(apply(make_replace({"count"}, "flag", Value())).table, "count"),
              ElementsAre("", "2", ""));
}

TEST(Replace, RefusesValuesThatDoNotFit) {
  EXPECT_EQ(error_of(make_replace({"count"}, "flag", std::string("none"))),
            "step 1 (replace): column \"count\": expected an integer value, found text \"none\"");
  EXPECT_THAT(error_of(make_replace({"type"}, "flag", std::int64_t{1})),
              HasSubstr("put the value in quotes"));
  EXPECT_THAT(error_of(make_replace({"flag"}, "flag", std::int64_t{1})),
              HasSubstr("expected a boolean value"));
  EXPECT_THAT(error_of(make_replace({"amount"}, "flag", true)), HasSubstr("expected a real value"));
  EXPECT_THAT(error_of(make_replace({"amount"}, "amount", 1.0)), HasSubstr("expected a condition"));
}

TEST(AddFeatures, UsesEarlierOnesAndReplacesInPlace) {
  const Applied applied = apply(make_add_features(
      {{"twice", "2 * amount"}, {"count", "twice + count"}, {"big", "count > 2"}, {"upper", "upper(type)"}}));
  EXPECT_THAT(applied.schema.names(),
              ElementsAre("count", "amount", "flag", "type", "twice", "big", "upper"));
  EXPECT_EQ(applied.schema.columns[0].kind, ColumnKind::kReal);
  EXPECT_EQ(applied.schema.columns[5].kind, ColumnKind::kBoolean);
  EXPECT_TRUE(applied.schema.columns[4].nullable);
  EXPECT_THAT(column_texts(applied.table, "count"), ElementsAre("2.0", "", ""));
  EXPECT_THAT(column_texts(applied.table, "upper"), ElementsAre("A", "", "B"));
}

TEST(AddFeatures, NamesTheFeatureAtFault) {
  EXPECT_THAT(error_of(make_add_features({{"a", "1"}, {"b", "nothing + 1"}})),
              HasSubstr("step 1 (add_features): feature \"b\": unknown column \"nothing\""));
}

TEST(Impute, FillsMissingAndPlaceholders) {
  const Applied applied =
      apply(make_impute({{"count", std::int64_t{7}}, {"amount", 0.25}, {"type", std::string("b")}},
                        {2.0, std::int64_t{-1}, std::string("a")}));
  EXPECT_THAT(column_texts(applied.table, "count"), ElementsAre("1", "7", "7"));
  EXPECT_THAT(column_texts(applied.table, "amount"), ElementsAre("0.5", "0.25", "0.25"));
  EXPECT_THAT(column_texts(applied.table, "type"), ElementsAre("b", "b", "b"));
  EXPECT_EQ(applied.schema.columns[0].kind, ColumnKind::kInteger);
  EXPECT_FALSE(applied.schema.columns[0].nullable);
  EXPECT_TRUE(applied.schema.columns[2].nullable);
}

TEST(Impute, ARealFillMakesAnIntegerColumnReal) {
  const Applied applied = apply(make_impute({{"count", 1.0}}, {}));
  EXPECT_EQ(applied.schema.columns[0].kind, ColumnKind::kReal);
  EXPECT_THAT(column_texts(applied.table, "count"), ElementsAre("1.0", "2.0", "1.0"));
  EXPECT_THAT(error_of(make_impute({{"count", Value()}}, {})), HasSubstr("filled with null"));
  EXPECT_THAT(error_of(make_impute({{"type", 1.0}}, {})), HasSubstr("expected a text value"));
}

TEST(OneHot, AppendsColumnsBehindAllOthers) {
  const Applied applied =
      apply(make_one_hot({{"type", {std::string("a"), std::string("z")}}, {"flag", {false, true}}}));
  EXPECT_THAT(applied.schema.names(),
              ElementsAre("count", "amount", "type_a", "type_z", "flag_false", "flag_true"));
  EXPECT_THAT(column_texts(applied.table, "type_a"), ElementsAre("1", "0", "0"));
  EXPECT_THAT(column_texts(applied.table, "type_z"), ElementsAre("0", "0", "0"));
  EXPECT_THAT(column_texts(applied.table, "flag_true"), ElementsAre("1", "0", "0"));
  EXPECT_THAT(column_texts(applied.table, "flag_false"), ElementsAre("0", "1", "0"));
  EXPECT_THAT(applied.notes.unknown_categories, ElementsAre(Pair("type", 1)));  // "b"; missing is not unknown
  EXPECT_EQ(applied.schema.columns[2].kind, ColumnKind::kInteger);
  EXPECT_FALSE(applied.schema.columns[2].nullable);
}

TEST(OneHot, MatchesNumbersByValue) {
  const Applied applied =
      apply(make_one_hot({{"count", {1.0, std::int64_t{2}}}, {"amount", {std::int64_t{-1}, 0.5}}}));
  EXPECT_THAT(applied.schema.names(),
              ElementsAre("flag", "type", "count_1.0", "count_2", "amount_-1", "amount_0.5"));
  EXPECT_THAT(column_texts(applied.table, "count_1.0"), ElementsAre("1", "0", "0"));
  EXPECT_THAT(column_texts(applied.table, "amount_-1"), ElementsAre("0", "0", "1"));
}

TEST(OneHot, TheErrorPolicyNamesRowOrColumn) {
  const auto plan =
      *Plan::bind({make_one_hot({{"type", {std::string("a")}, UnknownPolicy::kError}})}, example_schema());
  BatchNotes notes;
  EXPECT_EQ(to_string(plan.apply(example(), notes).error()),
            "row 3: column \"type\": the value \"b\" was not seen in training. Hint: send a known value, or "
            "train with "
            "handle_unknown: ignore");
  RecordScratch scratch;
  table::Record record = expression::record_at(example(), 2);
  EXPECT_EQ(plan.apply(record, scratch).error().where, "type");
}

TEST(OneHot, DoesNotLookAtRowsOutsideThePopulation) {
  const auto plan = *Plan::bind({make_filter("isnull(type) or type == 'a'"),
                                 make_one_hot({{"type", {std::string("a")}, UnknownPolicy::kError}})},
                                example_schema());
  BatchNotes notes;
  EXPECT_TRUE(plan.apply(example(), notes).ok());
  EXPECT_THAT(notes.unknown_categories, IsEmpty());
}

TEST(OneHot, RefusesCollisionsAndBadCategories) {
  EXPECT_THAT(to_string(Plan::bind({make_rename({{"amount", "type_a"}}),
                                    make_one_hot({{"type", {std::string("a")}}})},
                                   example_schema())
                            .error()),
              HasSubstr("step 2 (one_hot): two columns would be named \"type_a\""));
  EXPECT_THAT(error_of(make_one_hot({{"type", {std::string("b"), std::string("a")}}})),
              HasSubstr("not sorted"));
  EXPECT_THAT(error_of(make_one_hot({{"type", {std::int64_t{1}}}})), HasSubstr("cannot be the value of"));
  EXPECT_THAT(error_of(make_one_hot({{"flag", {Value()}}})), HasSubstr("cannot be the value of"));
}

TEST(OneHot, RareCategoriesShareAColumnAndTheFirstIsLeftOut) {
  const auto encoded = [](UnknownPolicy unknown, bool drop_first) {
    return make_one_hot({{.name = "type",
                          .categories = {std::string("a"), std::string("c"), std::string("d")},
                          .unknown = unknown,
                          .infrequent = {std::string("a"), std::string("d")},
                          .drop_first = drop_first}});
  };
  const Applied rare = apply(encoded(UnknownPolicy::kIgnore, false));
  EXPECT_THAT(rare.schema.names(), ElementsAre("count", "amount", "flag", "type_c", "type_infrequent"));
  EXPECT_THAT(column_texts(rare.table, "type_infrequent"), ElementsAre("1", "0", "0"));
  const Applied unknown = apply(encoded(UnknownPolicy::kInfrequent, false));
  EXPECT_THAT(column_texts(unknown.table, "type_infrequent"), ElementsAre("1", "0", "1"));
  EXPECT_THAT(unknown.notes.unknown_categories, ElementsAre(Pair("type", 1)));
  EXPECT_THAT(apply(encoded(UnknownPolicy::kIgnore, true)).schema.names(),
              ElementsAre("count", "amount", "flag", "type_infrequent"));
  EXPECT_THAT(error_of(make_one_hot(
                  {{.name = "type", .categories = {std::string("a")}, .infrequent = {std::string("b")}}})),
              HasSubstr("not part of its categories"));
}

TEST(Impute, FillsByGroupAndMarksWhatWasMissing) {
  const Applied applied = apply(
      make_impute({{.name = "amount", .fill = 9.0, .indicator = true, .groups = {{std::int64_t{2}, 0.25}}}},
                  {-1.0}, "count"));
  EXPECT_THAT(column_texts(applied.table, "amount"), ElementsAre("0.5", "0.25", "9.0"));
  EXPECT_THAT(column_texts(applied.table, "amount_missing"), ElementsAre("0", "1", "1"));
  EXPECT_THAT(
      error_of(make_impute({{.name = "count", .fill = std::int64_t{1}, .groups = {{std::string("a"), 0.5}}}},
                           {}, "type")),
      HasSubstr("not of the kind of its own"));
}

TEST(DropMissing, MarksRowsWithTooFewValues) {
  EXPECT_THAT(apply(make_drop_missing({"count", "amount", "flag", "type"}, 2)).notes.outside, IsEmpty());
  EXPECT_THAT(apply(make_drop_missing({"count", "amount", "flag", "type"}, 3)).notes.outside,
              ElementsAre(0, 1, 1));
}

TEST(TextHash, GivesEachTextOneFeature) {
  EXPECT_EQ(fnv1a("", 0), 0xA8C7F832281A39C5ULL);  // of eight zero bytes
  const Applied applied = apply(make_text_hash({{"type", 3, 0}}));
  EXPECT_THAT(applied.schema.names(),
              ElementsAre("count", "amount", "flag", "type_hash_0", "type_hash_1", "type_hash_2"));
  const std::size_t feature = fnv1a("a", 0) % 3;
  EXPECT_EQ(column_texts(applied.table, "type_hash_" + std::to_string(feature))[0], "1");
  EXPECT_THAT(error_of(make_text_hash({{"count", 3, 0}})), HasSubstr("is integer, not text"));
}

TEST(Log, RefusesNumbersOutsideItsDomain) {
  const auto plan = *Plan::bind({make_log(Logarithm::kLog, {"amount"})}, example_schema());
  BatchNotes notes;
  EXPECT_EQ(to_string(plan.apply(example(), notes).error()),
            "row 3: column \"amount\": -1.0 has no logarithm, only numbers > 0 do. Hint: use power, which "
            "takes every number, clip the column first, or filter such rows");
  RecordScratch scratch;
  table::Record record = expression::record_at(example(), 2);
  EXPECT_EQ(plan.apply(record, scratch).error().where, "amount");
  const auto filtered =
      *Plan::bind({make_filter("amount > 0"), make_log(Logarithm::kLog, {"amount"})}, example_schema());
  EXPECT_TRUE(filtered.apply(example(), notes).ok());
  EXPECT_THAT(error_of(make_log(Logarithm::kLog1p, {"type"})), HasSubstr("is text, not numbers"));
}

TEST(Clip, KeepsIntegersWhereItsBoundsAreWhole) {
  const Applied whole = apply(make_clip({{"count", 2.0, std::nullopt}}));
  EXPECT_EQ(whole.schema.columns[0].kind, ColumnKind::kInteger);
  EXPECT_THAT(column_texts(whole.table, "count"), ElementsAre("2", "2", ""));
  EXPECT_THAT(column_texts(apply(make_clip({{"count", 1.5, 1.75}})).table, "count"),
              ElementsAre("1.5", "1.75", ""));
}

TEST(Ordinal, NumbersKnownValuesAndMarksOthers) {
  const auto encoded = [](std::optional<std::int64_t> unknown_value) {
    return make_ordinal({{.name = "type",
                          .categories = {std::string("a"), std::string("c")},
                          .unknown = UnknownPolicy::kIgnore,
                          .unknown_value = unknown_value}});
  };
  EXPECT_THAT(column_texts(apply(encoded(-1)).table, "type"), ElementsAre("0", "", "-1"));
  EXPECT_THAT(column_texts(apply(encoded(std::nullopt)).table, "type"), ElementsAre("0", "", ""));
  const auto plan = *Plan::bind({make_ordinal({{"type", {std::string("a")}}})}, example_schema());
  BatchNotes notes;
  EXPECT_EQ(plan.apply(example(), notes).error().where, "row 3");
}

TEST(Cast, ReadsTextsAsTheTypeAndNamesWhatItCannot) {
  EXPECT_THAT(error_of(make_cast({.columns = {"amount"}, .type = CastType::kDate})),
              HasSubstr("is real, which cannot be read as a date"));
  EXPECT_THAT(
      column_texts(apply(make_cast({.columns = {"count", "amount", "flag"}, .type = CastType::kText})).table,
                   "amount"),
      ElementsAre("0.5", "", "-1.0"));
  const Applied missing =
      apply(make_cast({.columns = {"type"}, .type = CastType::kReal, .invalid_is_missing = true}));
  EXPECT_THAT(column_texts(missing.table, "type"), ElementsAre("", "", ""));
  const auto plan =
      *Plan::bind({make_cast({.columns = {"type"}, .type = CastType::kReal})}, example_schema());
  BatchNotes notes;
  EXPECT_EQ(to_string(plan.apply(example(), notes).error()),
            "row 1: column \"type\": expected a number, found \"a\". Hint: errors: missing makes such values "
            "missing; "
            "`replace` can set them right before");
  RecordScratch scratch;
  table::Record record = expression::record_at(example(), 2);
  EXPECT_EQ(plan.apply(record, scratch).error().where, "type");
  const auto filtered =
      *Plan::bind({make_filter("isnull(type)"), make_cast({.columns = {"type"}, .type = CastType::kReal})},
                  example_schema());
  EXPECT_TRUE(filtered.apply(example(), notes).ok());
}

TEST(ReplaceRegex, RefusesPatternsAndTextsThatCannotBe) {
  EXPECT_THAT(error_of(make_replace_regex({"type"}, "(a", "x")),
              HasSubstr("the regular expression \"(a\" is not valid"));
  EXPECT_THAT(error_of(make_replace_regex({"type"}, "(a)\\1", "x")), HasSubstr("is not valid"));
  EXPECT_THAT(error_of(make_replace_regex({"type"}, "a", "\\1")), HasSubstr("does not go with"));
  EXPECT_THAT(error_of(make_replace_regex({"type"}, std::string(5000, 'a'), "x")),
              HasSubstr("more than 4096 bytes"));
  EXPECT_THAT(error_of(make_replace_regex({"count"}, "a", "x")),
              HasSubstr("a regular expression is for text"));
  // Steps behind each other cannot grow a text for ever.
  const std::vector<StepPointer> grow(4, make_replace_regex({"type"}, "a", std::string(100, 'a')));
  const auto plan = *Plan::bind(grow, example_schema());
  BatchNotes notes;
  EXPECT_EQ(plan.apply(example(), notes).error().code, base::ErrorCode::kResourceLimit);
  RecordScratch scratch;
  table::Record record = expression::record_at(example(), 0);
  EXPECT_EQ(plan.apply(record, scratch).error().code, base::ErrorCode::kResourceLimit);
}

TEST(Join, FindsRowsByValueAndKind) {
  const auto keys = [](table::Cells cells) { return *Table::from_columns({{"key", std::move(cells)}}); };
  const Table values = *Table::from_columns({{"made", table::TextCells{{0, 1}, {"one", "two"}}}});
  const auto joined = [&](table::Cells cells, JoinKind how) {
    return make_join({.how = how, .on = {"count"}, .keys = keys(std::move(cells)), .columns = values});
  };
  const Applied left = apply(joined(table::RealCells{{1.0, 2.5}}, JoinKind::kLeft));
  EXPECT_THAT(column_texts(left.table, "made"), ElementsAre("one", "", ""));
  const Applied inner = apply(joined(table::IntegerCells{{2, 3}, {}}, JoinKind::kInner));
  EXPECT_THAT(inner.notes.outside, ElementsAre(1, 0, 1));
  EXPECT_FALSE(inner.schema.columns.back().nullable);
  EXPECT_THAT(error_of(joined(table::TextCells{{0, 1}, {"1", "2"}}, JoinKind::kLeft)),
              HasSubstr("column \"count\" is integer, but the key \"key\" of the joined table is text"));
}

TEST(StepsSummary, LeavesOutTheRowsOfJoinedTables) {
  const StepPointer join =
      make_join({.on = {"count"},
                 .keys = *Table::from_columns({{"key", table::IntegerCells{{1, 2}, {}}}}),
                 .columns = *Table::from_columns({{"made", table::RealCells{{0.5, 1.5}}}})});
  const nlohmann::ordered_json summary = summary_of(to_json({make_remove({"flag"}), join}));
  EXPECT_EQ(summary[0], make_remove({"flag"})->to_json());
  EXPECT_EQ(summary[1].dump(),
            R"({"kind":"join","how":"left","on":["count"],"row_count":2,)"
            R"("keys":[{"name":"key","kind":"integer"}],"columns":[{"name":"made","kind":"real"}]})");
}

TEST(DateParts, RefusesWhatIsNoDate) {
  EXPECT_THAT(error_of(make_date_parts({.columns = {"amount"}, .parts = {DatePart::kYear}})),
              HasSubstr("is no date"));
  const auto plan =
      *Plan::bind({make_date_parts({.columns = {"type"}, .parts = {DatePart::kYear}})}, example_schema());
  BatchNotes notes;
  EXPECT_EQ(
      to_string(plan.apply(example(), notes).error()),
      "row 1: column \"type\": expected a date as in 2024-01-31 or 2024-01-31T18:30:00, found \"a\". Hint: "
      "errors: missing makes such values missing; `format` says how dates are written");
}

TEST(StepJson, SaysWhatIsWrong) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {R"([])", "expected an object"},
      {R"({})", "kind"},
      {R"({"kind": "one_hott"})", "did you mean \"one_hot\""},
      {R"({"kind": "filter"})", "condition"},
      {R"({"kind": "filter", "condition": 1})", "condition"},
      {R"({"kind": "filter", "condition": "a", "more": 1})", "more"},
      {R"({"kind": "remove", "columns": "a"})", "columns"},
      {R"({"kind": "remove", "columns": [1]})", "columns"},
      {R"({"kind": "rename", "names": [["a", "b"]]})", "names[0]"},
      {R"({"kind": "replace", "columns": ["a"], "where": "b", "with": [1]})", "step.with"},
      {R"({"kind": "replace", "columns": ["a"], "where": "b"})", "with"},
      {R"({"kind": "add_features", "features": [{"name": "a"}]})", "features[0]"},
      {R"({"kind": "impute", "columns": [{"name": "a", "fill": {}}], "missing_values": []})",
       "columns[0].fill"},
      {R"({"kind": "impute", "columns": [], "missing_values": [9999999999999999999]})", "missing_values[0]"},
      {R"({"kind": "one_hot", "columns": [{"name": "a", "categories": [], "unknown": "what"}]})",
       "columns[0].unknown"},
      {R"({"kind": "one_hot", "columns": [{"name": "a", "categories": [[]], "unknown": "error"}]})",
       "categories[0]"},
      {R"({"kind": "one_hot", "columns": [{"name": "a", "categories": [], "unknown": "ignore", "more": 1}]})",
       "more"},
      {R"({"kind": "scale", "columns": [{"name": "a", "center": 0, "scale": 0}]})", "columns[0].scale"},
      {R"({"kind": "scale", "columns": [{"name": "a", "center": null, "scale": 1}]})", "columns[0].center"},
      {R"({"kind": "log", "columns": [{}]})", "columns"},
      {R"({"kind": "power", "columns": [{"name": "a", "lambda": 1, "center": 0, "scale": -1}]})",
       "columns[0].scale"},
      {R"({"kind": "clip", "columns": [{"name": "a", "lower": 2, "upper": 1}]})", "columns[0]"},
      {R"({"kind": "clip", "columns": [{"name": "a", "lower": "2", "upper": null}]})", "columns[0].lower"},
      {R"({"kind": "bin", "columns": [{"name": "a", "edges": [2, 1]}]})", "columns[0].edges"},
      {R"({"kind": "bin", "columns": [{"name": "a", "edges": [null]}]})", "columns[0].edges[0]"},
      {R"({"kind": "ordinal", "columns": [{"name": "a", "categories": [], "unknown": "error", "unknown_value": 0}]})",
       "columns[0].unknown_value"},
      {R"({"kind": "impute", "columns": [{"name": "a", "fill": 1, "groups": []}, {"name": "b", "fill": 1,
           "groups": [{"group": 1, "fill": 2}]}], "missing_values": []})",
       "columns[1].groups"},
      {R"({"kind": "impute", "columns": [{"name": "a", "fill": 1, "groups": [{"group": 2, "fill": 2},
           {"group": 1, "fill": 2}]}], "missing_values": [], "group_by": "g"})",
       "groups[1].group"},
      {R"({"kind": "drop_missing", "columns": ["a"], "min_count": 2})", "min_count"},
      {R"({"kind": "drop_missing", "columns": ["a"], "min_count": -1})", "min_count"},
      {R"({"kind": "text_hash", "columns": [{"name": "a", "n_features": 0, "seed": 0}]})", "n_features"},
      {R"({"kind": "text_hash", "columns": [{"name": "a", "n_features": 4097, "seed": 0}]})", "n_features"},
      {R"({"kind": "pca", "columns": ["a"], "mean": [], "components": []})", "mean"},
      {R"({"kind": "pca", "columns": ["a"], "mean": [0], "components": [{"loadings": [1, 2]}]})",
       "components[0].loadings"},
      {R"({"kind": "target_encode", "columns": [], "outputs": []})", "outputs"},
      {R"({"kind": "replace", "columns": ["a"], "map": [{"from": 2, "to": 1}, {"from": 2.0, "to": 1}]})",
       "map[1].from"},
      {R"({"kind": "replace", "columns": ["a"], "map": [{"from": 2}]})", "map[0]"},
      {R"({"kind": "replace", "columns": ["a"], "regex": "x", "with": 1})", "with"},
      {R"({"kind": "date_parts", "columns": ["a"], "parts": [], "cyclic": false, "format": "%Y", "unit": "s",
           "invalid_is_missing": true})",
       "no part is named"},
      {R"({"kind": "date_parts", "columns": ["a"], "parts": ["day", "day"]})",
       "repeated part of a date \"day\""},
      {R"({"kind": "date_parts", "columns": ["a"], "parts": ["day"], "cyclic": false, "format": "%Q", "unit": "s",
           "invalid_is_missing": true})",
       "step.format"},
      {R"({"kind": "date_parts", "columns": ["a"], "parts": ["day"], "cyclic": false, "format": "%Y", "unit": "h",
           "invalid_is_missing": true})",
       "step.unit"},
      {R"({"kind": "cast", "columns": ["a"], "type": "complex"})", "step.type"},
      {R"({"kind": "cast", "columns": ["a"], "type": "real", "decimal": "x"})", "step.decimal"},
      {R"({"kind": "cast", "columns": ["a"], "type": "real", "decimal": ".", "thousands": "."})",
       "step.thousands"},
      {R"({"kind": "cast", "columns": ["a"], "type": "real", "decimal": ".", "thousands": ",", "currency": "5"})",
       "step.currency"},
      {R"({"kind": "join", "how": "outer"})", "step.how"},
      {R"({"kind": "join", "how": "left", "on": ["a"], "row_count": 1, "keys": [], "columns": []})",
       "step.keys"},
      {R"({"kind": "join", "how": "left", "on": ["a"], "row_count": 2, "keys": [{"name": "k", "kind": "integer",
           "values": [1]}], "columns": []})",
       "keys[0].values"},
      {R"({"kind": "join", "how": "left", "on": ["a"], "row_count": 1, "keys": [{"name": "k", "kind": "integer",
           "values": [null]}], "columns": []})",
       "keys[0].values[0]"},
      {R"({"kind": "join", "how": "left", "on": ["a"], "row_count": 2, "keys": [{"name": "k", "kind": "integer",
           "values": [1, 1]}], "columns": []})",
       "keys[0].values[1]"},
      {R"({"kind": "join", "how": "left", "on": ["a"], "row_count": 1, "keys": [{"name": "k", "kind": "number",
           "values": [1]}], "columns": []})",
       "keys[0].kind"},
      {R"({"kind": "target_encode", "columns": [{"name": "a", "categories": [1], "encodings": [1, 2]}],
           "outputs": [""]})",
       "columns[0].encodings"},
  };
  for (const auto& [text, part] : cases) {
    const auto step = step_from_json(nlohmann::ordered_json::parse(text));
    ASSERT_FALSE(step.ok()) << text;
    EXPECT_THAT(to_string(step.error()), HasSubstr(part)) << text;
  }
  EXPECT_FALSE(steps_from_json(nlohmann::ordered_json::object()).ok());
  EXPECT_THAT(to_string(steps_from_json(nlohmann::ordered_json::parse(R"([{"kind": "x"}])")).error()),
              HasSubstr("steps[0].kind"));
}

}  // namespace
}  // namespace archmlp::transform
