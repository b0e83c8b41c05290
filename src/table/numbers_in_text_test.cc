#include "archmlp/table/numbers_in_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archmlp/table/csv_reader.h"

namespace archmlp::table {
namespace {

using testing::HasSubstr;

NumbersInText found_in(const std::string& cells) {
  contract::CsvOptions options;
  options.types["a"] = contract::ColumnKind::kText;
  const auto csv = parse_csv("a\n" + cells, "a.csv", options);
  EXPECT_TRUE(csv.ok()) << base::to_string(csv.error());
  return count_numbers_in_text(csv->table.column(0));
}

TEST(NumbersInText, NamesTheFirstCellThatIsNone) {
  const NumbersInText found = found_in("1\nNA\n2.5\n3\nn.d.\n4\n5\n-\n6\n7\n8\n");
  EXPECT_TRUE(found.is_suspicious());
  EXPECT_EQ(found.row_count, 11U);
  EXPECT_EQ(found.number_count, 8U);
  EXPECT_EQ(found.other_count, 2U);
  EXPECT_EQ(found.first_other, "n.d.");
  EXPECT_EQ(found.first_other_row, 4U);
}

TEST(NumbersInText, AddsUpPieces) {
  NumbersInText found = found_in("1\n2\n3\n4\n");
  EXPECT_FALSE(found.is_suspicious());
  found.add(found_in("5\n6\n7\n-\n"));
  found.add(found_in("8\n9\n+\n10\n"));
  EXPECT_TRUE(found.is_suspicious());
  EXPECT_EQ(found.row_count, 12U);
  EXPECT_EQ(found.number_count, 10U);
  EXPECT_EQ(found.first_other, "-");
  EXPECT_EQ(found.first_other_row, 7U);
  found.add(found_in("Rome\nOslo\nBern\n"));
  EXPECT_FALSE(found.is_suspicious());
}

TEST(NumbersInText, IsNothingForOtherColumns) {
  EXPECT_FALSE(found_in("1\n2\n3\n").is_suspicious());     // all numbers, text by their quotes or type
  EXPECT_FALSE(found_in("a\nb\n1\n").is_suspicious());     // categories
  EXPECT_FALSE(found_in("1\n2\n3\nx\n").is_suspicious());  // less than four of five
  EXPECT_FALSE(found_in("\n\nNA\n").is_suspicious());
}

TEST(NumbersInText, SaysWhatToDo) {
  const NumbersInText found = found_in("1\n2\n3\n4\nold\n");
  EXPECT_EQ(describe_numbers_in_text("age", found),
            "column \"age\" is text because 1 of 5 cells is no number, the first is \"old\"");
  EXPECT_THAT(hint_for_numbers_in_text("age", found), HasSubstr("missing_values"));
}

}  // namespace
}  // namespace archmlp::table
