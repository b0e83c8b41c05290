#include "archmlp/preprocess/split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace archmlp::preprocess {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Assignment = std::vector<std::uint8_t>;

table::Column integers(std::vector<std::int64_t> values) {
  return {"c", table::Cells(table::IntegerCells{std::move(values), {}})};
}

table::Column texts(const std::vector<std::string>& values) {
  table::TextCells cells;
  for (const std::string& value : values) {
    auto level = std::find(cells.levels.begin(), cells.levels.end(), value);
    if (level == cells.levels.end()) level = cells.levels.insert(level, value);
    cells.codes.push_back(static_cast<std::int32_t>(level - cells.levels.begin()));
  }
  return {"c", table::Cells(std::move(cells))};
}

std::size_t count(const Assignment& is_test) {
  return static_cast<std::size_t>(std::count(is_test.begin(), is_test.end(), std::uint8_t{1}));
}

contract::SplitConfig config(double test_size, std::uint64_t seed = 0) {
  contract::SplitConfig result;
  result.test_size = test_size;
  result.seed = seed;
  return result;
}

std::string problem(const base::Result<Assignment>& result) {
  return result.ok() ? "accepted" : base::to_string(result.error());
}

// Sizes as in scikit-learn 1.2: train_test_split(range(n), test_size=t).
TEST(PlainSplit, HasTheSizesOfScikitLearn) {
  const std::vector<std::tuple<std::size_t, double, std::size_t>> cases = {
      {10, 0.3, 3}, {11, 0.3, 4},     {344, 0.3, 104}, {7, 0.25, 2},
      {2, 0.5, 1},  {1000, 0.001, 1}, {100, 0.29, 29}};
  for (const auto& [rows, share, expected] : cases) {
    const auto is_test = assign_test_rows(config(share), rows, {});
    ASSERT_TRUE(is_test.ok());
    EXPECT_EQ(count(*is_test), expected) << rows << " rows, " << share;
  }
}

TEST(PlainSplit, DependsOnTheSeedAlone) {
  const auto first = *assign_test_rows(config(0.3, 1), 1000, {});
  EXPECT_EQ(first, *assign_test_rows(config(0.3, 1), 1000, {}));
  EXPECT_NE(first, *assign_test_rows(config(0.3, 2), 1000, {}));
}

TEST(PlainSplit, DrawsEveryRowEquallyOften) {
  std::vector<int> drawn(20, 0);
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    const auto is_test = *assign_test_rows(config(0.25, seed), 20, {});
    for (std::size_t row = 0; row < 20; ++row) drawn[row] += is_test[row];
  }
  for (const int times : drawn) EXPECT_NEAR(times, 500, 100);  // 5 standard deviations
}

TEST(PlainSplit, RefusesAnEmptySide) {
  EXPECT_THAT(problem(assign_test_rows(config(0.3), 1, {})), HasSubstr("none is left to train on"));
  EXPECT_THAT(problem(assign_test_rows(config(0.3), 0, {})), HasSubstr("no rows are left"));
}

TEST(StratifiedSplit, SharesTheClassesByLargestRemainder) {
  // StratifiedShuffleSplit(test_size=0.3) on these counts leaves 18, 8 and 2 rows for testing.
  std::vector<std::int64_t> values(59, 7);
  values.insert(values.end(), 27, 3);
  values.insert(values.end(), 7, 5);
  const table::Column label = integers(values);
  contract::SplitConfig split = config(0.3);
  split.stratify = true;
  const auto is_test = assign_test_rows(split, values.size(), {.label = &label});
  ASSERT_TRUE(is_test.ok()) << problem(is_test);
  std::map<std::int64_t, int> in_test;
  for (std::size_t row = 0; row < values.size(); ++row) in_test[values[row]] += (*is_test)[row];
  EXPECT_THAT(in_test, ElementsAre(std::pair(3, 8), std::pair(5, 2), std::pair(7, 18)));
}

TEST(StratifiedSplit, DoesNotDependOnHowLevelsAreNumbered) {
  contract::SplitConfig split = config(0.4, 9);
  split.stratify = true;
  const table::Column label = texts({"b", "a", "b", "a", "c", "c", "a", "b", "c", "a"});
  table::TextCells cells = label.texts();
  cells.levels = {"unused", "a", "c", "b"};
  for (std::int32_t& code : cells.codes) {
    const std::string& level = label.texts().levels[static_cast<std::size_t>(code)];
    code = level == "a" ? 1 : level == "c" ? 2 : 3;
  }
  const table::Column renumbered("c", table::Cells(std::move(cells)));
  EXPECT_EQ(*assign_test_rows(split, 10, {.label = &label}),
            *assign_test_rows(split, 10, {.label = &renumbered}));
}

TEST(StratifiedSplit, RefusesClassesThatCannotBeShared) {
  contract::SplitConfig split = config(0.3);
  split.stratify = true;
  const table::Column rare = texts({"a", "a", "a", "a", "b"});
  EXPECT_THAT(problem(assign_test_rows(split, 5, {.label = &rare})),
              HasSubstr("class \"b\" of the label has one row"));
  const table::Column many = integers({1, 1, 2, 2, 3, 3});
  split.test_size = 0.2;
  EXPECT_THAT(problem(assign_test_rows(split, 6, {.label = &many})), HasSubstr("2 rows for 3 classes"));
}

TEST(TimeSplit, CutsBetweenDistinctTimesNearestToTheShare) {
  const table::Column time = integers({5, 1, 3, 3, 2, 3, 4, 1, 3, 2});  // from the end: 1, 2, 6, 8 rows
  EXPECT_THAT(*assign_test_rows(config(0.3), 10, {.time = &time}), ElementsAre(1, 0, 0, 0, 0, 0, 1, 0, 0, 0));
  EXPECT_EQ(count(*assign_test_rows(config(0.5), 10, {.time = &time})), 6U);
  EXPECT_EQ(count(*assign_test_rows(config(0.4), 10, {.time = &time})),
            2U);  // as near as 6: more to train on
  EXPECT_EQ(count(*assign_test_rows(config(0.99), 10, {.time = &time})), 8U);
  EXPECT_EQ(count(*assign_test_rows(config(0.01), 10, {.time = &time})), 1U);
}

// In time order, as datetime.fromisoformat of Python 3.11 reads them (without an offset: UTC).
TEST(TimeSplit, OrdersIsoTextByTime) {
  const std::vector<std::string> in_order = {"0900-01-01",
                                             "2023-12-31",
                                             "2024-01",
                                             "2024-01-01 00:00:01",
                                             "2024-01-01T00:00:01.5",
                                             "2024-01-01T23:30:00-05:00",
                                             "2024-01-02T05:00Z",
                                             "2024-01-02T06:01+0100",
                                             " 2024-02-01 "};
  for (std::size_t latest = 1; latest < in_order.size(); ++latest) {
    const std::vector<std::string> both = {in_order[latest], in_order[latest - 1]};
    const table::Column times = texts(both);
    EXPECT_THAT(*assign_test_rows(config(0.5), 2, {.time = &times}), ElementsAre(1, 0)) << both[0];
  }
  const table::Column all = texts({"2024-01-02T05:00Z", "2024-02-01", "2023-12-31",
                                   "2024-01-01T23:30:00-05:00", "2024-01-02T05:00:00+00:00"});
  EXPECT_THAT(*assign_test_rows(config(0.6), 5, {.time = &all}), ElementsAre(1, 1, 0, 0, 1));  // 05:00Z twice
}

TEST(TimeSplit, RefusesTextThatIsNoIsoTime) {
  for (const std::string bad : {"31.12.2023", "03/11/2024", "2024-1-2", "2024/01/02", "2024-13-01",
                                "2023-02-29", "Monday", "12", "20240102", ""}) {
    const table::Column times = texts({"2024-01-01", "2024-01-02", "2024-01-01", bad});
    const auto result = assign_test_rows(config(0.5), 4, {.time = &times});
    ASSERT_FALSE(result.ok()) << bad;
    EXPECT_EQ(result.error().where, "row 4");
    EXPECT_THAT(problem(result), HasSubstr("column \"c\": \"" + bad + "\" is no date in ISO 8601"));
    EXPECT_THAT(problem(result), HasSubstr("- cast: {columns: [c], type: date, format: "));
  }
  table::TextCells cells = {.codes = {0, 2, 2}, .levels = {"2024-01-01", "n/a", "2024-01-02"}};  // of no row
  const table::Column unused("c", table::Cells(std::move(cells)));
  EXPECT_THAT(*assign_test_rows(config(0.5), 3, {.time = &unused}), ElementsAre(0, 1, 1));
}

TEST(TimeSplit, NeedsTwoTimesAndNoGaps) {
  const table::Column one = integers({4, 4, 4});
  EXPECT_THAT(problem(assign_test_rows(config(0.5), 3, {.time = &one})), HasSubstr("one time only"));
  const table::Column gap("t", table::Cells(table::RealCells{{1.0, std::nan(""), 2.0}}));
  EXPECT_THAT(problem(assign_test_rows(config(0.5), 3, {.time = &gap})), HasSubstr("1 rows have no value"));
  const table::Column text_gap("t", table::Cells(table::TextCells{{0, -1, 1}, {"2024-01", "2024-02"}}));
  EXPECT_THAT(problem(assign_test_rows(config(0.5), 3, {.time = &text_gap})),
              HasSubstr("1 rows have no value"));
  const table::Column same = texts({"2024-05-01T12:00Z", "2024-05-01T14:00+02:00"});
  EXPECT_THAT(problem(assign_test_rows(config(0.5), 2, {.time = &same})), HasSubstr("one time only"));
}

TEST(GroupSplit, KeepsGroupsWhole) {
  std::vector<std::int64_t> values;
  for (std::int64_t group = 0; group < 40; ++group) {
    for (std::int64_t row = 0; row <= group % 5; ++row) values.push_back(group);
  }
  const table::Column group = integers(values);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto is_test = *assign_test_rows(config(0.3, seed), values.size(), {.group = &group});
    std::map<std::int64_t, std::pair<bool, bool>> sides;
    for (std::size_t row = 0; row < values.size(); ++row) {
      (is_test[row] != 0 ? sides[values[row]].first : sides[values[row]].second) = true;
    }
    for (const auto& [id, side] : sides) EXPECT_NE(side.first, side.second) << id;
    EXPECT_NEAR(static_cast<double>(count(is_test)), 0.3 * static_cast<double>(values.size()), 1.0);
  }
}

TEST(GroupSplit, LeavesNoSideEmpty) {
  const table::Column group = integers({1, 2, 2, 2, 2, 2, 2, 2, 2, 2});
  for (const double share : {0.01, 0.3, 0.99}) {
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
      const std::size_t tested = count(*assign_test_rows(config(share, seed), 10, {.group = &group}));
      EXPECT_TRUE(tested == 1 || tested == 9) << tested;
    }
  }
  const table::Column one = integers({4, 4, 4});
  EXPECT_THAT(problem(assign_test_rows(config(0.5), 3, {.group = &one})), HasSubstr("one group only"));
}

}  // namespace
}  // namespace archmlp::preprocess
