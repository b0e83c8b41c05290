#include "archmlp/svm/row_cache.h"

#include <gtest/gtest.h>

#include <vector>

namespace archmlp::svm {
namespace {

using Places = std::vector<std::uint32_t>;

/// Asks for rows and fills in those that are new with 100 * row + place.
Places ask(RowCache<float>& cache, const Places& wanted, const Places& names, std::size_t length) {
  std::vector<float*> rows;
  Places missing;
  cache.acquire(wanted, rows, missing);
  Places new_rows;
  for (const std::uint32_t place : missing) {
    new_rows.push_back(wanted[place]);
    for (std::size_t i = 0; i < length; ++i)
      rows[place][i] = static_cast<float>(100 * names[wanted[place]] + (i < names.size() ? names[i] : 0));
  }
  for (std::size_t place = 0; place < wanted.size(); ++place) {
    for (std::size_t i = 0; i < names.size(); ++i)
      EXPECT_EQ(rows[place][i], static_cast<float>(100 * names[wanted[place]] + names[i]));
  }
  return new_rows;
}

TEST(RowCache, KeepsWhatWasUsedLast) {
  const Places names = {0, 1, 2, 3, 4, 5};
  RowCache<float> cache;
  cache.reset(6, 8, 4 * 8 * sizeof(float), 2);  // four rows
  EXPECT_EQ(ask(cache, {0, 1}, names, 8), (Places{0, 1}));
  EXPECT_EQ(ask(cache, {2, 3}, names, 8), (Places{2, 3}));
  EXPECT_EQ(ask(cache, {0, 2}, names, 8), Places{});
  EXPECT_EQ(ask(cache, {4, 0}, names, 8), (Places{4}));  // 1 makes room
  EXPECT_EQ(ask(cache, {1, 3, 4}, names, 8), (Places{1}));
  EXPECT_EQ(ask(cache, {1, 3, 4, 0}, names, 8), Places{});
}

TEST(RowCache, HoldsAWorkingSetHoweverLittleItMayTake) {
  const Places names = {0, 1, 2, 3};
  RowCache<float> cache;
  cache.reset(4, 4, 1, 2);
  EXPECT_EQ(ask(cache, {3, 1}, names, 4), (Places{3, 1}));
  EXPECT_EQ(ask(cache, {1, 0}, names, 4), (Places{0}));
}

TEST(RowCache, CompactingKeepsTheRowsThatStay) {
  const Places names = {0, 1, 2, 3, 4, 5};
  RowCache<float> cache;
  cache.reset(6, 8, 3 * 8 * sizeof(float), 2);
  ask(cache, {5, 1}, names, 8);
  ask(cache, {2}, names, 8);
  cache.compact(Places{2, 3, 5}, 4);
  const Places left = {2, 3, 5};
  EXPECT_EQ(ask(cache, {0, 2}, left, 4), Places{});
  EXPECT_EQ(ask(cache, {1}, left, 4), (Places{1}));
}

}  // namespace
}  // namespace archmlp::svm
