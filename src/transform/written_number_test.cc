#include "archmlp/transform/written_number.h"

#include <gtest/gtest.h>

#include <string>

namespace archmlp::transform {
namespace {

struct Example {
  std::string_view text;
  std::optional<double> value;
};

void expect_reals(std::initializer_list<Example> examples, const NumberNotation& notation) {
  for (const Example& example : examples)
    EXPECT_EQ(read_real(example.text, notation), example.value) << example.text;
}

TEST(WrittenNumber, TakesWhatStandsAroundTheDigits) {
  expect_reals({{"1234.5", 1234.5},
                {" \t42\u00A0", 42.0},
                {"$1,234.50", 1234.5},
                {"-$1,234.50", -1234.5},
                {"$-5", -5.0},
                {"+5", 5.0},
                {"\u22125", -5.0},
                {"(1,234.50)", -1234.5},
                {"€ 9.99", 9.99},
                {"9.99€", 9.99},
                {"1,000,000 USD", 1e6},
                {"CHF 12", 12.0},
                {"007", 7.0},
                {"000", 0.0},
                {"00.50", 0.5},
                {".5", 0.5},
                {"5.", 5.0},
                {"12.5%", 0.125},
                {"12.5 %", 0.125},
                {"1e3", 1000.0},
                {"-1.5E-2", -0.015},
                {"12,34,567", 1234567.0}},
               {});
}

TEST(WrittenNumber, RefusesWhatItMightMisread) {
  for (const std::string_view text :
       {"",        " ",      "-",     "$",     "%",        ".",     "1,5",   "1,23",  "1234,567",
        "1,234,5", "1,,234", ",123",  "1.2.3", "1 234",    "12 KG", "5 $ 5", "$$5",   "--5",
        "(-5",     "(5",     "- - 5", "5-",    "USDEUR 5", "5%%",   "1e",    "1e400", "0x10",
        "inf",     "nan",    "１２",  "ABC 5", "12 E",     "1,234e"}) {
    EXPECT_EQ(read_real(text, {}), std::nullopt) << text;
  }
  EXPECT_EQ(read_real(std::string(1000, '9'), {}), std::nullopt);
  EXPECT_EQ(read_real("0." + std::string(500, '3'), {}), 1.0 / 3.0);
}

TEST(WrittenNumber, FollowsTheNotation) {
  const NumberNotation german = {.decimal = ',', .thousands = "."};
  expect_reals(
      {{"1.234,50 EUR", 1234.5}, {"1.234", 1234.0}, {"1,5", 1.5}, {"1.5", std::nullopt}, {"-,5", -0.5}},
      german);
  expect_reals({{"1 234,5", 1234.5}, {"1\u00A0234\u202F567,5 €", 1234567.5}},
               {.decimal = ',', .thousands = " "});
  expect_reals({{"1'234.5", 1234.5}, {"1\u2019234", 1234.0}}, {.thousands = "'"});
  expect_reals({{"1,234", std::nullopt}, {"1234", 1234.0}}, {.thousands = ""});
  expect_reals({{"R$ 5", 5.0}, {"5R$", 5.0}, {"$5", std::nullopt}, {"5 EUR", std::nullopt}},
               {.currency = "R$"});
}

TEST(WrittenNumber, IntegersAreWhole) {
  const NumberNotation plain;
  EXPECT_EQ(read_integer("9,223,372,036,854,775,807", plain), 9223372036854775807);
  EXPECT_EQ(read_integer("9223372036854775808", plain), std::nullopt);
  EXPECT_EQ(read_integer("-0", plain), 0);
  EXPECT_EQ(read_integer("3.00", plain), 3);
  EXPECT_EQ(read_integer("3.5", plain), std::nullopt);
  EXPECT_EQ(read_integer("300%", plain), 3);
  EXPECT_EQ(read_integer("350%", plain), std::nullopt);
}

}  // namespace
}  // namespace archmlp::transform
