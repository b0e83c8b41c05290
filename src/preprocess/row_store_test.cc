#include "archmlp/preprocess/row_store.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "archmlp/table/csv_writer.h"

namespace archmlp::preprocess {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

table::Table block_of_every_kind(std::int64_t first) {
  return table::Table::from_columns({{"i", table::IntegerCells{{first, 0, first + 2}, {0, 1, 0}}},
                                     {"whole", table::IntegerCells{{first, first + 1, first + 2}, {}}},
                                     {"r", table::RealCells{{0.5, kMissing, static_cast<double>(first)}}},
                                     {"b", table::BooleanCells{{1, -1, 0}}},
                                     {"t", table::TextCells{{0, -1, 1}, {"Rome, \"I\"", "", "unused"}}}})
      .value();
}

class RowStoreTest : public ::testing::TestWithParam<std::optional<std::size_t>> {
 protected:
  RowStore store{{.bytes = GetParam(), .spill_folder = ::testing::TempDir()}};
};

TEST_P(RowStoreTest, GivesBackWhatWasPut) {
  store.grow(3);
  ASSERT_TRUE(store.put(0, block_of_every_kind(1)).ok());
  ASSERT_TRUE(store.put(2, block_of_every_kind(1'000'000'000'000)).ok());
  EXPECT_EQ(store.row_count(), 6U);
  EXPECT_EQ(store.row_offsets(), (std::vector<std::size_t>{0, 3, 3, 6}));
  EXPECT_EQ(table::to_csv(store.get(0).value()), table::to_csv(block_of_every_kind(1)));
  EXPECT_EQ(table::to_csv(store.get(2).value()), table::to_csv(block_of_every_kind(1'000'000'000'000)));
  const table::Column text = store.get_column(2, 4).value();
  EXPECT_EQ(text.texts().levels, block_of_every_kind(1).column(4).texts().levels);
  EXPECT_TRUE(store.get_column(0, 0).value().is_missing(1));
}

TEST_P(RowStoreTest, KeepsBlocksOfThePassBeforeUntilTheyArePutAgain) {
  store.grow(2);
  ASSERT_TRUE(store.put(0, block_of_every_kind(1)).ok());
  ASSERT_TRUE(store.put(1, block_of_every_kind(2)).ok());
  store.start_pass();
  ASSERT_TRUE(store.put(0, store.get(0).value().gathered(std::vector<std::uint32_t>{2})).ok());
  EXPECT_EQ(store.row_count(), 4U);
  EXPECT_EQ(table::to_csv(store.get(1).value()), table::to_csv(block_of_every_kind(2)));
  EXPECT_EQ(store.get(0).value().column(1).integers().values, std::vector<std::int64_t>{3});
  store.restart();
  EXPECT_EQ(store.block_count(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Memory, RowStoreTest,
                         ::testing::Values(std::nullopt, std::size_t{0}, std::size_t{200}));

TEST(RowStore, SaysWhereItCannotSpill) {
  RowStore store({.bytes = 0, .spill_folder = "/nonexistent/folder"});
  store.grow(1);
  const base::Status status = store.put(0, block_of_every_kind(1));
  ASSERT_FALSE(status.ok());
  EXPECT_NE(base::to_string(status.error()).find("/nonexistent/folder"), std::string::npos);
}

}  // namespace
}  // namespace archmlp::preprocess
