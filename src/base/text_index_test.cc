#include "archmlp/base/text_index.h"

#include <gtest/gtest.h>

#include <set>

#include "archmlp/base/rng.h"

namespace archmlp::base {
namespace {

/// Of two letters, so that many share their beginning, their end and their size.
std::string random_text(Rng& rng) {
  std::string text(rng.below(30), 'a');
  for (char& letter : text) letter = rng.below(4) == 0 ? 'b' : 'a';
  return text;
}

TEST(TextIndex, FindsWhatASearchFinds) {
  Rng rng(3);
  for (const int count : {0, 1, 2, 5, 100, 5000}) {
    std::vector<std::string> texts;
    std::set<std::string> seen;
    for (int i = 0; i < count; ++i) {
      std::string text = random_text(rng);
      if (seen.insert(text).second) texts.push_back(std::move(text));
    }
    const TextIndex index(texts);
    EXPECT_EQ(index.texts(), texts);
    for (std::size_t i = 0; i < texts.size(); ++i) ASSERT_EQ(index.find(texts[i]), i) << texts[i];
    for (int i = 0; i < 2000; ++i) {
      const std::string text = random_text(rng);
      if (seen.contains(text)) continue;
      ASSERT_EQ(index.find(text), TextIndex::kNone) << text;
    }
  }
}

TEST(TextIndex, TellsTextsApartThatDifferInOneByte) {
  for (std::size_t size = 1; size <= 40; ++size) {
    const std::string text(size, 'x');
    const TextIndex index({text});
    EXPECT_EQ(index.find(text), 0U);
    EXPECT_EQ(index.find(text.substr(1)), TextIndex::kNone);
    EXPECT_EQ(index.find(text + 'x'), TextIndex::kNone);
    for (std::size_t i = 0; i < size; ++i) {
      std::string other = text;
      other[i] = '\0';
      EXPECT_EQ(index.find(other), TextIndex::kNone) << size << " " << i;
    }
  }
}

TEST(TextIndex, TheFirstOfEqualTextsIsFound) {
  const TextIndex index({"b", "a", "b", ""});
  EXPECT_EQ(index.find("b"), 0U);
  EXPECT_EQ(index.find("a"), 1U);
  EXPECT_EQ(index.find(""), 3U);
  EXPECT_EQ(TextIndex().find(""), TextIndex::kNone);
}

}  // namespace
}  // namespace archmlp::base
