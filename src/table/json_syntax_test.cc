#include "archmlp/table/json_syntax.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>

#include "archmlp/base/rng.h"

namespace archmlp::table {
namespace {

using Kind = JsonDiagnosis::Kind;
using testing::HasSubstr;

constexpr std::size_t kDepth = 1024;

JsonDiagnosis diagnose(std::string_view text) { return diagnose_json(text, kDepth); }

TEST(JsonSyntax, AcceptsWhatTheGrammarAllows) {
  for (const std::string_view text : {"{}", "[]", " [ ] ", "0", "-0", "1e5", "-1.5E-3", "\"\"", "true",
                                      "null\n", R"({"a":{"b":[1,{"c":[]}]},"d":""})",
                                      R"("\u0041\ud83d\ude00\"\\\/\b\f\n\r\t")", "[1,2]", "\"\x7F\""}) {
    EXPECT_EQ(diagnose(text).kind, Kind::kValid) << text << ": " << diagnose(text).message;
  }
}

struct Case {
  std::string_view text;
  std::size_t offset;
  std::string_view message;
};

TEST(JsonSyntax, SaysWhatIsWrongAndWhere) {
  for (const auto& [text, offset, message] :
       std::initializer_list<Case>{{"", 0, "it is empty"},
                                   {"  ", 2, "it is empty"},
                                   {"\xEF\xBB\xBF{}", 0, "byte order mark"},
                                   {R"({"a": 1,})", 8, "field name in double quotes"},
                                   {R"({"a": 1)", 7, R"(it ends where "," or "}" should follow)"},
                                   {R"({"a" 1})", 5, R"(expected ":")"},
                                   {R"({a: 1})", 1, "field name"},
                                   {"[1,]", 3, "expected a value"},
                                   {"[1 2]", 3, R"("," or "]")"},
                                   {"[1}", 2, R"("," or "]")"},
                                   {"{} {}", 3, "something follows"},
                                   {"[01]", 1, "start with a zero"},
                                   {"[1.]", 3, "a digit"},
                                   {"[-]", 2, "a digit"},
                                   {"[1e]", 3, "a digit"},
                                   {"[NaN]", 1, "expected a value"},
                                   {"[tru]", 1, "expected a value"},
                                   {"[\"a\nb\"]", 3, "control character"},
                                   {R"(["\x"])", 2, "no such escape"},
                                   {R"(["\u12G4"])", 2, "hexadecimal"},
                                   {R"(["\ud800\u12"])", 8, "hexadecimal"},
                                   {R"(["abc)", 5, "within a string"},
                                   {"[\"\xC0\xAF\"]", 2, "UTF-8"},
                                   {"[\"\xED\xA0\x80\"]", 2, "UTF-8"}}) {
    const JsonDiagnosis found = diagnose(text);
    EXPECT_EQ(found.kind, Kind::kSyntax) << text;
    EXPECT_EQ(found.offset, offset) << text << ": " << found.message;
    EXPECT_THAT(found.message, HasSubstr(message)) << text;
  }
}

TEST(JsonSyntax, TellsUnusableJsonFromBrokenJson) {
  JsonDiagnosis found = diagnose(R"([{"a": 1}, {"b": 2, "amount": 1e400}])");
  EXPECT_EQ(found.kind, Kind::kNumberRange);
  EXPECT_EQ(found.where, "[1].amount");
  EXPECT_THAT(found.message, HasSubstr("1e400"));

  found = diagnose(R"({"type": "\ud800x"})");
  EXPECT_EQ(found.kind, Kind::kUnpairedSurrogate);
  EXPECT_EQ(found.where, "type");
  for (const std::string_view text : {R"("\udc00")", R"("\ud800\ud800\udc00")", R"("\uD800\n")"}) {
    EXPECT_EQ(diagnose(text).kind, Kind::kUnpairedSurrogate) << text;
  }
  EXPECT_EQ(diagnose(R"([1e400, ])").kind, Kind::kSyntax) << "broken JSON comes first";
}

TEST(JsonSyntax, FindsIntegersBeyond64Bits) {
  EXPECT_THAT(diagnose("[18446744073709551616, -9223372036854775809, 18446744073709551615]").wide_integers,
              testing::ElementsAre(21, 43));
  EXPECT_EQ(diagnose("[" + std::string(400, '9') + "]").kind, Kind::kNumberRange);
}

TEST(JsonSyntax, NestingCostsNoStack) {
  const std::string open(1'000'000, '[');
  EXPECT_EQ(diagnose(open).kind, Kind::kSyntax);
  EXPECT_EQ(diagnose(open + std::string(1'000'000, ']')).kind, Kind::kTooDeep);
  EXPECT_EQ(diagnose(std::string(kDepth, '[') + std::string(kDepth, ']')).kind, Kind::kValid);
  EXPECT_EQ(diagnose(std::string(kDepth + 1, '[') + std::string(kDepth + 1, ']')).kind, Kind::kTooDeep);
}

TEST(JsonSyntax, AgreesWithAnotherParserOnRandomTexts) {
  constexpr std::array<std::string_view, 24> kPieces = {
      "{", "}",    "[",    "]", ",",  ":",  "\"a\"", "\"\\u00e9\"", "1",   "-0.5e3",   "0",    ".",
      "e", "true", "null", " ", "\n", "\"", "\\",    "\\u12",       "tru", "\xC3\xA9", "\xC3", "\"b\":"};
  base::Rng rng(7);
  std::size_t valid_count = 0;
  for (int round = 0; round < 60'000; ++round) {
    std::string text = round % 2 == 0 ? "" : "[";
    for (std::uint64_t length = rng.below(9); length > 0; --length)
      text += kPieces[rng.below(kPieces.size())];
    if (round % 2 == 1) text += ']';
    const JsonDiagnosis found = diagnose(text);
    ASSERT_EQ(found.kind == Kind::kValid, nlohmann::json::accept(text)) << text << ": " << found.message;
    valid_count += found.kind == Kind::kValid ? 1 : 0;
  }
  EXPECT_GT(valid_count, 500U);
}

TEST(JsonSyntax, WhereNames) {
  EXPECT_EQ(where_name("age"), "age");
  EXPECT_EQ(where_name("total charges"), "total charges");
  EXPECT_EQ(where_name(""), "\"\"");
  EXPECT_EQ(where_name("a\nb"), "\"a\\nb\"");
}

}  // namespace
}  // namespace archmlp::table
