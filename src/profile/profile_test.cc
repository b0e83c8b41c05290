#include "archmlp/profile/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "archmlp/base/rng.h"
#include "archmlp/profile/test_table.h"
#include "archmlp/table/csv_reader.h"

namespace archmlp::profile {
namespace {

using contract::Value;
using table::BooleanCells;
using table::Cells;
using table::Column;
using table::IntegerCells;
using table::RealCells;
using table::TextCells;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

std::vector<std::pair<Value, std::size_t>> top_of(const ColumnProfile& profile) {
  std::vector<std::pair<Value, std::size_t>> top;
  for (const auto& [value, count] : profile.top) top.emplace_back(value, count);
  return top;
}

TEST(Profile, Integers) {
  const ColumnProfile profile = profile_of(IntegerCells{{5, 3, 0, 5, -7, 3}, {0, 0, 1, 0, 0, 0}});
  EXPECT_EQ(profile.missing_count, 1U);
  EXPECT_EQ(profile.distinct_count, 3U);
  EXPECT_EQ(profile.min, Value(std::int64_t{-7}));
  EXPECT_EQ(profile.max, Value(std::int64_t{5}));
  EXPECT_EQ(profile.mean, 9.0 / 5);
  EXPECT_THAT(top_of(profile),
              ElementsAre(std::pair(Value(std::int64_t{3}), 2U), std::pair(Value(std::int64_t{5}), 2U),
                          std::pair(Value(std::int64_t{-7}), 1U)));
  ASSERT_TRUE(profile.numbers);
  EXPECT_EQ(profile.numbers->negative_count, 1U);
  EXPECT_EQ(profile.numbers->zero_count, 0U);
}

TEST(Profile, LargeIntegersDoNotOverflow) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  const ColumnProfile profile = profile_of(IntegerCells{{kMost, kMost, kMost - 1}, {}});
  EXPECT_EQ(profile.distinct_count, 2U);
  EXPECT_EQ(profile.mean, static_cast<double>(kMost));
}

TEST(Profile, Reals) {
  const ColumnProfile profile = profile_of(RealCells{{0.0, -0.0, kMissing, 2.5, kMissing, 1e308, 1e308}});
  EXPECT_EQ(profile.missing_count, 2U);
  EXPECT_EQ(profile.distinct_count, 3U);
  EXPECT_EQ(profile.min, Value(0.0));
  EXPECT_EQ(profile.max, Value(1e308));
  EXPECT_DOUBLE_EQ(profile.mean.value_or(0), 4e307);
  EXPECT_THAT(top_of(profile),
              ElementsAre(std::pair(Value(0.0), 2U), std::pair(Value(1e308), 2U), std::pair(Value(2.5), 1U)));
}

TEST(Profile, Booleans) {
  const ColumnProfile profile = profile_of(BooleanCells{{1, -1, 0, 1, 1}});
  EXPECT_EQ(profile.missing_count, 1U);
  EXPECT_EQ(profile.distinct_count, 2U);
  EXPECT_EQ(profile.min, Value(false));
  EXPECT_EQ(profile.max, Value(true));
  EXPECT_EQ(profile.mean, 0.75);
  EXPECT_THAT(top_of(profile), ElementsAre(std::pair(Value(true), 3U), std::pair(Value(false), 1U)));
  EXPECT_EQ(profile_of(BooleanCells{{1, 1}}).min, Value(true));
}

TEST(Profile, TextCountsOnlyLevelsInUse) {
  const ColumnProfile profile =
      profile_of(TextCells{{2, 0, -1, 0, 2, 3}, {"pear", "unused", "apple", "fig"}});
  EXPECT_EQ(profile.missing_count, 1U);
  EXPECT_EQ(profile.distinct_count, 3U);
  EXPECT_EQ(profile.min, Value("apple"));
  EXPECT_EQ(profile.max, Value("pear"));
  EXPECT_EQ(profile.mean, std::nullopt);
  EXPECT_THAT(top_of(profile), ElementsAre(std::pair(Value("apple"), 2U), std::pair(Value("pear"), 2U),
                                           std::pair(Value("fig"), 1U)));
}

TEST(Profile, LengthsOfTextAreInCharacters) {
  const ColumnProfile profile = profile_of(text_column("", {"東京", "", " a", "東京", "-"}).cells());
  ASSERT_TRUE(profile.text);
  EXPECT_EQ(profile.text->min_length, 0U);
  EXPECT_EQ(profile.text->max_length, 2U);
  EXPECT_EQ(profile.text->mean_length, 1.5);
  EXPECT_EQ(profile.text->empty_count, 1U);
  EXPECT_EQ(profile.text->surrounding_blank_count, 1U);
}

TEST(Profile, AllMissing) {
  for (const Cells& cells : {Cells(IntegerCells{{0, 0}, {1, 1}}), Cells(RealCells{{kMissing, kMissing}}),
                             Cells(BooleanCells{{-1, -1}}), Cells(TextCells{{-1, -1}, {"unused"}})}) {
    const ColumnProfile profile = profile_of(cells);
    EXPECT_EQ(profile.missing_count, 2U);
    EXPECT_EQ(profile.distinct_count, 0U);
    EXPECT_EQ(profile.min, std::nullopt);
    EXPECT_EQ(profile.mean, std::nullopt);
    EXPECT_FALSE(profile.numbers || profile.text);
    EXPECT_THAT(profile.top, IsEmpty());
    ASSERT_EQ(profile.warnings.size(), 1U);
    EXPECT_EQ(profile.warnings[0].kind, WarningKind::kAllMissing);
    EXPECT_EQ(profile.kind_reason, "no cell has a value");
  }
}

TEST(Profile, AgreesWithCountingOneByOne) {
  base::Rng rng(3);
  for (int round = 0; round < 60; ++round) {
    IntegerCells integers;
    std::vector<std::string> texts;
    std::map<std::int64_t, std::size_t> counts;
    std::map<std::string, std::size_t> text_counts;
    for (int row = 0; row < 200; ++row) {
      const auto value = static_cast<std::int64_t>(rng.below(1 + rng.below(60)));
      integers.values.push_back(value);
      texts.push_back("t" + std::to_string(value));
      ++counts[value];
      ++text_counts[texts.back()];
    }
    const auto expected_of = [](const auto& counted) {
      std::vector<std::pair<Value, std::size_t>> expected(counted.begin(), counted.end());
      std::stable_sort(expected.begin(), expected.end(),
                       [](const auto& a, const auto& b) { return a.second > b.second; });
      if (expected.size() > kTopCount) expected.resize(kTopCount);
      return expected;
    };
    const ColumnProfile of_integers = profile_of(integers);
    EXPECT_EQ(of_integers.distinct_count, counts.size());
    EXPECT_EQ(top_of(of_integers), expected_of(counts));
    const ColumnProfile of_texts = profile_of(text_column("", texts).cells());
    EXPECT_EQ(of_texts.distinct_count, counts.size());
    EXPECT_EQ(top_of(of_texts), expected_of(text_counts));
  }
}

// -- Why a column has its kind

std::string reason_of(const std::string& cells, bool given = false) {
  const auto csv = table::parse_csv("x,y\n" + cells, "test.csv", {});
  EXPECT_TRUE(csv.ok());
  ProfileOptions options;
  if (given) options.given_kinds.insert("x");
  return profile_table(csv->table, options)->columns[0].kind_reason;
}

TEST(KindReason, SaysWhatDecided) {
  EXPECT_EQ(reason_of("1,\n2,\n,\n"), "all 2 cells are whole numbers within 64 bits");
  EXPECT_EQ(reason_of("1,\n,\n2.5,\n"),
            "all 2 cells are numbers, the first with a fraction is \"2.5\" in row 3");
  EXPECT_EQ(reason_of("1,\n2.0,\n"),
            "all 2 cells are whole numbers, at least one of them written as 1.0, 1e3 or +1");
  EXPECT_EQ(reason_of("true,\nFalse,\n"), "all 2 cells are true or false");
  EXPECT_EQ(reason_of(",1\n,2\n"), "no cell has a value");
  EXPECT_EQ(reason_of("1,\n2,\n3,\nn.a.,\n5,\nunknown,\n"),
            "2 of 6 cells are no numbers, the first is \"n.a.\" in row 4");
  EXPECT_EQ(reason_of("1,\nx,\n"), "1 of 2 cells is no number, it is \"x\" in row 2");
  EXPECT_EQ(reason_of("1,\n007,\n08,\n"),
            "2 of 3 cells are numbers with zeros in front, the first is \"007\" in row 2");
  EXPECT_EQ(reason_of("1,\n99999999999999999999,\n"),
            "1 of 2 cells is a whole number beyond 64 bits, it is \"99999999999999999999\" in row 2");
  EXPECT_EQ(reason_of("1,\n 2,\n"), "1 of 2 cells is a number with blanks around it, it is \" 2\" in row 2");
  EXPECT_EQ(reason_of("\"1\",\n\"2\",\n"), "all cells are numbers, at least one of them in quotes");
  EXPECT_EQ(reason_of("\"true\",\nfalse,\n"), "all cells are true or false, at least one of them in quotes");
  EXPECT_EQ(reason_of("1,\ntrue,\n"), "1 of 2 cells is true or false among numbers, it is \"true\" in row 2");
  EXPECT_EQ(reason_of(",\nred,\nblue,\n"), "no cell is a number, the first is \"red\" in row 2");
  EXPECT_EQ(reason_of("1,\n2,\n", true), "given, not guessed");
}

// -- Warnings

std::vector<std::string> warnings_of(const ColumnProfile& profile) {
  std::vector<std::string> kinds;
  for (const Warning& warning : profile.warnings) kinds.emplace_back(to_string(warning.kind));
  return kinds;
}

std::vector<std::string> warnings_of(Column column) {
  std::vector<Column> columns;
  columns.push_back(std::move(column));
  return warnings_of(profile_of(table_of(std::move(columns))).columns[0]);
}

TEST(Warnings, OfOneColumn) {
  EXPECT_THAT(warnings_of(text_column("c", {"a", "b", "a"})), IsEmpty());
  EXPECT_THAT(warnings_of(text_column("c", {"a", "a", "-"})), ElementsAre("constant", "many_missing"));
  EXPECT_THAT(warnings_of(text_column("c", {"a", "b", "a", "-"})), ElementsAre("many_missing"));
  EXPECT_THAT(warnings_of(text_column("c", {"1", "2", "x", "2"})), ElementsAre("mixed_types"));
  EXPECT_THAT(warnings_of(text_column("c", {"1", "x", "y", "x"})), IsEmpty());
  EXPECT_THAT(warnings_of(text_column("c", {"01", "02", "02"})), ElementsAre("numbers_as_text"));
  EXPECT_THAT(warnings_of(text_column("c", {"2024-01-01", "2024-01-02", "2024-01-02"})),
              ElementsAre("dates_as_text"));
  EXPECT_THAT(warnings_of(text_column("c", {"a", "a ", "b", "b"})), ElementsAre("surrounding_blanks"));
  EXPECT_THAT(warnings_of(Column("one row", IntegerCells{{1}, {}})), IsEmpty());
  EXPECT_THAT(warnings_of(Column("no rows", IntegerCells{})), IsEmpty());
}

TEST(Warnings, IdentifiersAndHighCardinality) {
  IntegerCells integers;
  RealCells reals;
  std::vector<std::string> names, half;
  for (int row = 0; row < 240; ++row) {
    integers.values.push_back(row);
    reals.values.push_back(row / 7.0);
    names.push_back("customer " + std::to_string(row));
    half.push_back("customer " + std::to_string(row / 2));
  }
  EXPECT_THAT(warnings_of(Column("c", integers)), ElementsAre("identifier_like"));
  EXPECT_THAT(warnings_of(Column("c", reals)), IsEmpty()) << "real numbers mostly differ";
  EXPECT_THAT(warnings_of(text_column("c", names)), ElementsAre("identifier_like"));
  EXPECT_THAT(warnings_of(text_column("c", half)), ElementsAre("high_cardinality"));
  integers.values.resize(19);
  EXPECT_THAT(warnings_of(Column("c", integers)), IsEmpty()) << "too few rows to tell";
}

TEST(Warnings, Skewed) {
  RealCells cells{std::vector<double>(50, 1.0)};
  cells.values[0] = 1000;
  EXPECT_THAT(warnings_of(Column("c", cells)), IsEmpty()) << "two values are a class";
  cells.values[1] = 2;
  EXPECT_THAT(warnings_of(Column("c", cells)), ElementsAre("skewed"));
}

TEST(Warnings, DuplicateColumns) {
  const TableProfile profile = profile_of(table_of({
      Column("a", IntegerCells{{1, 2, 2}, {}}),
      Column("b", IntegerCells{{1, 2, 2}, {0, 0, 0}}),
      Column("c", IntegerCells{{2, 1, 2}, {}}),
      Column("d", RealCells{{1, 2, 2}}),
      Column("e", TextCells{{0, 1, -1}, {"x", "y"}}),
      Column("f", TextCells{{1, 2, -1}, {"unused", "x", "y"}}),
  }));
  EXPECT_THAT(warnings_of(profile.columns[1]), ElementsAre("duplicate_column"));
  EXPECT_THAT(profile.columns[1].warnings[0].message, HasSubstr("\"a\""));
  EXPECT_THAT(warnings_of(profile.columns[2]), IsEmpty());
  EXPECT_THAT(warnings_of(profile.columns[3]), IsEmpty());
  EXPECT_THAT(warnings_of(profile.columns[5]), ElementsAre("duplicate_column", "many_missing"));
}

TEST(Warnings, OfTheLabel) {
  IntegerCells label, leak, honest;
  for (int row = 0; row < 100; ++row) {
    label.values.push_back(row < 3 ? 1 : 0);
    label.missing.push_back(row == 50 ? 1 : 0);
    leak.values.push_back(row < 3 ? 7 : 5);
    honest.values.push_back(row % 7);
  }
  const TableProfile profile =
      profile_of(table_of({Column("label", label), Column("leak", leak), Column("honest", honest)}), "label");
  EXPECT_THAT(warnings_of(profile.columns[0]), ElementsAre("missing_label", "imbalanced_label"));
  EXPECT_THAT(warnings_of(profile.columns[1]), ElementsAre("leaks_label"));
  EXPECT_THAT(warnings_of(profile.columns[2]), IsEmpty());
  ASSERT_EQ(profile.label->classes.size(), 2U);
  EXPECT_EQ(profile.label->classes[1].count, 3U);
}

TEST(Profile, LabelThatIsNoColumn) {
  const auto profile = profile_table(table_of({text_column("income", {"a"})}), {.label = "incom"});
  ASSERT_FALSE(profile.ok());
  EXPECT_THAT(profile.error().hint, HasSubstr("income"));
}

// -- JSON

table::Table large_table() {
  base::Rng rng(11);
  RealCells reals;
  IntegerCells integers;
  std::vector<std::string> texts;
  for (int row = 0; row < 5000; ++row) {
    reals.values.push_back(rng.below(9) == 0 ? kMissing : rng.uniform() * 1e5);
    integers.values.push_back(static_cast<std::int64_t>(rng.below(1000)));
    texts.push_back("t" + std::to_string(rng.below(7)));
  }
  std::vector<Column> columns;
  for (int copy = 0; copy < 4; ++copy) {
    columns.emplace_back("r" + std::to_string(copy), reals);
    columns.emplace_back("i" + std::to_string(copy), integers);
    columns.push_back(text_column("t" + std::to_string(copy), texts));
  }
  return table_of(std::move(columns));
}

TEST(ProfileJson, DoesNotDependOnThreads) {
  const table::Table table = large_table();
  const std::string one = to_json(profile_of(table, "t0", 1)).dump();
  EXPECT_EQ(one, to_json(profile_of(table, "t0", 2)).dump());
  EXPECT_EQ(one, to_json(profile_of(table, "t0", 4)).dump());
}

TEST(ProfileJson, HasEveryKey) {
  const nlohmann::ordered_json json =
      to_json(profile_of(table_of({Column("price", RealCells{{1.5, kMissing, 2.0, 1.5}}),
                                   text_column("paid", {"no", "yes", "yes", "no"})}),
                         "paid"));
  EXPECT_EQ(json["row_count"], 4);
  EXPECT_EQ(
      json["label"].dump(),
      R"({"name":"paid","task":"classification","classes":[{"value":"no","count":2},{"value":"yes","count":2}]})");
  const auto keys_of = [](const nlohmann::ordered_json& object) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : object.items()) keys.push_back(key);
    return keys;
  };
  EXPECT_THAT(keys_of(json["columns"][0]),
              ElementsAre("name", "kind", "kind_reason", "missing_count", "missing_share", "distinct_count",
                          "min", "max", "mean", "std", "skewness", "zero_count", "negative_count",
                          "quantiles", "histogram", "top", "with_label", "by_class", "warnings"));
  EXPECT_THAT(keys_of(json["columns"][1]),
              ElementsAre("name", "kind", "kind_reason", "missing_count", "missing_share", "distinct_count",
                          "min", "max", "mean", "length", "empty_count", "surrounding_blank_count", "top",
                          "by_class", "warnings"));
  EXPECT_EQ(json["columns"][0]["missing_share"], 0.25);
  EXPECT_EQ(json["columns"][0]["quantiles"][3].dump(), R"({"probability":0.5,"value":1.5})");
  EXPECT_EQ(json["columns"][0]["top"].dump(), R"([{"value":1.5,"count":2},{"value":2.0,"count":1}])");
  EXPECT_TRUE(json["columns"][1]["mean"].is_null());
  EXPECT_EQ(json["associations"]["columns"].dump(), R"(["price","paid"])");
  EXPECT_EQ(json["associations"]["pairs"][0]["columns"].dump(), R"(["price","paid"])");
  EXPECT_EQ(json["associations"]["pairs"][0]["measure"], "correlation_ratio");
}

}  // namespace
}  // namespace archmlp::profile
