#include "archmlp/table/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace archmlp::table {
namespace {

using contract::ColumnKind;
using contract::Value;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

Column integer_column() { return {"age", IntegerCells{{7, 0, std::int64_t{9007199254740993}}, {0, 1, 0}}}; }
Column real_column() { return {"amount", RealCells{{0.5, kMissing, -2.0}}}; }
Column boolean_column() { return {"paid", BooleanCells{{1, -1, 0}}}; }
Column text_column() { return {"city", TextCells{{1, -1, 0}, {"Oslo", "Bern"}}}; }

TEST(ColumnTest, KnowsItsKindAndItsMissingValues) {
  const ColumnKind kinds[] = {ColumnKind::kInteger, ColumnKind::kReal, ColumnKind::kBoolean,
                              ColumnKind::kText};
  const Column columns[] = {integer_column(), real_column(), boolean_column(), text_column()};
  for (std::size_t i = 0; i < 4; ++i) {
    SCOPED_TRACE(columns[i].name());
    EXPECT_EQ(columns[i].kind(), kinds[i]);
    EXPECT_EQ(columns[i].row_count(), 3U);
    EXPECT_EQ(columns[i].missing_count(), 1U);
    EXPECT_FALSE(columns[i].is_missing(0));
    EXPECT_TRUE(columns[i].is_missing(1));
    EXPECT_FALSE(columns[i].is_missing(2));
    EXPECT_EQ(columns[i].value(1), Value{});
  }
}

TEST(ColumnTest, ValueKeepsTheType) {
  EXPECT_EQ(integer_column().value(2), Value{std::int64_t{9007199254740993}});
  EXPECT_EQ(real_column().value(2), Value{-2.0});
  EXPECT_EQ(boolean_column().value(0), Value{true});
  EXPECT_EQ(boolean_column().value(2), Value{false});
  EXPECT_EQ(text_column().value(0), Value{std::string("Bern")});
}

TEST(ColumnTest, IntegersWithoutMissingFlagsHaveNoGaps) {
  const Column column("n", IntegerCells{{1, 2}, {}});
  EXPECT_EQ(column.missing_count(), 0U);
  EXPECT_FALSE(column.is_missing(1));
}

TEST(ColumnTest, GatheredTakesRowsInTheOrderGivenAndKeepsLevels) {
  const std::vector<std::uint32_t> rows = {2, 0, 2, 1};
  const Column text = text_column().gathered(rows);
  EXPECT_THAT(text.texts().codes, ElementsAre(0, 1, 0, -1));
  EXPECT_THAT(text.texts().levels, ElementsAre("Oslo", "Bern"));
  const Column integers = integer_column().gathered(rows);
  EXPECT_THAT(integers.integers().values, ElementsAre(9007199254740993, 7, 9007199254740993, 0));
  EXPECT_THAT(integers.integers().missing, ElementsAre(0, 0, 0, 1));
  EXPECT_THAT(boolean_column().gathered(rows).booleans().values, ElementsAre(0, 1, 0, -1));
  EXPECT_EQ(real_column().gathered(rows).value(2), Value{-2.0});
}

TEST(ColumnTest, GatheringOnlyPresentIntegersLeavesNoFlags) {
  const std::vector<std::uint32_t> rows = {2, 0};
  EXPECT_TRUE(integer_column().gathered(rows).integers().missing.empty());
}

TEST(ColumnTest, RenamedSharesTheCells) {
  const Column column = text_column();
  const Column renamed = column.renamed("town");
  EXPECT_EQ(renamed.name(), "town");
  EXPECT_EQ(&renamed.cells(), &column.cells());
}

TEST(CopyAsDoublesTest, ConvertsNumbersAndBooleansAndMarksMissing) {
  std::vector<double> out(3);
  copy_as_doubles(integer_column(), out);
  EXPECT_EQ(out[0], 7.0);
  EXPECT_TRUE(std::isnan(out[1]));
  EXPECT_EQ(out[2], 9007199254740992.0);
  copy_as_doubles(real_column(), out);
  EXPECT_EQ(out[0], 0.5);
  EXPECT_TRUE(std::isnan(out[1]));
  copy_as_doubles(boolean_column(), out);
  EXPECT_EQ(out[0], 1.0);
  EXPECT_TRUE(std::isnan(out[1]));
  EXPECT_EQ(out[2], 0.0);
}

TEST(TableTest, HoldsNamedColumnsOfEqualLength) {
  const auto table = Table::from_columns({integer_column(), text_column()});
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(table->row_count(), 3U);
  EXPECT_THAT(table->names(), ElementsAre("age", "city"));
  ASSERT_NE(table->find("city"), nullptr);
  EXPECT_EQ(table->find("city")->kind(), ColumnKind::kText);
  EXPECT_EQ(table->find("City"), nullptr);
  EXPECT_EQ(table->column(0).name(), "age");
}

TEST(TableTest, RefusesDifferentLengths) {
  const auto table = Table::from_columns({integer_column(), Column("n", IntegerCells{{1}, {}})});
  ASSERT_FALSE(table.ok());
  EXPECT_EQ(table.error().code, base::ErrorCode::kInvalidInput);
  EXPECT_THAT(table.error().message, HasSubstr("column \"n\" has 1 rows, column \"age\" has 3"));
}

TEST(TableTest, RefusesRepeatedAndEmptyNames) {
  const auto repeated = Table::from_columns({integer_column(), text_column(), text_column()});
  ASSERT_FALSE(repeated.ok());
  EXPECT_THAT(repeated.error().message, HasSubstr("\"city\" occurs twice"));
  const auto unnamed = Table::from_columns({integer_column(), text_column().renamed("")});
  ASSERT_FALSE(unnamed.ok());
  EXPECT_THAT(unnamed.error().message, HasSubstr("column 2 has no name"));
}

TEST(TableTest, WithoutColumnsRowsStillCount) {
  EXPECT_EQ(Table::without_columns(5).row_count(), 5U);
  EXPECT_TRUE(Table::without_columns(5).columns().empty());
  const std::vector<std::uint32_t> rows = {4, 0};
  EXPECT_EQ(Table::without_columns(5).gathered(rows).row_count(), 2U);
  EXPECT_EQ(Table::from_columns({})->row_count(), 0U);
}

TEST(TableTest, GatheredTakesTheSameRowsOfEveryColumn) {
  const auto table = Table::from_columns({integer_column(), text_column()});
  ASSERT_TRUE(table.ok());
  const std::vector<std::uint32_t> rows = {2, 1};
  const Table gathered = table->gathered(rows);
  EXPECT_EQ(gathered.row_count(), 2U);
  EXPECT_EQ(gathered.column(1).value(0), Value{std::string("Oslo")});
  EXPECT_TRUE(gathered.column(0).is_missing(1));
  EXPECT_EQ(gathered.gathered({}).row_count(), 0U);
}

}  // namespace
}  // namespace archmlp::table
