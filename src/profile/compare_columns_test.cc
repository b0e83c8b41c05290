#include "archmlp/profile/compare_columns.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "archmlp/base/rng.h"
#include "archmlp/profile/measures.h"
#include "archmlp/profile/test_table.h"

namespace archmlp::profile {
namespace {

using table::BooleanCells;
using table::Column;
using table::IntegerCells;
using table::RealCells;
using table::TextCells;

TEST(SampleRows, AllRowsOfASmallTable) {
  EXPECT_TRUE(sample_rows(0, 10).empty());
  EXPECT_EQ(sample_rows(3, 10), (std::vector<std::uint32_t>{0, 1, 2}));
}

TEST(SampleRows, OneRowOfEachStretch) {
  const std::vector<std::uint32_t> rows = sample_rows(1'000'003, 1000);
  ASSERT_EQ(rows.size(), 1000U);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_GE(rows[i], i * 1'000'003 / 1000);
    EXPECT_LT(rows[i], (i + 1) * 1'000'003 / 1000);
  }
  EXPECT_EQ(rows, sample_rows(1'000'003, 1000));
  // Not always the same place in a stretch: a period in the data must not meet one in the sample.
  EXPECT_GT(std::count_if(rows.begin(), rows.end(), [](std::uint32_t row) { return row % 2 == 0; }), 400);
  EXPECT_GT(std::count_if(rows.begin(), rows.end(), [](std::uint32_t row) { return row % 2 == 1; }), 400);
}

TEST(ComparedRowCount, IsBounded) {
  EXPECT_EQ(compared_row_count(50, 3), 50U);
  EXPECT_EQ(compared_row_count(6'000'000, 0), kMostComparedRows);
  EXPECT_EQ(compared_row_count(6'000'000, 11), kMostComparedRows);
  EXPECT_LT(compared_row_count(6'000'000, kMostComparedColumns), kMostComparedRows);
  EXPECT_GE(compared_row_count(6'000'000, 100'000), 10'000U);
}

std::vector<Column> three_kinds() {
  return {Column("number", RealCells{{1, 2, 3, 4, 5, 9}}),
          Column("count", IntegerCells{{2, 4, 7, 8, 10, 12}, {}}),
          Column("text", TextCells{{0, 0, 1, 1, 0, 1}, {"a", "b"}}),
          Column("flag", BooleanCells{{1, 1, 0, 0, 1, 1}}),
          Column("constant", TextCells{{0, 0, 0, 0, 0, 0}, {"same"}})};
}

TEST(CompareColumns, MeasureFollowsTheKinds) {
  const TableProfile profile = profile_of(table_of(three_kinds()));
  const Associations& found = profile.associations;
  EXPECT_EQ(found.row_count, 6U);
  EXPECT_EQ(found.columns, (std::vector<std::size_t>{0, 1, 2, 3}));
  ASSERT_EQ(found.pairs.size(), 6U);
  const auto expect_pair = [&](std::size_t index, std::size_t first, std::size_t second, Measure measure) {
    EXPECT_EQ(found.pairs[index].first, first);
    EXPECT_EQ(found.pairs[index].second, second);
    EXPECT_EQ(found.pairs[index].association.measure, measure);
  };
  expect_pair(0, 0, 1, Measure::kPearson);
  expect_pair(1, 0, 2, Measure::kCorrelationRatio);
  expect_pair(2, 0, 3, Measure::kCorrelationRatio);
  expect_pair(5, 2, 3, Measure::kCramersV);
  const std::vector<double> x{1, 2, 3, 4, 5, 9}, y{2, 4, 7, 8, 10, 12};
  EXPECT_EQ(found.pairs[0].association.value, pearson(x, y));
  const std::vector<std::int32_t> codes{0, 0, 1, 1, 0, 1};
  EXPECT_EQ(found.pairs[1].association.value, correlation_ratio({codes, 2}, x));
}

TEST(CompareColumns, LabelThatIsAClassIsACategory) {
  std::vector<Column> columns = three_kinds();
  columns.emplace_back("label", IntegerCells{{0, 1, 1, 0, 1, 0}, {}});
  const TableProfile profile = profile_of(table_of(std::move(columns)), "label");
  ASSERT_TRUE(profile.label);
  EXPECT_EQ(profile.label->task, contract::Task::kClassification);
  ASSERT_TRUE(profile.columns[0].with_label);
  EXPECT_EQ(profile.columns[0].with_label->measure, Measure::kCorrelationRatio);
  EXPECT_EQ(profile.columns[2].with_label->measure, Measure::kCramersV);
  EXPECT_FALSE(profile.columns[4].with_label);
  EXPECT_FALSE(profile.columns[5].with_label);
}

TEST(CompareColumns, ManyTextsAreNotCompared) {
  TextCells many;
  IntegerCells numbers;
  for (std::int32_t row = 0; row < 300; ++row) {
    many.codes.push_back(row % static_cast<std::int32_t>(kMostCategories + 1));
    numbers.values.push_back(row);
  }
  for (std::size_t level = 0; level <= kMostCategories; ++level)
    many.levels.push_back(std::to_string(level) + "x");
  const TableProfile profile =
      profile_of(table_of({Column("many", many), Column("n", numbers), Column("m", numbers)}), "n");
  EXPECT_EQ(profile.associations.columns, (std::vector<std::size_t>{1, 2}));
  EXPECT_FALSE(profile.columns[0].with_label);
}

TEST(CompareColumns, WideTablesKeepTheLabel) {
  base::Rng rng(1);
  std::vector<Column> columns;
  for (std::size_t index = 0; index < kMostComparedColumns + 5; ++index) {
    RealCells cells;
    for (int row = 0; row < 20; ++row) cells.values.push_back(rng.uniform());
    columns.emplace_back("c" + std::to_string(index), cells);
  }
  const std::size_t last = columns.size() - 1;
  const TableProfile profile = profile_of(table_of(std::move(columns)), "c" + std::to_string(last));
  EXPECT_EQ(profile.associations.columns.size(), kMostComparedColumns);
  EXPECT_EQ(profile.associations.columns.back(), last);
  EXPECT_EQ(profile.associations.pairs.size(), kMostComparedColumns * (kMostComparedColumns - 1) / 2);
  EXPECT_TRUE(profile.columns[last - 1].with_label)
      << "columns that are not compared with each other are with the label";
}

}  // namespace
}  // namespace archmlp::profile
