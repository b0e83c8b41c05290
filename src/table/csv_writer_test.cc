#include "archmlp/table/csv_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "archmlp/base/rng.h"
#include "archmlp/table/csv_reader.h"

namespace archmlp::table {
namespace {

using contract::ColumnKind;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Table table_of(std::vector<Column> columns) {
  auto table = Table::from_columns(std::move(columns));
  EXPECT_TRUE(table.ok());
  return std::move(table).value();
}

TEST(CsvWriterTest, WritesEveryKind) {
  const Table table = table_of({{"i", IntegerCells{{1, 0}, {0, 1}}},
                                {"r", RealCells{{0.1, kNaN}}},
                                {"b", BooleanCells{{1, -1}}},
                                {"t,", TextCells{{0, -1}, {"x"}}}});
  EXPECT_EQ(to_csv(table), "i,r,b,\"t,\"\n1,0.1,true,x\n,,,\n");
}

TEST(CsvWriterTest, QuotesTextThatWouldReadBackAsSomethingElse) {
  const auto written = [](std::string_view text) {
    std::string out;
    append_csv_text(out, text);
    return out;
  };
  EXPECT_EQ(written("plain text"), "plain text");
  EXPECT_EQ(written("007"), "007");
  EXPECT_EQ(written("Zürich"), "Zürich");
  EXPECT_EQ(written(""), "\"\"");
  EXPECT_EQ(written("12"), "\"12\"");
  EXPECT_EQ(written("1e5"), "\"1e5\"");
  EXPECT_EQ(written("True"), "\"True\"");
  EXPECT_EQ(written("NA"), "\"NA\"");
  EXPECT_EQ(written(" x"), "\" x\"");
  EXPECT_EQ(written("a;b"), "\"a;b\"");
  EXPECT_EQ(written("say \"hi\""), "\"say \"\"hi\"\"\"");
  EXPECT_EQ(written("a\nb"), "\"a\nb\"");
}

TEST(CsvWriterTest, MissingValuesOfAColumnAloneAreWrittenOut) {
  EXPECT_EQ(to_csv(table_of({{"y", IntegerCells{{1, 0}, {0, 1}}}})), "y\n1\nNA\n");
}

TEST(CsvWriterTest, StopsWhereTheSinkFails) {
  const Table table = table_of({{"i", IntegerCells{{1}, {}}}});
  const auto status = write_csv(table, [](std::string_view) -> base::Status {
    return base::Error{.code = base::ErrorCode::kIo, .message = "full"};
  });
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message, "full");
}

TEST(CsvWriterTest, WritesASelectionOfRows) {
  const Table table =
      table_of({{"a", IntegerCells{{1, 2, 3, 4}, {}}}, {"b", RealCells{{0.5, 1.5, 2.5, 3.5}}}});
  std::string text;
  const std::vector<std::uint32_t> rows = {3, 0, 0};
  const auto append = [&](std::string_view bytes) -> base::Status {
    text += bytes;
    return {};
  };
  ASSERT_TRUE(write_csv(table, rows, append, 2).ok());
  EXPECT_EQ(text, "a,b\n4,3.5\n1,0.5\n1,0.5\n");
  text.clear();
  ASSERT_TRUE(write_csv(table, std::vector<std::uint32_t>(), append).ok());
  EXPECT_EQ(text, "a,b\n");
}

TEST(CsvWriterTest, RefusesATableWithoutColumns) {
  EXPECT_FALSE(write_csv(Table::without_columns(3), [](std::string_view) { return base::Status{}; }).ok());
}

std::string nasty_text(base::Rng& rng) {
  static const std::vector<std::string> pieces = {"a",
                                                  "é",
                                                  "\"",
                                                  ",",
                                                  ";",
                                                  "\t",
                                                  "|",
                                                  "\n",
                                                  "\r",
                                                  "\r\n",
                                                  " ",
                                                  "NA",
                                                  "null",
                                                  "1",
                                                  "-0",
                                                  "1.",
                                                  "e5",
                                                  "?",
                                                  "true",
                                                  "FALSE",
                                                  "inf",
                                                  "0x1",
                                                  "00",
                                                  "\xef\xbb\xbf",
                                                  "99999999999999999999",
                                                  "'",
                                                  "\\"};
  std::string text;
  for (std::size_t i = rng.below(5); i > 0; --i) text += pieces[rng.below(pieces.size())];
  return text;
}

double random_real(base::Rng& rng) {
  switch (rng.below(4)) {
    case 0:
      return std::round(rng.uniform() * 1e8) / 100;
    case 1:
      return static_cast<double>(rng.below(1000)) - 500;
    case 2:
      return -0.0;
    default: {
      const double value = std::bit_cast<double>(rng.next());
      return std::isfinite(value) ? value : 0.5;
    }
  }
}

Column random_column(base::Rng& rng, std::string name, std::size_t row_count) {
  const bool gaps = rng.below(2) == 0;
  const auto missing = [&] { return gaps && rng.below(5) == 0; };
  switch (rng.below(4)) {
    case 0: {
      IntegerCells cells;
      for (std::size_t row = 0; row < row_count; ++row) {
        cells.missing.push_back(missing() ? 1 : 0);
        const auto value = static_cast<std::int64_t>(rng.next()) >> rng.below(64);
        cells.values.push_back(cells.missing.back() != 0 ? 0 : value);
      }
      return {std::move(name), std::move(cells)};
    }
    case 1: {
      RealCells cells;
      for (std::size_t row = 0; row < row_count; ++row)
        cells.values.push_back(missing() ? kNaN : random_real(rng));
      return {std::move(name), std::move(cells)};
    }
    case 2: {
      BooleanCells cells;
      for (std::size_t row = 0; row < row_count; ++row) {
        cells.values.push_back(missing() ? std::int8_t{-1} : static_cast<std::int8_t>(rng.below(2)));
      }
      return {std::move(name), std::move(cells)};
    }
    default: {
      TextCells cells;
      for (std::size_t row = 0; row < row_count; ++row) {
        if (missing()) {
          cells.codes.push_back(-1);
          continue;
        }
        const std::string text = nasty_text(rng);
        const auto level = std::ranges::find(cells.levels, text);
        cells.codes.push_back(static_cast<std::int32_t>(level - cells.levels.begin()));
        if (level == cells.levels.end()) cells.levels.push_back(text);
      }
      return {std::move(name), std::move(cells)};
    }
  }
}

void expect_same(const Column& read, const Column& written) {
  ASSERT_EQ(read.row_count(), written.row_count());
  if (written.missing_count() == written.row_count()) {
    EXPECT_EQ(read.missing_count(), read.row_count());
    EXPECT_EQ(read.kind(), ColumnKind::kReal);  // nothing tells the kind
    return;
  }
  ASSERT_EQ(read.kind(), written.kind());
  for (std::size_t row = 0; row < read.row_count(); ++row) {
    EXPECT_EQ(read.value(row), written.value(row)) << "row " << row;
    if (read.kind() == ColumnKind::kReal && !read.is_missing(row)) {
      EXPECT_EQ(std::signbit(read.reals().values[row]), std::signbit(written.reals().values[row]));
    }
  }
}

TEST(CsvWriterTest, WhatIsReadBackIsEqual) {
  base::Rng rng(11);
  for (int round = 0; round < 1000; ++round) {
    const std::size_t row_count = 1 + rng.below(30);
    const std::size_t column_count = 1 + rng.below(5);
    std::vector<Column> columns;
    for (std::size_t column = 0; column < column_count; ++column) {
      columns.push_back(random_column(rng, nasty_text(rng) + "#" + std::to_string(column), row_count));
    }
    const Table table = table_of(std::move(columns));
    const std::string text = to_csv(table);
    SCOPED_TRACE(::testing::PrintToString(text));
    const auto csv = parse_csv(text, "x.csv", {});
    ASSERT_TRUE(csv.ok()) << base::to_string(csv.error());
    ASSERT_EQ(csv->table.names(), table.names());
    for (std::size_t column = 0; column < column_count; ++column) {
      SCOPED_TRACE(table.column(column).name());
      expect_same(csv->table.column(column), table.column(column));
    }
  }
}

TEST(CsvWriterTest, BytesDoNotDependOnThreads) {
  constexpr std::size_t kRows = 250'000;
  base::Rng rng(5);
  TextCells names{std::vector<std::int32_t>(kRows), {}};
  for (int level = 0; level < 30'000; ++level)
    names.levels.push_back(nasty_text(rng) + std::to_string(level));
  for (std::int32_t& code : names.codes) code = static_cast<std::int32_t>(rng.below(names.levels.size()));
  const Table table = table_of({{"a", std::move(names)}, {"b", RealCells{std::vector(kRows, 0.25)}}});
  const auto written = [&](int threads) {
    std::string text;
    const auto status = write_csv(
        table,
        [&](std::string_view bytes) -> base::Status {
          text += bytes;
          return {};
        },
        threads);
    EXPECT_TRUE(status.ok());
    return text;
  };
  const std::string one = written(1);
  EXPECT_EQ(written(2), one);
  EXPECT_EQ(written(4), one);
  EXPECT_EQ(to_csv(table), one);
}

}  // namespace
}  // namespace archmlp::table
