#include "archmlp/table/csv_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "archmlp/base/rng.h"
#include "archmlp/table/cell_decoder.h"

namespace archmlp::table {
namespace {

using contract::ColumnKind;
using contract::CsvOptions;

struct PlainCell {
  std::string text;
  bool quoted = false;
};

/// What the reader must find, by the most direct means: one byte after the other, no chunks, no masks.
struct PlainCsv {
  std::vector<std::vector<PlainCell>> records;
  std::optional<std::size_t> error_line;
};

PlainCsv read_plainly(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  PlainCsv csv;
  std::size_t i = 0;
  std::size_t line = 1;
  const auto take_line_end = [&] {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') ++i;
    ++i;
    ++line;
  };
  while (i < text.size()) {
    const std::size_t record_line = line;
    std::vector<PlainCell> record;
    bool more = true;
    while (more) {
      PlainCell cell;
      if (i < text.size() && text[i] == '"') {
        const std::size_t opening_line = line;
        cell.quoted = true;
        ++i;
        while (true) {
          if (i == text.size()) {
            csv.error_line = opening_line;
            return csv;
          }
          if (text[i] == '"') {
            ++i;
            if (i == text.size() || text[i] != '"') break;
          }
          if (text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n'))) ++line;
          cell.text += text[i++];
        }
        if (i < text.size() && text[i] != ',' && text[i] != '\n' && text[i] != '\r') {
          csv.error_line = record_line;
          return csv;
        }
      } else {
        while (i < text.size() && text[i] != ',' && text[i] != '\n' && text[i] != '\r')
          cell.text += text[i++];
      }
      record.push_back(cell);
      more = i < text.size() && text[i] == ',';
      if (more) ++i;
    }
    if (i < text.size()) take_line_end();
    if (!csv.records.empty() && record.size() != csv.records[0].size()) {
      csv.error_line = record_line;
      return csv;
    }
    csv.records.push_back(std::move(record));
  }
  return csv;
}

bool is_missing(const PlainCell& cell) { return !cell.quoted && (cell.text.empty() || cell.text == "NA"); }

ColumnKind plain_kind(const PlainCsv& csv, std::size_t column) {
  bool integers = true, reals = true, booleans = true, any = false, real_literal = false;
  for (const auto& record : csv.records) {
    const PlainCell& cell = record[column];
    if (is_missing(cell)) continue;
    any = true;
    integers = integers && !cell.quoted && decode_integer(cell.text);
    reals = reals && !cell.quoted && decode_real(cell.text);
    booleans = booleans && !cell.quoted && decode_boolean(cell.text);
    real_literal = real_literal || cell.text.find_first_of(".e+") != std::string::npos || cell.text == "-0";
  }
  if (!any) return ColumnKind::kReal;
  if (integers) return ColumnKind::kInteger;
  if (reals && real_literal) return ColumnKind::kReal;
  return booleans ? ColumnKind::kBoolean : ColumnKind::kText;
}

contract::Value plain_value(const PlainCell& cell, ColumnKind kind) {
  if (is_missing(cell)) return {};
  switch (kind) {
    case ColumnKind::kInteger:
      return *decode_integer(cell.text);
    case ColumnKind::kReal:
      return *decode_real(cell.text);
    case ColumnKind::kBoolean:
      return *decode_boolean(cell.text);
    case ColumnKind::kText:
      return cell.text;
  }
  return {};
}

std::string random_text(base::Rng& rng) {
  static const std::vector<std::string> pieces = {"a",    "Bc", "1",  "NA",   " ",  ".", "-",   "é",
                                                  "\"\"", ",",  "\n", "\r\n", "\r", ";", "true"};
  std::string text;
  for (std::size_t i = rng.below(6); i > 0; --i) text += pieces[rng.below(pieces.size())];
  return text;
}

/// A cell of a column of the given style: mostly of one kind, now and then of a wider one.
std::string random_cell(base::Rng& rng, std::size_t style) {
  if (rng.below(8) == 0) return rng.below(2) == 0 ? "" : "NA";
  if (rng.below(60) == 0) style = rng.below(6);
  switch (style) {
    case 0:
      return std::to_string(static_cast<std::int64_t>(rng.next()) >> rng.below(64));
    case 1:
      return std::to_string(rng.below(1000)) + "." + std::to_string(rng.below(100));
    case 2:
      return rng.below(2) == 0 ? "true" : "False";
    case 3:
      return "name " + std::to_string(rng.below(9)) + (rng.below(5) == 0 ? "\"" : "");
    case 4:
      return "\"" + random_text(rng) + "\"";
    default:
      return rng.below(2) == 0 ? "99999999999999999999" : "7";
  }
}

std::string random_records(base::Rng& rng) {
  const std::size_t columns = 1 + rng.below(4);
  const std::size_t rows = 1 + rng.below(40);
  static const std::vector<std::string> line_ends = {"\n", "\r\n", "\r"};
  const std::string& line_end = line_ends[rng.below(3)];
  std::vector<std::size_t> styles;
  std::string csv;
  for (std::size_t column = 0; column < columns; ++column) {
    styles.push_back(rng.below(6));
    csv += (column == 0 ? "h" : ",h") + std::to_string(column);
  }
  csv += line_end;
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      if (column > 0) csv += ',';
      csv += random_cell(rng, styles[column]);
    }
    csv += line_end;
  }
  if (rng.below(4) == 0) {  // break it somewhere behind the header
    const std::size_t header = csv.find(line_end) + line_end.size();
    static constexpr std::string_view kBreakers = "\"\",\n\rx";
    const std::size_t place = header + rng.below(csv.size() - header);
    csv.insert(place, 1, kBreakers[rng.below(kBreakers.size())]);
  }
  return csv;
}

bool same_values(const Column& a, const Column& b) {
  if (a.kind() != b.kind() || a.row_count() != b.row_count()) return false;
  for (std::size_t row = 0; row < a.row_count(); ++row) {
    if (a.value(row) != b.value(row)) return false;
  }
  if (a.kind() == ColumnKind::kText)
    return a.texts().levels == b.texts().levels && a.texts().codes == b.texts().codes;
  if (a.kind() == ColumnKind::kInteger) return a.integers() == b.integers();
  return true;
}

base::Result<CsvTable> parse_small_chunks(std::string_view text, const CsvOptions& options,
                                          const CsvParsing& parsing = {}) {
  return parse_guessing_kinds(*CsvInput::of_memory(text, "x"), options, parsing);
}

TEST(CsvParserTest, EqualsThePlainReaderWhateverTheChunksAndThreads) {
  const CsvOptions options{.delimiter = ',', .missing_values = {"", "NA"}};
  base::Rng rng(7);
  std::size_t good = 0;
  std::size_t bad = 0;
  for (int round = 0; round < 600; ++round) {
    const std::string text = random_records(rng);
    SCOPED_TRACE(::testing::PrintToString(text));
    const PlainCsv plain = read_plainly(text);
    const auto whole = parse_small_chunks(text, options);
    if (plain.error_line) {
      ++bad;
      ASSERT_FALSE(whole.ok());
      EXPECT_EQ(whole.error().where, "x:" + std::to_string(*plain.error_line)) << whole.error().message;
    } else if (plain.records.size() < 2) {
      ASSERT_FALSE(whole.ok());
    } else {
      ++good;
      ASSERT_TRUE(whole.ok()) << base::to_string(whole.error());
      PlainCsv rows = plain;
      rows.records.erase(rows.records.begin());
      ASSERT_EQ(whole->table.row_count(), rows.records.size());
      for (std::size_t column = 0; column < whole->table.columns().size(); ++column) {
        const ColumnKind kind = plain_kind(rows, column);
        ASSERT_EQ(whole->table.column(column).kind(), kind);
        for (std::size_t row = 0; row < rows.records.size(); ++row) {
          ASSERT_EQ(whole->table.column(column).value(row), plain_value(rows.records[row][column], kind));
        }
      }
    }
    for (const std::size_t chunk_size : {1, 2, 7, 50}) {
      CsvOptions threaded = options;
      threaded.thread_count = chunk_size == 50 ? 3 : 1;
      const auto cut = parse_small_chunks(text, threaded, {.chunk_size = chunk_size});
      ASSERT_EQ(cut.ok(), whole.ok()) << "chunk size " << chunk_size;
      if (!cut.ok()) {
        EXPECT_EQ(base::to_string(cut.error()), base::to_string(whole.error()))
            << "chunk size " << chunk_size;
        continue;
      }
      EXPECT_EQ(cut->schema, whole->schema);
      EXPECT_EQ(cut->sha256, whole->sha256);
      for (std::size_t column = 0; column < whole->table.columns().size(); ++column) {
        EXPECT_TRUE(same_values(cut->table.column(column), whole->table.column(column)))
            << "chunk size " << chunk_size;
      }
    }
  }
  EXPECT_GT(good, 300U);
  EXPECT_GT(bad, 40U);
}

TEST(CsvParserTest, ErrorsOfCellsDoNotDependOnChunks) {
  std::string text = "a,b\n";
  for (int row = 0; row < 300; ++row)
    text += std::to_string(row) + (row == 170 || row == 171 ? ",x\n" : ",1\n");
  text[text.find("172,")] = '\xff';
  CsvOptions options{.types = {{"b", ColumnKind::kInteger}}};
  for (const std::size_t chunk_size : {1, 5, 64, 1000, 1 << 21}) {
    options.thread_count = chunk_size == 64 ? 4 : 1;
    const auto csv = parse_small_chunks(text, options, {.chunk_size = chunk_size});
    ASSERT_FALSE(csv.ok());
    EXPECT_EQ(csv.error().where, "x:172");
    EXPECT_EQ(csv.error().message, "column \"b\": expected an integer, found \"x\"");
  }
}

TEST(CsvParserTest, ManyLevelsAreMergedInOrderOfAppearance) {
  std::string text = "a\n";
  base::Rng rng(3);
  std::vector<std::string> expected;
  std::vector<bool> seen(60'000);
  for (int row = 0; row < 120'000; ++row) {
    const std::size_t name = rng.below(seen.size());
    const std::string level = "a rather long name " + std::to_string(name);
    if (!seen[name]) expected.push_back(level);
    seen[name] = true;
    text += level + "\n";
  }
  for (const int threads : {1, 3}) {
    const auto csv = parse_small_chunks(text, {.thread_count = threads}, {.chunk_size = 100'000});
    ASSERT_TRUE(csv.ok());
    EXPECT_EQ(csv->table.column(0).texts().levels, expected);
  }
}

TEST(CsvParserTest, TakesCellsOfManyMegabytes) {
  const std::string long_text(std::size_t{64} << 20U, 'x');
  const std::string text = "a,b\n1,\"" + long_text + ",\n\"\"\"\n2,y\n";
  const auto csv = parse_small_chunks(text, {});
  ASSERT_TRUE(csv.ok()) << base::to_string(csv.error());
  EXPECT_TRUE(csv->table.column(1).texts().levels[0] == long_text + ",\n\"");
  EXPECT_EQ(csv->table.column(1).texts().levels[1], "y");
}

TEST(CsvParserTest, TakesAHundredThousandColumns) {
  constexpr int kColumns = 100'000;
  std::string text;
  for (int column = 0; column < kColumns; ++column)
    text += (column == 0 ? "c" : ",c") + std::to_string(column);
  for (int row = 0; row < 2; ++row) {
    text += "\n";
    for (int column = 0; column < kColumns; ++column)
      text += (column == 0 ? "" : ",") + std::to_string(column);
  }
  const auto csv = parse_small_chunks(text, {});
  ASSERT_TRUE(csv.ok()) << base::to_string(csv.error());
  EXPECT_EQ(csv->table.columns().size(), std::size_t{kColumns});
  EXPECT_EQ(csv->table.column(kColumns - 1).integers().values[1], kColumns - 1);
}

TEST(CsvParserTest, RefusesMoreFieldsThanAnyTableHas) {
  const auto csv = parse_small_chunks(std::string(1'000'001, ','), {});
  ASSERT_FALSE(csv.ok());
  EXPECT_EQ(csv.error().code, base::ErrorCode::kResourceLimit);
  EXPECT_EQ(csv.error().where, "x:1");
  EXPECT_EQ(csv.error().message, "the first record has more than 1,000,000 fields");
}

/// A file of that size which takes no room on disk: what is not written reads as NUL bytes.
std::filesystem::path sparse_file(std::string_view begin, std::uint64_t size) {
  const auto path = std::filesystem::path(::testing::TempDir()) /
                    (std::to_string(::getpid()) + "_csv_parser_test_sparse.csv");
  std::ofstream(path, std::ios::binary) << begin;
  std::filesystem::resize_file(path, size);
  return path;
}

TEST(CsvParserTest, ARecordWithoutEndIsRefusedBeforeItFillsTheMemory) {
  constexpr std::uint64_t kSize = std::uint64_t{2} << 30U;
  const auto error_of = [](std::string_view begin) {
    const auto path = sparse_file(begin, kSize);
    const auto csv = read_csv(path, {.delimiter = ',', .thread_count = 2});
    std::filesystem::remove(path);
    EXPECT_FALSE(csv.ok());
    return csv.ok() ? base::Error{} : csv.error();
  };
  const base::Error header = error_of("a,b");
  EXPECT_EQ(header.code, base::ErrorCode::kResourceLimit);
  EXPECT_EQ(header.message, "a record is longer than 128 MiB");
  EXPECT_THAT(header.where, ::testing::EndsWith("sparse.csv:1"));
  const base::Error row = error_of("a,b\n1,2\n3,");
  EXPECT_EQ(row.message, "a record is longer than 128 MiB");
  EXPECT_THAT(row.where, ::testing::EndsWith("sparse.csv:3"));
  const base::Error quote = error_of("a,b\n1,2\n3,\"x");
  EXPECT_THAT(quote.message,
              ::testing::StartsWith("column \"b\": the quote that opens here is not closed within 128 MiB"));
  EXPECT_THAT(quote.where, ::testing::EndsWith("sparse.csv:3"));
}

class CountingProgress final : public base::Progress {
 public:
  void update(std::string_view stage, std::uint64_t done, std::uint64_t total,
              std::string_view unit) override {
    ++calls;
    EXPECT_EQ(stage, "reading");
    EXPECT_EQ(unit, "bytes");
    EXPECT_GE(done, last);
    EXPECT_LE(done, total);
    last = done;
  }
  std::size_t calls = 0;
  void set_rows(std::uint64_t count) override { rows = count; }
  std::uint64_t last = 0;
  std::uint64_t rows = 0;
};

TEST(CsvParserTest, ReportsProgress) {
  std::string text = "a\n";
  for (int row = 0; row < 1000; ++row) text += "1\n";
  CountingProgress progress;
  ASSERT_TRUE(parse_small_chunks(text, {.thread_count = 1}, {.chunk_size = 10, .progress = &progress}).ok());
  EXPECT_GT(progress.calls, 5U);
  EXPECT_EQ(progress.last, 1999U);  // all but the header and the last line end
  EXPECT_EQ(progress.rows, 1000U);
}

}  // namespace
}  // namespace archmlp::table
