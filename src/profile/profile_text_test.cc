#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <sstream>
#include <string>

#include "archmlp/profile/test_table.h"
#include "archmlp/table/terminal_text.h"

namespace archmlp::profile {
namespace {

using table::BooleanCells;
using table::Column;
using table::IntegerCells;
using table::RealCells;
using table::Table;
using table::TextCells;
using testing::HasSubstr;
using testing::Not;

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

Table mixed_table() {
  return table_of(
      {Column("id", IntegerCells{{1, 2, 3, 4}, {}}), Column("price", RealCells{{1.5, kNothing, 2.0, 1.5}}),
       Column("名前", TextCells{{0, 1, 0, 2},
                                {"東京都", "evil\x1b[2J\nname", "a rather long text that does not fit"}}),
       Column("paid", BooleanCells{{1, 0, 1, 1}})});
}

TEST(ProfileText, ShowsRowsAndColumns) {
  const Table table = mixed_table();
  const std::string text = to_text(profile_of(table, "paid"), table, 2, 120);
  EXPECT_THAT(text, HasSubstr("4 rows, 4 columns\n"));
  EXPECT_THAT(text, HasSubstr("The first 2 rows\nid  price  名前               paid\n"
                              " 1    1.5  東京都             true\n"
                              " 2         evil\\x1b[2J\\nname  false\n"));
  EXPECT_THAT(text, HasSubstr("1 (25.0 %)"));
  EXPECT_THAT(text, HasSubstr("██████ 75.0 % true"));
  EXPECT_THAT(text, HasSubstr("4  ████  ")) << "each of 1, 2, 3, 4 once";
  EXPECT_THAT(text, HasSubstr("2  █   ▄  ")) << "1.5 twice, 2.0 once";
  EXPECT_THAT(text,
              HasSubstr("The label paid (classification)\ntrue   3  75.0 %  ██████\nfalse  1  25.0 %  ██\n"));
  EXPECT_THAT(text, HasSubstr("Warnings\nprice: 25 % of the cells are missing\n"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(ProfileText, KeepsToTheWidth) {
  std::vector<Column> columns;
  for (int index = 0; index < 30; ++index) {
    columns.emplace_back("列" + std::to_string(index) + "_with_a_name",
                         mixed_table().column(index % 4).cells());
  }
  const Table table = table_of(std::move(columns));
  const TableProfile profile = profile_of(table, "列3_with_a_name");
  for (const std::size_t width : {40U, 80U, 100U, 101U, 200U}) {
    std::istringstream lines(to_text(profile, table, 5, width));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(table::display_width(line), width) << line;
  }
  EXPECT_THAT(to_text(profile, table, 5, 80), HasSubstr("more: 列"));
}

TEST(ProfileText, EmptyTables) {
  EXPECT_EQ(to_text(profile_of(Table()), Table()), "0 rows, 0 columns\n");
  const Table without_rows = table_of({Column("only", IntegerCells{})});
  EXPECT_THAT(to_text(profile_of(without_rows), without_rows),
              HasSubstr("0 rows, 1 column\n\nThe columns\n"));
}

TEST(ProfileText, OneRow) {
  const Table table = table_of({Column("a", IntegerCells{{5}, {}}), text_column("b", {"x"})});
  EXPECT_THAT(to_text(profile_of(table, "b"), table), HasSubstr("The first row\na  b\n5  x\n"));
}

}  // namespace
}  // namespace archmlp::profile
