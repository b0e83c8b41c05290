#include "archmlp/table/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "archmlp/base/rng.h"
#include "archmlp/table/terminal_text.h"

namespace archmlp::table {
namespace {

using contract::Value;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

Table table_of(std::vector<Column> columns) {
  base::Result<Table> table = Table::from_columns(std::move(columns));
  EXPECT_TRUE(table.ok());
  return std::move(table).value();
}

ColumnProfile profile_of(Cells cells) {
  std::vector<Column> columns;
  columns.emplace_back("column", std::move(cells));
  return profile_table(table_of(std::move(columns))).columns.at(0);
}

TEST(Profile, Integers) {
  const ColumnProfile profile = profile_of(IntegerCells{{5, 3, 0, 5, -7, 3}, {0, 0, 1, 0, 0, 0}});
  EXPECT_EQ(profile.missing_count, 1U);
  EXPECT_EQ(profile.distinct_count, 3U);
  EXPECT_EQ(profile.min, Value(std::int64_t{-7}));
  EXPECT_EQ(profile.max, Value(std::int64_t{5}));
  EXPECT_EQ(profile.mean, 9.0 / 5);
  EXPECT_THAT(profile.top, ElementsAre(Pair(Value(std::int64_t{3}), 2U), Pair(Value(std::int64_t{5}), 2U),
                                       Pair(Value(std::int64_t{-7}), 1U)));
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
  EXPECT_THAT(profile.top, ElementsAre(Pair(Value(0.0), 2U), Pair(Value(1e308), 2U), Pair(Value(2.5), 1U)));
}

TEST(Profile, Booleans) {
  const ColumnProfile profile = profile_of(BooleanCells{{1, -1, 0, 1, 1}});
  EXPECT_EQ(profile.missing_count, 1U);
  EXPECT_EQ(profile.distinct_count, 2U);
  EXPECT_EQ(profile.min, Value(false));
  EXPECT_EQ(profile.max, Value(true));
  EXPECT_EQ(profile.mean, 0.75);
  EXPECT_THAT(profile.top, ElementsAre(Pair(Value(true), 3U), Pair(Value(false), 1U)));
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
  EXPECT_THAT(profile.top,
              ElementsAre(Pair(Value("apple"), 2U), Pair(Value("pear"), 2U), Pair(Value("fig"), 1U)));
}

TEST(Profile, AllMissing) {
  for (const Cells& cells : {Cells(IntegerCells{{0, 0}, {1, 1}}), Cells(RealCells{{kMissing, kMissing}}),
                             Cells(BooleanCells{{-1, -1}}), Cells(TextCells{{-1, -1}, {"unused"}})}) {
    const ColumnProfile profile = profile_of(cells);
    EXPECT_EQ(profile.missing_count, 2U);
    EXPECT_EQ(profile.distinct_count, 0U);
    EXPECT_EQ(profile.min, std::nullopt);
    EXPECT_EQ(profile.max, std::nullopt);
    EXPECT_EQ(profile.mean, std::nullopt);
    EXPECT_TRUE(profile.top.empty());
  }
}

TEST(Profile, AgreesWithCountingOneByOne) {
  base::Rng rng(3);
  for (int round = 0; round < 30; ++round) {
    IntegerCells cells;
    std::map<std::int64_t, std::size_t> counts;
    for (int row = 0; row < 200; ++row) {
      cells.values.push_back(static_cast<std::int64_t>(rng.below(1 + rng.below(60))));
      ++counts[cells.values.back()];
    }
    std::vector<std::pair<Value, std::size_t>> expected(counts.begin(), counts.end());
    std::stable_sort(expected.begin(), expected.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    if (expected.size() > 5) expected.resize(5);
    const ColumnProfile profile = profile_of(cells);
    EXPECT_EQ(profile.distinct_count, counts.size());
    EXPECT_EQ(profile.top, expected);
  }
}

Table mixed_table() {
  std::vector<Column> columns;
  columns.emplace_back("id", IntegerCells{{1, 2, 3, 4}, {}});
  columns.emplace_back("price", RealCells{{1.5, kMissing, 2.0, 1.5}});
  columns.emplace_back(
      "名前",
      TextCells{{0, 1, 0, 2}, {"東京都", "evil\x1b[2J\nname", "a rather long text that does not fit"}});
  columns.emplace_back("paid", BooleanCells{{1, 0, 1, 1}});
  return table_of(std::move(columns));
}

TEST(Profile, JsonHasEveryColumn) {
  const nlohmann::ordered_json json = to_json(profile_table(mixed_table()));
  EXPECT_EQ(json["row_count"], 4);
  ASSERT_EQ(json["columns"].size(), 4U);
  EXPECT_EQ(json["columns"][1].dump(),
            R"({"name":"price","kind":"real","missing_count":1,"distinct_count":2,"min":1.5,"max":2.0,)"
            R"("mean":1.6666666666666667,"top":[{"value":1.5,"count":2},{"value":2.0,"count":1}]})");
  EXPECT_TRUE(json["columns"][2]["mean"].is_null());
}

TEST(Profile, DoesNotDependOnThreads) {
  EXPECT_EQ(to_json(profile_table(mixed_table(), 1)), to_json(profile_table(mixed_table(), 4)));
}

TEST(ProfileText, ShowsRowsAndColumns) {
  const Table table = mixed_table();
  const std::string text = to_text(profile_table(table), table, 2, 120);
  EXPECT_THAT(text, HasSubstr("4 rows, 4 columns\n"));
  EXPECT_THAT(text, HasSubstr("The first 2 rows\nid  price  名前               paid\n"
                              " 1    1.5  東京都             true\n"
                              " 2         evil\\x1b[2J\\nname  false\n"));
  EXPECT_THAT(text, HasSubstr("1 (25.0 %)"));
  EXPECT_THAT(text, HasSubstr("all different"));
  EXPECT_THAT(text, HasSubstr("75.0 %  ██████\n"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(ProfileText, KeepsToTheWidth) {
  std::vector<Column> columns;
  for (int index = 0; index < 30; ++index) {
    columns.emplace_back("列" + std::to_string(index) + "_with_a_name", mixed_table().column(2).cells());
  }
  const Table table = table_of(std::move(columns));
  for (const std::size_t width : {40U, 80U, 100U, 101U, 200U}) {
    std::istringstream lines(to_text(profile_table(table), table, 5, width));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), width) << line;
  }
  EXPECT_THAT(to_text(profile_table(table), table, 5, 80), HasSubstr("more: 列"));
}

TEST(ProfileText, EmptyTables) {
  EXPECT_EQ(to_text(profile_table(Table()), Table()), "0 rows, 0 columns\n");
  const Table without_rows = table_of({Column("only", IntegerCells{})});
  EXPECT_THAT(to_text(profile_table(without_rows), without_rows),
              HasSubstr("0 rows, 1 column\n\nThe columns\n"));
}

TEST(TerminalText, WidthOfCharacters) {
  EXPECT_EQ(display_width("abc"), 3U);
  EXPECT_EQ(display_width("é"), 1U);
  EXPECT_EQ(display_width("e\u0301"), 1U);
  EXPECT_EQ(display_width("東京"), 4U);
  EXPECT_EQ(display_width("🎉"), 2U);
}

TEST(TerminalText, CutsBetweenCharacters) {
  EXPECT_EQ(cut_to_width("abcdef", 6), "abcdef");
  EXPECT_EQ(cut_to_width("abcdef", 5), "abcd…");
  EXPECT_EQ(cut_to_width("東京都", 6), "東京都");
  EXPECT_EQ(cut_to_width("東京都", 5), "東京…");
  EXPECT_EQ(cut_to_width("東京都", 4), "東…");
  EXPECT_EQ(cut_to_width("e\u0301e\u0301e\u0301", 2), "e\u0301…");
  EXPECT_EQ(cut_to_width("ab", 1), "…");
  EXPECT_EQ(cut_to_width("ab", 0), "");
}

TEST(TerminalText, ControlCharactersAreShown) {
  EXPECT_EQ(printable("a\tb\nc\x7f\u009b"), "a\\tb\\nc\\x7f\\x9b");
  EXPECT_EQ(printable("plain, 東京"), "plain, 東京");
}

}  // namespace
}  // namespace archmlp::table
