#include "archmlp/table/cell_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>

#include "archmlp/base/rng.h"
#include "archmlp/table/number_parser.h"

namespace archmlp::table {
namespace {

using contract::ColumnKind;
using contract::ColumnSchema;
using ::testing::HasSubstr;

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

TEST(DecodeIntegerTest, TakesPlainIntegersOfSixtyFourBits) {
  EXPECT_EQ(decode_integer("0"), 0);
  EXPECT_EQ(decode_integer("-7"), -7);
  EXPECT_EQ(decode_integer("9007199254740993"), 9007199254740993);
  EXPECT_EQ(decode_integer("9223372036854775807"), kMax);
  EXPECT_EQ(decode_integer("-9223372036854775808"), kMin);
}

TEST(DecodeIntegerTest, RefusesEverythingElse) {
  for (const char* text : {"", "-", "+", "+5", "-0", "007", "-01", "00", "1.0", "1e3", " 5", "5 ", "0x10",
                           "1_000", "9223372036854775808", "-9223372036854775809", "18446744073709551616",
                           "99999999999999999999999", "١"}) {
    EXPECT_EQ(decode_integer(text), std::nullopt) << text;
  }
}

TEST(DecodeIntegerTest, InexactlyTakesRealLiteralsWithIntegralValue) {
  EXPECT_EQ(decode_integer("3.0", false), 3);
  EXPECT_EQ(decode_integer("+5", false), 5);
  EXPECT_EQ(decode_integer("-1.5e3", false), -1500);
  EXPECT_EQ(decode_integer("9007199254740991.0", false), 9007199254740991);
  EXPECT_EQ(decode_integer("9007199254740993", false), 9007199254740993);
  for (const char* text : {"3.5", "9007199254740992.0", "1e300", "9223372036854775808", "x", ""}) {
    EXPECT_EQ(decode_integer(text, false), std::nullopt) << text;
  }
}

TEST(DecodeRealTest, TakesDecimalsAndExponents) {
  EXPECT_EQ(decode_real("1.916920493E7"), 19169204.93);
  EXPECT_EQ(decode_real("0.1"), 0.1);
  EXPECT_EQ(decode_real("-2.5"), -2.5);
  EXPECT_EQ(decode_real("+.5"), 0.5);
  EXPECT_EQ(decode_real("5."), 5.0);
  EXPECT_EQ(decode_real("1e-400"), 0.0);
  EXPECT_EQ(decode_real("5e-324"), 5e-324);
  EXPECT_EQ(decode_real("12345678901234567890"), 12345678901234567890.0);
  EXPECT_TRUE(std::signbit(*decode_real("-0")));
  EXPECT_TRUE(std::signbit(*decode_real("-0.0")));
}

TEST(DecodeRealTest, RefusesEverythingElse) {
  for (const char* text : {"",      ".",     "-",     "+",      "-.",       "e5",   ".e5",   "1e",  "1e+",
                           "1e5.0", "1.2.3", "inf",   "-inf",   "Infinity", "nan",  "0x1p3", "1,5", " 1.5",
                           "1.5 ",  "1d5",   "1e400", "-1e400", "00.5",     "01e3", "--1",   "+-1", "1f"}) {
    EXPECT_EQ(decode_real(text), std::nullopt) << text;
  }
}

/// Random literals around every border of the short cut: digits, point and exponent anywhere.
TEST(DecodeRealTest, EqualsStrtodOnRandomLiterals) {
  base::Rng rng(20);
  for (int round = 0; round < 200'000; ++round) {
    std::string text;
    const std::uint64_t sign = rng.below(6);
    if (sign == 0) text += '-';
    if (sign == 1) text += '+';
    const std::size_t digits = 1 + rng.below(rng.below(4) == 0 ? 40 : 18);
    const std::size_t point = rng.below(digits + 4);
    if (point == 0) text += '0';
    for (std::size_t i = 0; i < digits; ++i) {
      if (i == point) text += '.';
      const bool first = i == 0 && point > 0;
      text += static_cast<char>('0' + (first ? 1 + rng.below(9) : rng.below(10)));
    }
    if (rng.below(3) == 0) {
      text += rng.below(2) == 0 ? "e" : "E";
      if (rng.below(2) == 0) text += '-';
      text += std::to_string(rng.below(rng.below(4) == 0 ? 330 : 30));
    }
    const double expected = std::strtod(text.c_str(), nullptr);
    const std::optional<double> found = decode_real(text);
    if (std::isinf(expected)) {
      EXPECT_EQ(found, std::nullopt) << text;
    } else {
      ASSERT_TRUE(found.has_value()) << text;
      EXPECT_EQ(*found, expected) << text;
    }
  }
}

/// Every short text over the characters that matter, and every length of number, by the grammar's own words.
TEST(DecodeRealTest, ShortNumbersAreThoseOfTheGrammar) {
  const auto expected = [](const std::string& text) -> std::optional<double> {
    std::size_t i = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
    const std::size_t begin = i;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') ++i;
    const std::size_t whole = i - begin;
    std::size_t fraction = 0;
    if (i < text.size() && text[i] == '.') {
      ++i;
      while (i < text.size() && text[i] >= '0' && text[i] <= '9') ++i, ++fraction;
    }
    if (i != text.size() || whole + fraction == 0 || (whole > 1 && text[begin] == '0')) return std::nullopt;
    return std::strtod(text.c_str(), nullptr);
  };
  const auto check = [&](const std::string& text) {
    const std::string exact(text);  // of its own size: nothing around it may be read
    const auto found = decode_real(exact);
    ASSERT_EQ(found, expected(text)) << text;
    if (found) {
      ASSERT_EQ(std::signbit(*found), text[0] == '-') << text;
    }
    for (const std::string& in_front : {std::string(16, '9'), std::string(16, ','), std::string(16, '.')}) {
      const std::string roomy = in_front + text;
      const Number alone = parse_number(exact.data(), exact.data() + exact.size());
      const Number with_room = parse_number(roomy.data() + 16, roomy.data() + roomy.size(), true);
      ASSERT_EQ(with_room.form, alone.form) << text;
      ASSERT_EQ(with_room.integer, alone.integer) << text;
      ASSERT_EQ(std::bit_cast<std::uint64_t>(with_room.real), std::bit_cast<std::uint64_t>(alone.real))
          << text;
    }
  };
  static constexpr std::string_view kCharacters = "019.-:/";
  for (std::size_t size = 1; size <= 6; ++size) {
    std::size_t count = 1;
    for (std::size_t i = 0; i < size; ++i) count *= kCharacters.size();
    for (std::size_t number = 0; number < count; ++number) {
      std::string text;
      for (std::size_t i = 0, rest = number; i < size; ++i, rest /= kCharacters.size())
        text += kCharacters[rest % kCharacters.size()];
      check(text);
    }
  }
  base::Rng rng(2);
  for (int round = 0; round < 100'000; ++round) {
    std::string text(1 + rng.below(20), '0');
    for (char& c : text) c = static_cast<char>('0' + rng.below(10));
    if (rng.below(3) > 0) text[rng.below(text.size())] = '.';
    if (rng.below(8) == 0) text[rng.below(text.size())] = static_cast<char>(rng.below(256));
    if (rng.below(4) == 0) text.insert(0, "-");
    if (text.find_first_of("eE+") != std::string::npos || text.find('\0') != std::string::npos) continue;
    check(text);
    const auto integer = decode_integer(text);
    if (integer) {
      EXPECT_EQ(std::to_string(*integer), text);
    }
  }
}

TEST(DecodeBooleanTest, TakesThreeSpellings) {
  for (const char* text : {"true", "True", "TRUE"}) EXPECT_EQ(decode_boolean(text), true);
  for (const char* text : {"false", "False", "FALSE"}) EXPECT_EQ(decode_boolean(text), false);
  for (const char* text : {"", "0", "1", "yes", "tRUE", "t", "true "})
    EXPECT_EQ(decode_boolean(text), std::nullopt);
}

TEST(DecodeCellTest, MissingTokensCountOnlyWhereUnquoted) {
  const ColumnSchema text{.name = "city", .kind = ColumnKind::kText, .missing_values = {"", "NA"}};
  EXPECT_TRUE(decode_cell(text, "NA", false)->missing);
  EXPECT_TRUE(decode_cell(text, "", false)->missing);
  EXPECT_EQ(decode_cell(text, "NA", true)->text, "NA");
  EXPECT_FALSE(decode_cell(text, "", true)->missing);
  const ColumnSchema number{.name = "age", .kind = ColumnKind::kInteger, .missing_values = {"-999"}};
  EXPECT_TRUE(decode_cell(number, "-999", false)->missing);
  EXPECT_EQ(decode_cell(number, "-999", true)->integer, -999);
  EXPECT_FALSE(decode_cell(number, "", false).ok());
}

TEST(DecodeCellTest, GivesTheKindOfTheColumn) {
  EXPECT_EQ(decode_cell({.name = "a", .kind = ColumnKind::kReal}, "3", false)->real, 3.0);
  EXPECT_EQ(decode_cell({.name = "a", .kind = ColumnKind::kInteger}, "3.0", false)->integer, 3);
  EXPECT_TRUE(decode_cell({.name = "a", .kind = ColumnKind::kBoolean}, "True", false)->boolean);
  EXPECT_EQ(decode_cell({.name = "a", .kind = ColumnKind::kText}, "007", false)->text, "007");
}

TEST(DecodeCellTest, SaysWhatWasExpectedAndFound) {
  const ColumnSchema column{.name = "age", .kind = ColumnKind::kInteger, .missing_values = {"NA"}};
  const auto cell = decode_cell(column, "n/a", false);
  ASSERT_FALSE(cell.ok());
  EXPECT_EQ(cell.error().code, base::ErrorCode::kInvalidInput);
  EXPECT_EQ(cell.error().message, "column \"age\": expected an integer, found \"n/a\"");
  EXPECT_THAT(cell.error().hint, HasSubstr("add \"n/a\" to missing_values"));
  EXPECT_THAT(decode_cell(column, " 5", false).error().hint, HasSubstr("blanks"));
  EXPECT_THAT(decode_cell({.name = "x", .kind = ColumnKind::kReal}, "1,5", false).error().hint,
              HasSubstr("point"));
  EXPECT_THAT(decode_cell(column, "NA", true).error().hint, HasSubstr("a quoted cell is never missing"));
}

}  // namespace
}  // namespace archmlp::table
