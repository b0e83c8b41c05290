#include "archmlp/base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "archmlp/base/rng.h"

namespace archmlp::base {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(NearestNames, FindsTyposCaseAndParts) {
  const std::vector<std::string> known = {"amount", "oldbalanceOrg", "newbalanceOrig", "type"};
  EXPECT_THAT(nearest_names("amuont", known), ElementsAre("amount"));
  EXPECT_THAT(nearest_names("Type", known), ElementsAre("type"));
  EXPECT_THAT(nearest_names("oldBalanceOrig", known), ElementsAre("oldbalanceOrg", "newbalanceOrig"));
  EXPECT_THAT(nearest_names("zzz", known), IsEmpty());
}

TEST(SuggestNames, ListsWhatIsKnownIfNothingIsNear) {
  EXPECT_EQ(suggest_names("zzz", std::vector<std::string>{"a", "b"}), R"(known: "a", "b")");
  EXPECT_EQ(suggest_names("typ", std::vector<std::string>{"type"}), R"(did you mean "type"?)");
}

TEST(Quoted, EscapesAndCuts) {
  EXPECT_EQ(base::quoted("a\n\"b\"\x01"), R"("a\n\"b\"\x01")");
  EXPECT_EQ(base::quoted("\xff"), R"("\xff")");
  EXPECT_EQ(base::quoted("né"), "\"né\"");
  EXPECT_EQ(base::quoted(std::string(100, 'x')), "\"" + std::string(60, 'x') + "…\"");
}

TEST(FindInvalidUtf8, KnowsTheStandardsCases) {
  EXPECT_EQ(find_invalid_utf8("plain ascii text, long enough"), std::nullopt);
  EXPECT_EQ(find_invalid_utf8("é€😀"), std::nullopt);
  EXPECT_EQ(find_invalid_utf8("abc\xC0\x80"), 3U);            // overlong
  EXPECT_EQ(find_invalid_utf8("\xED\xA0\x80"), 0U);           // surrogate
  EXPECT_EQ(find_invalid_utf8("\xF4\x90\x80\x80"), 0U);       // beyond U+10FFFF
  EXPECT_EQ(find_invalid_utf8("0123456789ab\xE2\x82"), 12U);  // cut short
  EXPECT_EQ(find_invalid_utf8("\x80"), 0U);
}

TEST(FormatReal, ReadsBackEqualAndStaysReal) {
  EXPECT_EQ(format_real(170136.0), "170136.0");
  EXPECT_EQ(format_real(-0.0), "-0.0");
  EXPECT_EQ(format_real(0.1), "0.1");
  EXPECT_EQ(format_real(1e300), "1e+300");
  EXPECT_EQ(format_real(100000.0), "100000.0");
  EXPECT_EQ(format_real(9999999999999998.0), "9999999999999998.0");
  EXPECT_EQ(format_real(1e16), "1e+16");
  EXPECT_EQ(format_real(-0.0005), "-0.0005");
  EXPECT_EQ(format_real(0.0001), "0.0001");
  EXPECT_EQ(format_real(0.00001), "1e-05");
  Rng rng(1);
  for (int i = 0; i < 10'000; ++i) {
    const double value = std::ldexp(rng.uniform() - 0.5, static_cast<int>(rng.below(600)) - 300);
    EXPECT_EQ(std::stod(format_real(value)), value);
  }
  EXPECT_EQ(std::stod(format_real(std::numeric_limits<double>::max())), std::numeric_limits<double>::max());
}

TEST(FormatReal, HasTheShortestDigits) {
  Rng rng(2);
  for (int i = 0; i < 200'000; ++i) {
    const double scale = std::pow(10.0, static_cast<double>(rng.below(16)));
    const double value =
        std::round((rng.uniform() - 0.5) * scale * 1000.0) / (rng.below(2) == 0 ? 100.0 : 1000.0);
    std::array<char, 64> digits{};
    const double magnitude = std::fabs(value);
    const bool plain = magnitude == 0.0 || (magnitude >= 1e-4 && magnitude < 1e16);
    const auto end = std::to_chars(digits.begin(), digits.end(), value,
                                   plain ? std::chars_format::fixed : std::chars_format::scientific);
    std::string shortest(digits.begin(), end.ptr);
    if (shortest.find_first_of(".e") == std::string::npos) shortest += ".0";
    ASSERT_EQ(format_real(value), shortest);
  }
}

TEST(EqualIgnoringCase, KnowsAsciiAlone) {
  EXPECT_TRUE(equal_ignoring_case("Content-Type", "content-tYPE"));
  EXPECT_TRUE(equal_ignoring_case("", ""));
  EXPECT_FALSE(equal_ignoring_case("a", "ab"));
  EXPECT_FALSE(equal_ignoring_case("@[`{", "`{@["));
  EXPECT_FALSE(equal_ignoring_case("\xC4", "\xE4"));
  EXPECT_EQ(to_lower("AZaz@[\xC4"), "azaz@[\xC4");
}

TEST(Trimmed, TakesBlanksAndTabsOffBothEnds) {
  EXPECT_EQ(trimmed(" \ta b\t "), "a b");
  EXPECT_EQ(trimmed("a"), "a");
  EXPECT_EQ(trimmed("\n"), "\n");
  EXPECT_EQ(trimmed(" \t "), "");
  EXPECT_EQ(trimmed(""), "");
}

TEST(WithThousands, GroupsDigits) {
  EXPECT_EQ(with_thousands(0), "0");
  EXPECT_EQ(with_thousands(999), "999");
  EXPECT_EQ(with_thousands(1'234'567), "1,234,567");
}

}  // namespace
}  // namespace archmlp::base
