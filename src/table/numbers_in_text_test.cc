#include "archmlp/table/numbers_in_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archmlp/table/csv_reader.h"

namespace archmlp::table {
namespace {

using testing::HasSubstr;

std::optional<NumbersInText> found_in(const std::string& cells) {
  const auto csv = parse_csv("a\n" + cells, "a.csv", {});
  EXPECT_TRUE(csv.ok()) << base::to_string(csv.error());
  return find_numbers_in_text(csv->table.column(0));
}

TEST(NumbersInText, NamesTheFirstCellThatIsNone) {
  const auto found = found_in("1\nNA\n2.5\n3\nn.d.\n4\n5\n-\n6\n7\n8\n");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->number_count, 8U);
  EXPECT_EQ(found->other_count, 2U);
  EXPECT_EQ(found->first_other, "n.d.");
  EXPECT_EQ(found->first_other_row, 4U);
}

TEST(NumbersInText, IsNothingForOtherColumns) {
  EXPECT_FALSE(found_in("1\n2\n3\n"));              // numbers
  EXPECT_FALSE(found_in("a\nb\n1\n"));              // categories
  EXPECT_FALSE(found_in("\"1\"\n\"2\"\n\"3\"\n"));  // text by its quotes
  EXPECT_FALSE(found_in("1\n2\n3\nx\n"));           // less than four of five
  EXPECT_FALSE(found_in("\n\n1\n"));
}

TEST(NumbersInText, SaysWhatToDo) {
  const auto csv = parse_csv("age\n1\n2\n3\n4\nold\n", "a.csv", {});
  ASSERT_TRUE(csv.ok());
  const Column& column = csv->table.column(0);
  const auto found = find_numbers_in_text(column);
  ASSERT_TRUE(found);
  EXPECT_EQ(describe_numbers_in_text(column, *found),
            "column \"age\" is text because 1 of 5 cells is no number, the first is \"old\"");
  EXPECT_THAT(hint_for_numbers_in_text(column, *found), HasSubstr("missing_values"));
}

}  // namespace
}  // namespace archmlp::table
