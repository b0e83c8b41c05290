#include "archmlp/table/csv_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "archmlp/base/cancel.h"
#include "archmlp/base/file.h"
#include "archmlp/base/hash.h"
#include "archmlp/table/test_files.h"
#include "archmlp/test_support/shared_data.h"

namespace archmlp::table {
namespace {

using contract::ColumnKind;
using contract::CsvOptions;
using contract::Value;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

CsvTable parse(std::string_view text, const CsvOptions& options = {}) {
  auto csv = parse_csv(text, "data.csv", options);
  EXPECT_TRUE(csv.ok()) << base::to_string(csv.error());
  return csv.ok() ? std::move(csv).value() : CsvTable{};
}

std::string error_of(std::string_view text, const CsvOptions& options = {}) {
  const auto csv = parse_csv(text, "data.csv", options);
  EXPECT_FALSE(csv.ok()) << text;
  return csv.ok() ? "" : base::to_string(csv.error());
}

std::vector<Value> values(const CsvTable& csv, std::string_view name) {
  const Column* column = csv.table.find(name);
  EXPECT_NE(column, nullptr);
  std::vector<Value> values;
  for (std::size_t row = 0; column != nullptr && row < column->row_count(); ++row)
    values.push_back(column->value(row));
  return values;
}

Value integer(std::int64_t value) { return value; }
Value text(std::string value) { return value; }
const Value kMissing;

TEST(CsvReaderTest, GuessesEveryKind) {
  const CsvTable csv = parse("i,r,b,t\n1,0.5,true,x\n-2,1e3,False,y\n");
  EXPECT_THAT(values(csv, "i"), ElementsAre(integer(1), integer(-2)));
  EXPECT_THAT(values(csv, "r"), ElementsAre(Value(0.5), Value(1000.0)));
  EXPECT_THAT(values(csv, "b"), ElementsAre(Value(true), Value(false)));
  EXPECT_THAT(values(csv, "t"), ElementsAre(text("x"), text("y")));
  EXPECT_EQ(csv.schema.columns[3].kind, ColumnKind::kText);
  EXPECT_FALSE(csv.schema.columns[0].nullable);
  EXPECT_EQ(csv.sha256, base::sha256_hex("i,r,b,t\n1,0.5,true,x\n-2,1e3,False,y\n"));
}

TEST(CsvReaderTest, WidensByAllCellsAndKeepsTheOriginalText) {
  const CsvTable csv = parse("a,b,c,d,e,f\n1,1,1.50,true,1e5,1\n2,2.5,x,1,+7,99999999999999999999\n");
  EXPECT_THAT(values(csv, "a"), ElementsAre(integer(1), integer(2)));
  EXPECT_THAT(values(csv, "b"), ElementsAre(Value(1.0), Value(2.5)));
  EXPECT_THAT(values(csv, "c"), ElementsAre(text("1.50"), text("x")));
  EXPECT_THAT(values(csv, "d"), ElementsAre(text("true"), text("1")));
  EXPECT_THAT(values(csv, "e"), ElementsAre(Value(1e5), Value(7.0)));
  EXPECT_THAT(values(csv, "f"), ElementsAre(text("1"), text("99999999999999999999")));
}

TEST(CsvReaderTest, IntegersBeyondSixtyFourBitsAreRealsAmongReals) {
  EXPECT_THAT(values(parse("a\n99999999999999999999\n0.5\n"), "a"), ElementsAre(Value(1e20), Value(0.5)));
}

TEST(CsvReaderTest, LeadingZerosAndBlanksMakeText) {
  EXPECT_THAT(values(parse("a\n00123\n7\n"), "a"), ElementsAre(text("00123"), text("7")));
  EXPECT_THAT(values(parse("a\n 5\n7\n"), "a"), ElementsAre(text(" 5"), text("7")));
}

TEST(CsvReaderTest, MinusZeroIsReal) {
  EXPECT_EQ(parse("a\n-0\n7\n").schema.columns[0].kind, ColumnKind::kReal);
}

TEST(CsvReaderTest, MissingTokensCountOnlyUnquoted) {
  const CsvTable csv = parse("i,t,u,n\n1,NA,\"NA\",\n,x,\"\",?\n");
  EXPECT_THAT(values(csv, "i"), ElementsAre(integer(1), kMissing));
  EXPECT_THAT(values(csv, "t"), ElementsAre(kMissing, text("x")));
  EXPECT_THAT(values(csv, "u"), ElementsAre(text("NA"), text("")));
  EXPECT_EQ(csv.schema.columns[3].kind, ColumnKind::kReal);
  EXPECT_EQ(csv.table.find("n")->missing_count(), 2U);
  EXPECT_TRUE(csv.schema.columns[1].nullable);
  EXPECT_FALSE(csv.schema.columns[2].nullable);
}

TEST(CsvReaderTest, MissingValuesCanBeGivenAlsoPerColumn) {
  const CsvTable csv =
      parse("a,b\n-1,-1\nNA,2\n", {.missing_values = {"NA"}, .column_missing_values = {{"b", {"-1"}}}});
  EXPECT_THAT(values(csv, "a"), ElementsAre(integer(-1), kMissing));
  EXPECT_THAT(values(csv, "b"), ElementsAre(kMissing, integer(2)));
  EXPECT_THAT(csv.schema.columns[1].missing_values, ElementsAre("-1"));
  EXPECT_THAT(values(parse("a,b\n,1\n", {.missing_values = {}}), "a"), ElementsAre(text("")));
}

TEST(CsvReaderTest, QuotedNumbersMakeText) {
  EXPECT_THAT(values(parse("a\n\"12\"\n3\n"), "a"), ElementsAre(text("12"), text("3")));
}

TEST(CsvReaderTest, TypesCanBeGiven) {
  const CsvTable csv =
      parse("a,b,c\n\"12\",7,1.0\n3,,2\n",
            {.types = {{"a", ColumnKind::kInteger}, {"b", ColumnKind::kText}, {"c", ColumnKind::kInteger}}});
  EXPECT_THAT(values(csv, "a"), ElementsAre(integer(12), integer(3)));
  EXPECT_THAT(values(csv, "b"), ElementsAre(text("7"), kMissing));
  EXPECT_THAT(values(csv, "c"), ElementsAre(integer(1), integer(2)));
  EXPECT_EQ(error_of("a,b\n1,2\n3,x\n", {.types = {{"b", ColumnKind::kReal}}}),
            "data.csv:3: column \"b\": expected a number, found \"x\". Hint: add \"x\" to missing_values if "
            "it means "
            "a missing value; otherwise give a number with a decimal point, such as 0.5 or 1.5e6");
  EXPECT_THAT(error_of("age\n1\n", {.types = {{"aeg", ColumnKind::kReal}}}),
              HasSubstr("did you mean \"age\"?"));
}

TEST(CsvReaderTest, TakesEveryLineEndAndAByteOrderMark) {
  for (const char* data : {"a,b\n1,x\n2,y\n", "a,b\r\n1,x\r\n2,y\r\n", "a,b\r1,x\r2,y\r",
                           "\xef\xbb\xbf"
                           "a,b\n1,x\n2,y",
                           "a,b\n1,x\r\n2,y\r\n\r\n\n"}) {
    const CsvTable csv = parse(data);
    EXPECT_THAT(values(csv, "a"), ElementsAre(integer(1), integer(2))) << data;
    EXPECT_THAT(values(csv, "b"), ElementsAre(text("x"), text("y"))) << data;
  }
}

TEST(CsvReaderTest, QuotesHoldDelimitersLineBreaksAndQuotes) {
  const CsvTable csv = parse("\"a \"\"1\"\"\",b\n\"x,\n\r\n\"\"y\"\"\",2\n5\" pipe,3\n");
  EXPECT_THAT(values(csv, "a \"1\""), ElementsAre(text("x,\n\r\n\"y\""), text("5\" pipe")));
  EXPECT_THAT(values(csv, "b"), ElementsAre(integer(2), integer(3)));
}

TEST(CsvReaderTest, DetectsTheDelimiterOrTakesOne) {
  for (const char delimiter : {',', ';', '\t', '|'}) {
    std::string data = "a~b~c\n1~x y~\"2,5;|\t\"\n3~z~4\n";
    std::ranges::replace(data, '~', delimiter);
    const CsvTable csv = parse(data);
    EXPECT_EQ(csv.delimiter, delimiter);
    EXPECT_THAT(values(csv, "b"), ElementsAre(text("x y"), text("z")));
  }
  EXPECT_EQ(parse("x;y\n1,5;2,5\n3,5;4,5\n").delimiter, ';');
  EXPECT_EQ(parse("x\n1\n").delimiter, ',');
  EXPECT_THAT(values(parse("a:b\n1:2\n", {.delimiter = ':'}), "b"), ElementsAre(integer(2)));
  EXPECT_THAT(error_of("a\n1\n", {.delimiter = '"'}), HasSubstr("cannot be a delimiter"));
}

TEST(CsvReaderTest, WithoutAHeaderColumnsAreNumbered) {
  const CsvTable csv = parse("1,x\n2,y\n", {.header = false});
  EXPECT_THAT(csv.table.names(), ElementsAre("c0", "c1"));
  EXPECT_THAT(values(csv, "c0"), ElementsAre(integer(1), integer(2)));
}

TEST(CsvReaderTest, EmptyLinesAreMissingInAColumnAloneButNotAtTheEnd) {
  EXPECT_THAT(values(parse("a\n1\n\n2\n\n\n"), "a"), ElementsAre(integer(1), kMissing, integer(2)));
  EXPECT_THAT(error_of("a,b\n1,2\n\n3,4\n"),
              HasSubstr("data.csv:3: expected 2 fields, found 1: \"\". Hint: remove the empty line"));
  EXPECT_EQ(parse("a,b\n1,2\n,\n").table.row_count(), 2U);
}

TEST(CsvReaderTest, NulBytesAreTextButNotInTheHeader) {
  EXPECT_THAT(values(parse(std::string_view("a\nx\0y\n", 6)), "a"),
              ElementsAre(text(std::string("x\0y", 3))));
  EXPECT_THAT(error_of(std::string_view("a\0,\0b\0\n\0", 8)), HasSubstr("not UTF-8 text"));
  EXPECT_THAT(error_of("\xff\xfe"
                       "a"),
              HasSubstr("UTF-16"));
}

TEST(CsvReaderTest, RefusesFilesWithoutRows) {
  EXPECT_EQ(error_of(""), "data.csv: the file is empty. Hint: give a CSV with a header and at least one row");
  EXPECT_THAT(error_of("\n\r\n"), HasSubstr("nothing but empty lines"));
  EXPECT_THAT(error_of("a,b\n"), HasSubstr("data.csv:1: the file has a header of 2 columns but no rows"));
}

TEST(CsvReaderTest, RefusesBadColumnNames) {
  EXPECT_THAT(error_of("a,b,a\n1,2,3\n"),
              HasSubstr("data.csv:1: column name \"a\" occurs twice: columns 1 and 3"));
  EXPECT_THAT(error_of("a,,b\n1,2,3\n"), HasSubstr("data.csv:1: column 2 has no name"));
  EXPECT_THAT(error_of("a,\xe9\n1,2\n"), HasSubstr("invalid UTF-8"));
}

TEST(CsvReaderTest, RefusesRaggedRows) {
  EXPECT_EQ(error_of("a,b\n1,2\n\"x\ny\",2\n1,2,3\n"),
            "data.csv:5: expected 2 fields, found 3: \"1,2,3\". Hint: put quotes around cells that hold the "
            "delimiter "
            "\",\", or complete the header");
  EXPECT_THAT(error_of("a,b,c\n1,2\n"), HasSubstr("expected 3 fields, found 2"));
  EXPECT_THAT(error_of("a,b\n\"x,1\ny\",2,3\n"), HasSubstr("goes on over 2 lines"));
}

TEST(CsvReaderTest, RefusesBrokenQuotes) {
  EXPECT_THAT(error_of("a,b\n1,2\n3,\"x\n5,6\n"),
              HasSubstr("data.csv:3: column \"b\": the quote that opens here is never closed"));
  EXPECT_THAT(error_of("a,b\n1,\"x\"y\n"),
              HasSubstr("data.csv:2: column \"b\": text behind the closing quote: \"y\""));
  EXPECT_THAT(error_of("\"a,b\n1,2\n"), HasSubstr("data.csv:1: column 1: the quote that opens here"));
}

TEST(CsvReaderTest, RefusesInvalidUtf8) {
  EXPECT_THAT(error_of("a,b\n1,Z\xc3\xbcrich\n2,Z\xfcrich\n"),
              HasSubstr("data.csv:3: column \"b\": invalid UTF-8, found \"Z\\xfcrich\""));
}

TEST(CsvReaderTest, TheFirstErrorInTheFileWins) {
  const CsvOptions options{.types = {{"b", ColumnKind::kInteger}, {"a", ColumnKind::kInteger}}};
  EXPECT_THAT(error_of("a,b,c\n1,x,\xff\ny,1,z\n1\n", options), HasSubstr("data.csv:2: column \"b\""));
  EXPECT_THAT(error_of("a,b,c\n\xff,x,1\n", options), HasSubstr("invalid UTF-8"));
  EXPECT_THAT(error_of("a,b,c\n1,1,1\n1\n1,x,1\n", options), HasSubstr("data.csv:3: expected 3"));
}

TEST(CsvReaderTest, StopsWhenCancelled) {
  base::request_cancel();
  const auto csv = parse_csv("a\n1\n", "data.csv", {});
  base::reset_cancel();
  ASSERT_FALSE(csv.ok());
  EXPECT_EQ(csv.error().code, base::ErrorCode::kCancelled);
}

TEST(CsvReaderTest, LevelsStandInOrderOfFirstAppearance) {
  EXPECT_THAT(parse("a\nz\ny\nz\nx\n").table.find("a")->texts().levels, ElementsAre("z", "y", "x"));
}

contract::Schema known_schema() {
  return {{{.name = "age", .kind = ColumnKind::kInteger, .nullable = true, .missing_values = {"", "NA"}},
           {.name = "city", .kind = ColumnKind::kText, .nullable = false, .missing_values = {""}},
           {.name = "pay", .kind = ColumnKind::kReal, .nullable = false, .missing_values = {""}}}};
}

std::string known_error(std::string_view data, const KnownSchemaOptions& options = {}) {
  const auto csv = parse_csv_as(data, "new.csv", known_schema(), options);
  EXPECT_FALSE(csv.ok());
  return csv.ok() ? "" : base::to_string(csv.error());
}

TEST(CsvReaderTest, LeavesUnreadColumnsUnparsed) {
  const std::string text = "a,b,c\n1,x,2\n3,\"y\nz\",4\n";
  const auto csv = parse_csv(text, "a.csv", {.unread = {"b"}});
  ASSERT_TRUE(csv.ok()) << base::to_string(csv.error());
  EXPECT_EQ(csv->table.names(), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(csv->table.column(1).missing_count(), 2U);
  EXPECT_EQ(csv->schema.columns[1], unread_column("b"));
  EXPECT_EQ(csv->table.column(2).integers().values, (std::vector<std::int64_t>{2, 4}));
  EXPECT_FALSE(parse_csv(text + "5,6\n", "a.csv", {.unread = {"b"}}).ok());   // ragged all the same
  EXPECT_FALSE(parse_csv("a,b\n1,\xff\n", "a.csv", {.unread = {"b"}}).ok());  // and UTF-8
  const auto given = parse_csv(text, "a.csv", {.types = {{"b", ColumnKind::kText}}, .unread = {"b"}});
  ASSERT_TRUE(given.ok());
  EXPECT_EQ(given->table.column(1).missing_count(), 0U);

  KnownSchemaOptions options;
  options.unread = {"b"};
  const auto known = parse_csv_as(text, "a.csv", csv->schema, options);
  ASSERT_TRUE(known.ok()) << base::to_string(known.error());
  EXPECT_EQ(known->table.names(), csv->table.names());
  EXPECT_EQ(known->table.column(1).missing_count(), 2U);
}

TEST(CsvReaderAsTest, MatchesColumnsByNameAndDecodesByKind) {
  const auto csv = parse_csv_as("pay;city;age\n1;12;3.0\n\"2\";NA;NA\n", "new.csv", known_schema(), {});
  ASSERT_TRUE(csv.ok()) << base::to_string(csv.error());
  EXPECT_THAT(csv->table.names(), ElementsAre("age", "city", "pay"));
  EXPECT_THAT(values(*csv, "age"), ElementsAre(integer(3), kMissing));
  EXPECT_THAT(values(*csv, "city"), ElementsAre(text("12"), text("NA")));
  EXPECT_THAT(values(*csv, "pay"), ElementsAre(Value(1.0), Value(2.0)));
  EXPECT_EQ(csv->schema, known_schema());
}

TEST(CsvReaderAsTest, SaysWhatDoesNotFit) {
  EXPECT_THAT(known_error("age,city\n1,x\n"), HasSubstr("new.csv:1: column \"pay\" is missing"));
  EXPECT_THAT(known_error("age,city,pay,citys\n1,x,2,y\n"),
              HasSubstr("new.csv:1: unknown column \"citys\". Hint: did you mean \"city\"?"));
  EXPECT_THAT(known_error("age,city,pay\n1,x,2\n1.5,x,2\n"),
              HasSubstr("new.csv:3: column \"age\": expected an integer, found \"1.5\""));
  EXPECT_THAT(known_error("age,city,pay\n1,,2\n"),
              HasSubstr("new.csv:2: column \"city\": a value is missing"));
  EXPECT_THAT(known_error("age,city,pay\n1,x,\n"), HasSubstr("column \"pay\": a value is missing"));
  EXPECT_THAT(known_error("age,city,pay\n"), HasSubstr("no rows"));
}

TEST(CsvReaderAsTest, CanLetColumnsAndRowsBeAbsent) {
  const auto csv = parse_csv_as("age,extra,pay\n1,\"x\",2\n", "new.csv", known_schema(),
                                {.optional = {"city"}, .allow_extra = true});
  ASSERT_TRUE(csv.ok()) << base::to_string(csv.error());
  EXPECT_THAT(csv->table.names(), ElementsAre("age", "pay"));
  const auto empty = parse_csv_as("age,city,pay\n", "new.csv", known_schema(), {.allow_header_only = true});
  ASSERT_TRUE(empty.ok()) << base::to_string(empty.error());
  EXPECT_EQ(empty->table.row_count(), 0U);
  EXPECT_EQ(empty->table.columns().size(), 3U);
}

TEST(CsvReaderAsTest, RowsCountWithoutKnownColumns) {
  const auto csv = parse_csv_as("x\n1\n2\n", "new.csv", known_schema(),
                                {.optional = {"age", "city", "pay"}, .allow_extra = true});
  ASSERT_TRUE(csv.ok());
  EXPECT_EQ(csv->table.row_count(), 2U);
}

class CsvFileTest : public ::testing::Test {
 protected:
  std::filesystem::path write(std::string_view bytes) {
    const auto path =
        std::filesystem::path(::testing::TempDir()) / (std::to_string(::getpid()) + "_csv_reader_test.csv");
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
};

TEST_F(CsvFileTest, ReadsFilesAndSaysWhichOneFailed) {
  const auto csv = read_csv(write("a\n1\n"), {});
  ASSERT_TRUE(csv.ok());
  EXPECT_THAT(values(*csv, "a"), ElementsAre(integer(1)));
  const auto ragged = read_csv(write("a\n1,2\n"), {});
  ASSERT_FALSE(ragged.ok());
  EXPECT_THAT(ragged.error().where, HasSubstr("csv_reader_test.csv:2"));
  const auto none = read_csv("/no/such/file.csv", {});
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code, base::ErrorCode::kNotFound);
}

TEST(CsvSpectrumTest, FilesMeanWhatTheirJsonSays) {
  const std::filesystem::path folder = test_support::shared_folder() / "data/csv-spectrum";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no csv-spectrum in " << folder;
  std::size_t file_count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "csvs")) {
    SCOPED_TRACE(entry.path().filename().string());
    const auto guessed = read_csv(entry.path(), {});
    ASSERT_TRUE(guessed.ok()) << base::to_string(guessed.error());
    CsvOptions options{.missing_values = {}};
    for (const std::string& name : guessed->table.names()) options.types[name] = ColumnKind::kText;
    const auto csv = read_csv(entry.path(), options);
    ASSERT_TRUE(csv.ok()) << base::to_string(csv.error());
    ++file_count;
    if (entry.path().stem() == "location_coordinates") {  // its JSON is known to be wrong
      EXPECT_EQ(csv->table.row_count(), 1U);
      EXPECT_EQ(csv->table.columns().size(), 4U);
      continue;
    }
    std::ifstream file(folder / "json" / (entry.path().stem().string() + ".json"));
    const auto rows = nlohmann::ordered_json::parse(file);
    ASSERT_EQ(csv->table.row_count(), rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
      EXPECT_EQ(rows[row].size(), csv->table.columns().size());
      for (const auto& [name, value] : rows[row].items()) {
        const Column* column = csv->table.find(name);
        ASSERT_NE(column, nullptr) << name;
        EXPECT_EQ(column->value(row), Value(value.get<std::string>())) << name << " in row " << row;
      }
    }
  }
  EXPECT_EQ(file_count, 12U);
}

}  // namespace
}  // namespace archmlp::table
