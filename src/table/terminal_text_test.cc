#include "archmlp/table/terminal_text.h"

#include <gtest/gtest.h>

namespace archmlp::table {
namespace {

TEST(TerminalText, WidthOfCharacters) {
  EXPECT_EQ(display_width("abc"), 3U);
  EXPECT_EQ(display_width("é"), 1U);
  EXPECT_EQ(display_width("e\u0301"), 1U);
  EXPECT_EQ(display_width("東京"), 4U);
  EXPECT_EQ(display_width("🎉"), 2U);
}

TEST(TerminalText, CutsBetweenCharacters) {
  EXPECT_EQ(cut_to_width("abcdef", 6), "abcdef");
  EXPECT_EQ(cut_to_width("abcdef", 5), "abcd…");
  EXPECT_EQ(cut_to_width("東京都", 6), "東京都");
  EXPECT_EQ(cut_to_width("東京都", 5), "東京…");
  EXPECT_EQ(cut_to_width("東京都", 4), "東…");
  EXPECT_EQ(cut_to_width("e\u0301e\u0301e\u0301", 2), "e\u0301…");
  EXPECT_EQ(cut_to_width("ab", 1), "…");
  EXPECT_EQ(cut_to_width("ab", 0), "");
}

TEST(TerminalText, ControlCharactersAreShown) {
  EXPECT_EQ(printable("a\tb\nc\x7f\u009b"), "a\\tb\\nc\\x7f\\x9b");
  EXPECT_EQ(printable("plain, 東京"), "plain, 東京");
}

}  // namespace
}  // namespace archmlp::table
