#include "archmlp/profile/class_split.h"

#include <gtest/gtest.h>

#include <limits>

#include "archmlp/base/rng.h"
#include "archmlp/profile/test_table.h"

namespace archmlp::profile {
namespace {

using table::Column;
using table::IntegerCells;
using table::RealCells;
using table::TextCells;
using Counts = std::vector<std::vector<std::size_t>>;

TEST(ClassesOf, MostFrequentFirst) {
  const LabelClasses found =
      classes_of(Column("label", TextCells{{2, 1, -1, 1, 0, 2}, {"b", "c", "a", "unused"}}));
  ASSERT_EQ(found.classes.size(), 3U);
  EXPECT_EQ(found.classes[0].value, contract::Value("a"));
  EXPECT_EQ(found.classes[0].count, 2U);
  EXPECT_EQ(found.classes[1].value, contract::Value("c"));
  EXPECT_EQ(found.classes[2].value, contract::Value("b"));
  EXPECT_EQ(found.of_row, (std::vector<std::int32_t>{0, 1, -1, 1, 2, 0}));
}

TEST(SplitByClass, TopValues) {
  const Column label = text_column("label", {"y", "n", "n", "y", "-", "n"});
  const TableProfile profile =
      profile_of(table_of({text_column("text", {"a", "a", "b", "-", "a", "a"}),
                           Column("two", IntegerCells{{5, 7, 7, 5, 7, 7}, {}}), label}),
                 "label");
  EXPECT_EQ(profile.columns[0].by_class, (Counts{{2, 1, 0, 0}, {1, 0, 0, 1}}))
      << "n, y by a, b, others, missing";
  EXPECT_EQ(profile.columns[1].by_class, (Counts{{3, 0, 0, 0}, {0, 2, 0, 0}})) << "n, y by 7, 5";
  EXPECT_EQ(profile.columns[2].by_class, (Counts{{3, 0, 0, 0}, {0, 2, 0, 0}}));
}

TEST(SplitByClass, LongTextsThatBeginAlikeAreTwoValues) {
  const std::string start = std::string(kLongestText - 1, 'x') + "é";  // the last character is cut in half
  const Column label = text_column("label", {"y", "n", "n", "y", "n"});
  const TableProfile profile = profile_of(
      table_of(
          {text_column("text", {start + "1", start + "1", start + "2", start + "2", start + "2"}), label}),
      "label");
  const ColumnProfile& text = profile.columns[0];
  const contract::Value shown(std::string(kLongestText - 1, 'x') + "…");
  EXPECT_EQ(text.distinct_count, 2U);
  EXPECT_EQ(text.min, shown);
  ASSERT_EQ(text.top.size(), 2U);
  EXPECT_EQ(text.top[0].value, shown);
  EXPECT_EQ(text.top[0].count, 3U);
  EXPECT_EQ(text.by_class, (Counts{{2, 1, 0, 0}, {1, 1, 0, 0}}));
}

TEST(SplitByClass, OtherValues) {
  std::vector<std::string> texts, labels;
  for (int row = 0; row < 26; ++row) {
    texts.push_back("t" + std::to_string(row / 2));
    labels.push_back(row % 2 == 0 ? "even" : "odd");
  }
  const TableProfile profile =
      profile_of(table_of({text_column("t", texts), text_column("label", labels)}), "label");
  const auto& counts = profile.columns[0].by_class;
  ASSERT_EQ(counts.size(), 2U);
  ASSERT_EQ(counts[0].size(), kTopCount + 2);
  EXPECT_EQ(counts[0][0], 1U);
  EXPECT_EQ(counts[0][kTopCount], 3U) << "13 texts, ten on top";
}

TEST(SplitByClass, BinsAddUp) {
  base::Rng rng(2);
  RealCells cells;
  IntegerCells label;
  for (int row = 0; row < 2000; ++row) {
    const double value = rng.uniform() * 100;
    cells.values.push_back(row % 50 == 0 ? std::numeric_limits<double>::quiet_NaN() : row == 7 ? 1e6 : value);
    label.values.push_back(static_cast<std::int64_t>(rng.below(3)));
  }
  const TableProfile profile = profile_of(table_of({Column("c", cells), Column("label", label)}), "label");
  const Histogram& histogram = profile.columns[0].numbers->histogram;
  EXPECT_GT(histogram.above, 0U);
  ASSERT_EQ(profile.columns[0].by_class.size(), 3U);
  for (std::size_t bin = 0; bin < histogram.counts.size(); ++bin) {
    std::size_t sum = 0;
    for (const auto& counts : profile.columns[0].by_class) sum += counts[bin];
    EXPECT_EQ(sum, histogram.counts[bin]) << bin;
  }
}

TEST(SplitByClass, NotForManyClassesOrQuantities) {
  IntegerCells many;
  RealCells quantity;
  for (int row = 0; row < 100; ++row) {
    many.values.push_back(row % static_cast<int>(kMostSplitClasses + 1));
    quantity.values.push_back(row / 3.0);
  }
  const table::Table table = table_of({Column("many", many), Column("quantity", quantity)});
  EXPECT_TRUE(profile_of(table, "many").columns[1].by_class.empty());
  EXPECT_TRUE(profile_of(table, "quantity").columns[0].by_class.empty());
  EXPECT_TRUE(profile_of(table).columns[0].by_class.empty());
}

}  // namespace
}  // namespace archmlp::profile
