#include "archmlp/table/csv_blocks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <mutex>

#include "archmlp/base/hash.h"
#include "archmlp/base/rng.h"
#include "archmlp/table/test_files.h"

namespace archmlp::table {
namespace {

using contract::ColumnKind;
using contract::CsvOptions;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// All blocks of one pass, checked to come once each and to have the schema's columns.
class Collector {
 public:
  explicit Collector(const CsvBlocks& blocks) : blocks_(blocks) {}

  base::Status take(std::size_t block, Table rows) {
    const std::scoped_lock lock(mutex_);
    EXPECT_LT(block, blocks_.block_count());
    EXPECT_EQ(rows.names(), blocks_.schema().names());
    EXPECT_TRUE(tables_.emplace(block, std::move(rows)).second);
    return {};
  }

  std::vector<std::vector<contract::Value>> rows() const {
    std::vector<std::vector<contract::Value>> all;
    for (const auto& [block, table] : tables_) {
      EXPECT_EQ(blocks_.rows_before(block), all.size());
      for (std::size_t row = 0; row < table.row_count(); ++row) {
        auto& values = all.emplace_back();
        for (const Column& column : table.columns()) values.push_back(column.value(row));
      }
    }
    return all;
  }
  const std::map<std::size_t, Table>& tables() const { return tables_; }

 private:
  const CsvBlocks& blocks_;
  std::mutex mutex_;
  std::map<std::size_t, Table> tables_;
};

struct Reading {
  base::Result<bool> first = false;
  base::Result<bool> last = false;
  std::vector<std::vector<contract::Value>> rows;
};

/// Reads once more if a guess was wrong.
Reading read(CsvBlocks& blocks) {
  Reading reading;
  for (int pass = 0; pass < 2; ++pass) {
    Collector collector(blocks);
    reading.last =
        blocks.read([&](std::size_t block, Table rows) { return collector.take(block, std::move(rows)); });
    if (pass == 0) reading.first = reading.last;
    if (!reading.last.ok()) break;
    if (!*reading.last) continue;
    reading.rows = collector.rows();
    break;
  }
  return reading;
}

std::vector<std::vector<contract::Value>> rows_of(const Table& table) {
  std::vector<std::vector<contract::Value>> all(table.row_count());
  for (std::size_t row = 0; row < table.row_count(); ++row)
    for (const Column& column : table.columns()) all[row].push_back(column.value(row));
  return all;
}

std::string random_csv(base::Rng& rng) {
  static const std::vector<std::vector<std::string>> styles = {
      {"1", "22", "-3", "", "7"},
      {"1", "2.5", "", "NA", "1e3"},
      {"true", "False", ""},
      {"a", "bc", "\"x,\ny\"", "\"\"", "é", "\"q\"\"\""},
      {"5", "5", "5", "5", "5", "5", "5", "5", "99999999999999999999", "0.5", "x", "true"},
      {"", "", "", "", "", "", "", "", "3", "z"},
      {"99999999999999999999", "1"}};
  const std::size_t columns = 1 + rng.below(4);
  std::vector<std::size_t> style;
  std::string text;
  for (std::size_t column = 0; column < columns; ++column) {
    style.push_back(rng.below(styles.size()));
    text += (column == 0 ? "h" : ",h") + std::to_string(column);
  }
  const std::string line_end = rng.below(3) == 0 ? "\r\n" : "\n";
  text += line_end;
  for (std::size_t row = 1 + rng.below(300); row > 0; --row) {
    for (std::size_t column = 0; column < columns; ++column) {
      const auto& cells = styles[style[column]];
      text += (column == 0 ? "" : ",") +
              (columns == 1 && cells[0].empty() ? "1" : cells[rng.below(cells.size())]);
    }
    text += line_end;
  }
  if (rng.below(4) == 0) {  // what a sample of the rows may miss
    for (std::size_t column = 0; column < columns; ++column) text += column == 0 ? "late" : ",late";
    text += line_end;
  }
  if (rng.below(5) == 0) {
    const std::size_t place = rng.below(text.size());
    text.insert(place, 1, "\",\n\xff"[rng.below(4)]);
  }
  return text;
}

TEST(CsvBlocksTest, EqualTheWholeTableForEveryChunkSize) {
  base::Rng rng(5);
  std::size_t again = 0;
  std::size_t good = 0;
  std::size_t bad = 0;
  for (int round = 0; round < 300; ++round) {
    const std::string text = random_csv(rng);
    SCOPED_TRACE(::testing::PrintToString(text));
    const auto whole = parse_csv(text, "0", {.delimiter = ','});
    for (const std::size_t chunk_size : {1, 7, 64, 1000, 1 << 21}) {
      const CsvOptions options{.delimiter = ',', .thread_count = chunk_size == 64 ? 3 : 1};
      auto blocks = CsvBlocks::open_texts({text}, options, chunk_size);
      if (!blocks.ok()) {
        ASSERT_FALSE(whole.ok());
        EXPECT_EQ(base::to_string(blocks.error()), base::to_string(whole.error()));
        continue;
      }
      const Reading reading = read(*blocks);
      ASSERT_EQ(reading.last.ok(), whole.ok()) << chunk_size;
      if (!whole.ok()) {
        ++bad;
        EXPECT_EQ(base::to_string(reading.last.error()), base::to_string(whole.error())) << chunk_size;
        continue;
      }
      ++good;
      again += *reading.first ? 0 : 1;
      ASSERT_TRUE(*reading.last);
      EXPECT_EQ(blocks->schema(), whole->schema);
      EXPECT_EQ(blocks->row_count(), whole->table.row_count());
      EXPECT_EQ(reading.rows, rows_of(whole->table)) << chunk_size;
      EXPECT_THAT(blocks->sha256(), ElementsAre(whole->sha256));
    }
  }
  EXPECT_GT(good, 1000U);
  EXPECT_GT(bad, 50U);
  EXPECT_GT(again, 20U);
}

TEST(CsvBlocksTest, KindsAreThoseOfAllCellsHoweverLateOneComes) {
  const std::vector<std::pair<std::string, ColumnKind>> late_cells = {
      {"7", ColumnKind::kInteger},  {"0.5", ColumnKind::kReal},
      {"true", ColumnKind::kText},  {"99999999999999999999", ColumnKind::kText},
      {"\"7\"", ColumnKind::kText}, {"NA", ColumnKind::kInteger}};
  for (const auto& [late, kind] : late_cells) {
    SCOPED_TRACE(late);
    std::string text = "a,b\n";
    for (int row = 0; row < 20'000; ++row) text += std::to_string(row) + ",x\n";
    text += late + ",x\n";
    for (int row = 0; row < 20'000; ++row) text += "1,x\n";
    for (const int threads : {1, 4}) {
      auto blocks = CsvBlocks::open_texts({text}, {.thread_count = threads}, 1000);
      ASSERT_TRUE(blocks.ok());
      EXPECT_EQ(blocks->schema().columns[0].kind, ColumnKind::kInteger);
      EXPECT_TRUE(blocks->schema().columns[0].nullable);
      const Reading reading = read(*blocks);
      ASSERT_TRUE(reading.last.ok() && *reading.last);
      EXPECT_EQ(*reading.first, kind == ColumnKind::kInteger);
      EXPECT_EQ(blocks->schema().columns[0].kind, kind);
      EXPECT_EQ(blocks->schema().columns[0].nullable, late == "NA");
      EXPECT_EQ(reading.rows, rows_of(parse_csv(text, "x", {})->table));
      const Reading second = read(*blocks);  // the same input again
      EXPECT_TRUE(*second.first);
      EXPECT_EQ(second.rows, reading.rows);
    }
  }
}

TEST(CsvBlocksTest, FilesMayHaveTheirColumnsInAnyOrder) {
  const std::string first = "a,b,c\n1,x,0.5\n2,y,1\n";
  const std::string second = "c;a;b\n2;3;x\n";
  for (const std::size_t chunk_size : {1, 1 << 20}) {
    auto blocks = CsvBlocks::open_texts({first, second, first}, {}, chunk_size);
    ASSERT_TRUE(blocks.ok()) << base::to_string(blocks.error());
    const Reading reading = read(*blocks);
    ASSERT_TRUE(reading.last.ok() && *reading.last);
    EXPECT_EQ(reading.rows,
              rows_of(parse_csv("a,b,c\n1,x,0.5\n2,y,1\n3,x,2\n1,x,0.5\n2,y,1\n", "x", {})->table));
    EXPECT_EQ(blocks->row_count(), 5U);
    EXPECT_EQ(blocks->file_count(), 3U);
    EXPECT_EQ(blocks->place_of(1).row, 1U);
    EXPECT_EQ(blocks->place_of(2).file, 1U);
    EXPECT_EQ(blocks->place_of(2).row, 0U);
    EXPECT_EQ(blocks->place_of(4).file, 2U);
    EXPECT_EQ(blocks->place_of(4).row, 1U);
    EXPECT_EQ(blocks->file_name(1), "1");
    EXPECT_THAT(blocks->sha256(),
                ElementsAre(base::sha256_hex(first), base::sha256_hex(second), base::sha256_hex(first)));
  }
}

TEST(CsvBlocksTest, SaysWhichFileHasOtherColumns) {
  const auto error_of = [](const std::vector<std::string_view>& texts) {
    const auto blocks = CsvBlocks::open_texts(texts, {}, 100);
    return blocks.ok() ? "" : base::to_string(blocks.error());
  };
  EXPECT_EQ(error_of({"age,city\n1,x\n", "age,citys\n1,x\n"}),
            "1:1: unknown column \"citys\". Hint: did you mean \"city\"? Every file needs the columns of 0");
  EXPECT_THAT(error_of({"age,city\n1,x\n", "age,city,more\n1,x,1\n"}),
              HasSubstr("1:1: unknown column \"more\""));
  EXPECT_THAT(error_of({"age,city\n1,x\n", "city\n1\n"}), HasSubstr("1:1: column \"age\" is missing"));
  EXPECT_THAT(error_of({"a\n1\n", "a\n"}), HasSubstr("1:1: the file has a header of 1 column but no rows"));
}

TEST(CsvBlocksTest, TheFirstErrorWinsWhateverTheThreads) {
  std::string good = "a,b\n";
  for (int row = 0; row < 3000; ++row) good += "1,2\n";
  std::string bad = good + "1\n" + good.substr(4) + "1,\xff\n" + good.substr(4) + "\"";
  for (const int threads : {1, 2, 5}) {
    auto blocks = CsvBlocks::open_texts({good, bad}, {.thread_count = threads}, 500);
    ASSERT_TRUE(blocks.ok());
    const auto done = blocks->read([](std::size_t, const Table&) -> base::Status { return {}; });
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().where, "1:3002");

    auto refused = CsvBlocks::open_texts({good, bad}, {.thread_count = threads}, 500);
    const auto refuse = refused->read([](std::size_t block, const Table&) -> base::Status {
      if (block < 9) return {};
      return base::Error{.message = "block " + std::to_string(block)};
    });
    ASSERT_FALSE(refuse.ok());
    EXPECT_EQ(refuse.error().message, "block 9");
  }
}

class CsvBlocksFileTest : public ::testing::Test {
 protected:
  std::filesystem::path write(std::string_view bytes, const std::string& name) {
    const auto path =
        std::filesystem::path(::testing::TempDir()) / (std::to_string(::getpid()) + "_csv_blocks_" + name);
    std::ofstream(path, std::ios::binary) << bytes;
    written_.push_back(path);
    return path;
  }
  void TearDown() override {
    for (const auto& path : written_) std::filesystem::remove(path);
  }

 private:
  std::vector<std::filesystem::path> written_;
};

/// Rows enough for several blocks, and, unpacked, more than is kept in memory.
std::string long_csv() {
  std::string text = "number,text\n";
  text.reserve(std::size_t{40} << 20U);
  for (std::size_t row = 0; text.size() < std::size_t{36} << 20U; ++row) {
    text += std::to_string(row);
    text += ",\"a text, the same in all rows, that makes the file long\"\n";
  }
  return text;
}

TEST_F(CsvBlocksFileTest, PlainAndPackedFilesAreTheSame) {
  const std::string text = long_csv();
  std::vector<std::string> packed = {text, gzip(text), zstd(text)};
  for (const std::string& bytes : packed) {
    const auto path = write(bytes, "packed.csv");
    auto blocks = CsvBlocks::open({path}, {.thread_count = 2});
    ASSERT_TRUE(blocks.ok()) << base::to_string(blocks.error());
    EXPECT_GT(blocks->block_count(), 10U);
    std::mutex mutex;
    std::int64_t sum = 0;
    const auto done = blocks->read([&](std::size_t, const Table& rows) -> base::Status {
      const std::scoped_lock lock(mutex);
      for (const std::int64_t value : rows.column(0).integers().values) sum += value;
      EXPECT_EQ(rows.column(1).texts().levels.size(), 1U);
      return {};
    });
    ASSERT_TRUE(done.ok() && *done);
    const auto rows = static_cast<std::int64_t>(blocks->row_count());
    EXPECT_EQ(sum, rows * (rows - 1) / 2);
    EXPECT_THAT(blocks->sha256(), ElementsAre(base::sha256_hex(bytes)));
  }
}

TEST_F(CsvBlocksFileTest, ReadsStandardInput) {
  const auto path = write("a,b\n1,x\n2,y\n", "stdin.csv");
  const int saved = ::dup(STDIN_FILENO);
  FILE* const file = std::fopen(path.c_str(), "r");
  ASSERT_GE(::dup2(::fileno(file), STDIN_FILENO), 0);
  auto blocks = CsvBlocks::open({"-"}, {});
  ::dup2(saved, STDIN_FILENO);
  ::close(saved);
  std::fclose(file);
  ASSERT_TRUE(blocks.ok()) << base::to_string(blocks.error());
  EXPECT_EQ(read(*blocks).rows, rows_of(read_csv(path, {})->table));
  EXPECT_EQ(blocks->file_name(0), "standard input");
}

TEST_F(CsvBlocksFileTest, AFileThatShrinksWhileItIsReadIsAnError) {
  const auto path = write(long_csv(), "shrinks.csv");
  auto blocks = CsvBlocks::open({path}, {.thread_count = 2});
  ASSERT_TRUE(blocks.ok());
  std::filesystem::resize_file(path, std::size_t{5} << 20U);
  const auto done = blocks->read([](std::size_t, const Table&) -> base::Status { return {}; });
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().code, base::ErrorCode::kIo);
  EXPECT_THAT(done.error().message, HasSubstr("become shorter"));
}

TEST_F(CsvBlocksFileTest, KnownSchemasAreMetAsByTheWholeReader) {
  const contract::Schema schema = {
      {{.name = "age", .kind = ColumnKind::kInteger, .nullable = true, .missing_values = {"", "NA"}},
       {.name = "city", .kind = ColumnKind::kText, .nullable = false, .missing_values = {""}},
       {.name = "pay", .kind = ColumnKind::kReal, .nullable = false, .missing_values = {""}}}};
  KnownSchemaOptions options{.optional = {"pay"}, .unread = {"city"}, .allow_extra = true};
  for (const std::string_view text : {"pay;city;age;more\n1;12;3.0;z\n\"2\";NA;NA;z\n", "city,age\nx,1\n",
                                      "city,age\nx,y\n", "age,city,pay\n1,x,\n", "age\n1\n", "age,city\n"}) {
    SCOPED_TRACE(text);
    const auto path = write(text, "known.csv");
    const auto whole = read_csv_as(path, schema, options);
    auto blocks = CsvBlocks::open_as(path, schema, options);
    if (!blocks.ok()) {
      ASSERT_FALSE(whole.ok());
      EXPECT_EQ(base::to_string(blocks.error()), base::to_string(whole.error()));
      continue;
    }
    const Reading reading = read(*blocks);
    ASSERT_EQ(reading.last.ok(), whole.ok());
    if (!whole.ok()) {
      EXPECT_EQ(base::to_string(reading.last.error()), base::to_string(whole.error()));
      continue;
    }
    EXPECT_TRUE(*reading.first);
    EXPECT_EQ(blocks->schema(), whole->schema);
    EXPECT_EQ(reading.rows, rows_of(whole->table));
  }
}

}  // namespace
}  // namespace archmlp::table
