#include "archmlp/table/json_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "archmlp/base/text.h"
#include "archmlp/test_support/shared_data.h"

namespace archmlp::table {
namespace {

using contract::ColumnKind;
using contract::ColumnSchema;
using contract::Schema;
using testing::HasSubstr;

Schema four_kinds() {
  return {{{.name = "count", .kind = ColumnKind::kInteger},
           {.name = "amount", .kind = ColumnKind::kReal, .nullable = true},
           {.name = "flag", .kind = ColumnKind::kBoolean},
           {.name = "type", .kind = ColumnKind::kText},
           {.name = "removed", .kind = ColumnKind::kReal}}};
}

JsonRecordDecoder four_kinds_decoder() { return {four_kinds(), {.ignored = {"removed", "label"}}}; }

/// The error of decoding record 0, or of the first record that has one.
base::Error error_of(JsonRecordDecoder& decoder, std::string_view body) {
  if (base::Status parsed = decoder.parse(body); !parsed.ok()) return parsed.error();
  Record record;
  for (std::size_t i = 0; i < decoder.record_count(); ++i) {
    if (base::Status decoded = decoder.decode(i, record); !decoded.ok()) return decoded.error();
  }
  return {.message = "no error"};
}

TEST(JsonRecords, DecodesEveryKindInAnyOrder) {
  JsonRecordDecoder decoder = four_kinds_decoder();
  for (
      const std::string_view body :
      {R"({"count": 9007199254740993, "amount": 2, "flag": true, "type": "caf\u00e9"})",
       R"({"type": "café", "removed": [{"x": null}], "flag": true, "label": 1, "amount": 2.0, "count": 9007199254740993})"}) {
    ASSERT_TRUE(decoder.parse(body).ok());
    EXPECT_FALSE(decoder.is_array());
    ASSERT_EQ(decoder.record_count(), 1U);
    Record record;
    const base::Status decoded = decoder.decode(0, record);
    ASSERT_TRUE(decoded.ok()) << to_string(decoded.error());
    ASSERT_EQ(record.size(), 5U);
    EXPECT_EQ(record[0].integer, 9007199254740993);
    EXPECT_EQ(record[1].kind, ColumnKind::kReal);
    EXPECT_EQ(record[1].real, 2.0);
    EXPECT_TRUE(record[2].boolean);
    EXPECT_EQ(record[3].text, "café");
    EXPECT_TRUE(record[4].missing);
  }
}

TEST(JsonRecords, NothingOfAnEarlierRecordStays) {
  JsonRecordDecoder decoder = four_kinds_decoder();
  ASSERT_TRUE(
      decoder
          .parse(
              R"([{"count":1,"amount":2,"flag":true,"type":"a"},{"count":3,"amount":null,"flag":false,"type":"b"}])")
          .ok());
  EXPECT_TRUE(decoder.is_array());
  ASSERT_EQ(decoder.record_count(), 2U);
  Record record;
  ASSERT_TRUE(decoder.decode(0, record).ok());
  ASSERT_TRUE(decoder.decode(1, record).ok());
  EXPECT_EQ(record[0].integer, 3);
  EXPECT_TRUE(record[1].missing);
  EXPECT_FALSE(record[2].boolean);
  EXPECT_EQ(record[3].text, "b");
}

TEST(JsonRecords, RecordErrorsSayWhatWhereAndHint) {
  struct Case {
    std::string_view body, where, message, hint;
  };
  JsonRecordDecoder decoder = four_kinds_decoder();
  for (const auto& [body, where, message, hint] : std::initializer_list<Case>{
           {R"({"count": 1, "amount": 2, "flag": true})", "type", "missing field \"type\"", "every field"},
           {R"([{"amount": 2, "flag": true}])", "[0].count", R"(missing fields "count", "type")", ""},
           {R"({"cuont": 1})", "cuont", "unknown field \"cuont\"", "did you mean \"count\""},
           {R"({"count": 1, "count": 1})", "count", "twice", ""},
           {R"({"label": 1, "label": 1})", "label", "twice", ""},
           {R"({"count": "1"})", "count", "expected an integer", ""},
           {R"({"count": 1.5})", "count", "expected an integer", ""},
           {R"({"count": true})", "count", "expected an integer", ""},
           {R"({"count": 9223372036854775808})", "count", "out of range", "64 bits"},
           {R"({"count": -9223372036854775809})", "count", "out of range", ""},
           {R"({"count": 1e300})", "count", "out of range", ""},
           {R"({"count": null})", "count", "may not be null", "a value"},
           {R"({"amount": "x"})", "amount", "expected a", "without quotes"},
           {R"({"amount": {}})", "amount", "{…}", ""},
           {R"({"amount": 1e400})", "amount", "beyond the range", ""},
           {R"({"flag": 1})", "flag", "expected", ""},
           {R"({"type": 1})", "type", "expected", "in quotes"},
           {R"({"type": "\udc00"})", "type", "surrogate", ""},
           {R"([[]])", "[0]", "expected an object, found an array", ""},
           {R"([null])", "[0]", "expected an object, found null", ""},
           {R"(3)", "", "expected an object or an array of objects, found a number", ""},
           {R"("x")", "", "found a string", ""}}) {
    const base::Error error = error_of(decoder, body);
    EXPECT_EQ(error.where, where) << body;
    EXPECT_THAT(error.message, HasSubstr(message)) << body;
    EXPECT_THAT(error.hint, HasSubstr(hint)) << body;
    EXPECT_FALSE(decoder.is_syntax_error()) << body;
  }
}

TEST(JsonRecords, ErrorsInABatchNameTheRecord) {
  JsonRecordDecoder decoder = four_kinds_decoder();
  const std::string good = R"({"count": 1, "amount": 2, "flag": true, "type": "a"})";
  EXPECT_EQ(error_of(decoder, "[" + good + "," + good + R"(,{"count": "x"}])").where, "[2].count");
  EXPECT_EQ(error_of(decoder, "[" + good + R"(, {"count": 1e999}])").where, "[1].count");
}

TEST(JsonRecords, NumbersOfARealColumnMayBeOfAnySize) {
  const Schema schema{{{.name = "x", .kind = ColumnKind::kReal}}};
  JsonRecordDecoder decoder(schema, {});
  for (const auto& [literal, value] : std::initializer_list<std::pair<std::string, double>>{
           {"123123123123123123123123123123", 123123123123123123123123123123.0},
           {"-123123123123123123123123123123", -123123123123123123123123123123.0},
           {"18446744073709551615", 18446744073709551615.0},
           {"9007199254740993", 9007199254740992.0},
           {"1e-999", 0.0},
           {"1.7976931348623157e308", 1.7976931348623157e308}}) {
    std::string body = R"({"x": )";
    body.append(literal).append("}");
    ASSERT_TRUE(decoder.parse(body).ok()) << body;
    Record record;
    ASSERT_TRUE(decoder.decode(0, record).ok()) << body;
    EXPECT_EQ(record[0].real, value) << body;
  }
}

TEST(JsonRecords, IntegralNumbersSuitIntegerColumns) {
  const Schema schema{{{.name = "n", .kind = ColumnKind::kInteger}}};
  JsonRecordDecoder decoder(schema, {});
  Record record;
  for (const std::string_view body : {R"({"n": 3})", R"({"n": 3.0})", R"({"n": 30e-1})", R"({"n": 0.3e1})"}) {
    ASSERT_TRUE(decoder.parse(body).ok()) << body;
    ASSERT_TRUE(decoder.decode(0, record).ok()) << body;
    EXPECT_EQ(record[0].integer, 3) << body;
  }
  ASSERT_TRUE(decoder.parse(R"({"n": -9223372036854775808})").ok());
  ASSERT_TRUE(decoder.decode(0, record).ok());
  EXPECT_EQ(record[0].integer, std::numeric_limits<std::int64_t>::min());
}

TEST(JsonRecords, BrokenJsonNamesTheByte) {
  JsonRecordDecoder decoder = four_kinds_decoder();
  const base::Error error = error_of(decoder, R"({"count": 1,})");
  EXPECT_TRUE(decoder.is_syntax_error());
  EXPECT_EQ(error.where, "byte 12");
  EXPECT_THAT(error.message, HasSubstr("the body is not valid JSON: expected a field name"));
  EXPECT_EQ(decoder.record_count(), 0U);

  ASSERT_TRUE(decoder.parse("[]").ok());
  EXPECT_FALSE(decoder.is_syntax_error());
  EXPECT_TRUE(decoder.is_array());
  EXPECT_EQ(decoder.record_count(), 0U);
}

TEST(JsonRecords, LimitsAreErrors) {
  JsonRecordDecoder decoder(four_kinds(), {.ignored = {"removed"}});
  EXPECT_TRUE(decoder.parse("[{},{}]", 0, 2).ok());
  EXPECT_EQ(decoder.parse("[{},{},{}]", 0, 2).error().code, base::ErrorCode::kResourceLimit);
  EXPECT_EQ(decoder.record_count(), 0U);
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_EQ(error_of(decoder, deep).code, base::ErrorCode::kResourceLimit);
  EXPECT_FALSE(decoder.is_syntax_error());
  EXPECT_THAT(error_of(decoder, deep.substr(0, 100'000)).message, HasSubstr("not valid JSON"));
}

TEST(JsonRecords, ManyFieldsAreFoundWhateverTheirOrder) {
  Schema schema;
  nlohmann::json object;
  constexpr std::size_t kColumns = 500;
  for (std::size_t i = 0; i < kColumns; ++i) {
    schema.columns.push_back(
        {.name = "a_rather_long_prefix_" + std::to_string(i), .kind = ColumnKind::kInteger});
    object[schema.columns.back().name] = i;  // sorted by name: not the schema's order
  }
  JsonRecordDecoder decoder(schema, {});
  ASSERT_TRUE(decoder.parse(object.dump()).ok());
  Record record;
  ASSERT_TRUE(decoder.decode(0, record).ok());
  for (std::size_t i = 0; i < kColumns; ++i) EXPECT_EQ(record[i].integer, static_cast<std::int64_t>(i));
}

TEST(JsonRecords, ALargeBodyDoesNotSpoilSmallOnes) {
  JsonRecordDecoder decoder = four_kinds_decoder();
  const std::string record_text = R"({"count": 1, "amount": 2, "flag": true, "type": "a"})";
  std::string body = "[";
  while (body.size() < (2U << 20U)) body += record_text + ",";
  body.back() = ']';
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(decoder.parse(body).ok());
    Record record;
    ASSERT_TRUE(decoder.decode(decoder.record_count() - 1, record).ok());
    ASSERT_TRUE(decoder.parse(record_text).ok());
    ASSERT_TRUE(decoder.decode(0, record).ok());
    EXPECT_EQ(record[3].text, "a");
  }
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << stream.rdbuf();
  return bytes.str();
}

TEST(JsonRecords, JsonTestSuite) {
  const std::filesystem::path folder = test_support::shared_folder() / "data/JSONTestSuite/test_parsing";
  if (!std::filesystem::is_directory(folder)) GTEST_SKIP() << folder << " is absent";
  JsonRecordDecoder decoder = four_kinds_decoder();
  std::size_t file_count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    const std::string body = read_file(entry.path());
    ++file_count;
    const base::Error error = error_of(decoder, body);
    const bool is_syntax_error = decoder.is_syntax_error();
    EXPECT_EQ(error.message.find("not valid JSON") != std::string::npos, is_syntax_error) << name;
    // Of what is left to the reader (i_), only what is no UTF-8 text may be called broken.
    const bool is_text = !base::find_invalid_utf8(body) && body.find('\0') == std::string::npos &&
                         !body.starts_with("\xEF\xBB\xBF");
    if (name.starts_with("n_")) {
      EXPECT_TRUE(is_syntax_error) << name << ": " << to_string(error);
    } else if (name.starts_with("y_") || is_text) {
      EXPECT_FALSE(is_syntax_error) << name << ": " << to_string(error);
    }
    if (is_syntax_error && is_text) {  // the other parser skips a byte order mark and stops at a NUL
      EXPECT_FALSE(nlohmann::json::accept(body)) << name;
    }
  }
  EXPECT_GT(file_count, 300U);
}

}  // namespace
}  // namespace archmlp::table
