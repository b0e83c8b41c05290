#include "archmlp/table/text_levels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

#include "archmlp/base/rng.h"
#include "archmlp/base/text_hash.h"

namespace archmlp::table {
namespace {

/// Texts of all lengths around those that are treated apart, many twice, many alike but for one byte in the
/// middle.
std::vector<std::string> random_texts(std::size_t count, std::uint64_t seed) {
  base::Rng rng(seed);
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < count; ++i) {
    std::string text(rng.below(20), 'a');
    if (!text.empty()) text[rng.below(text.size())] = static_cast<char>(rng.below(256));
    if (text.size() > 4 && rng.below(2) == 0)
      text[rng.below(text.size())] = static_cast<char>(rng.below(256));
    texts.push_back(std::move(text));
  }
  return texts;
}

std::uint32_t few_hashes(std::string_view text) { return base::hash_of_text(text) % 97; }
std::uint32_t one_hash(std::string_view) { return 0xFFFFFFFF; }

using HashFunction = std::uint32_t (*)(std::string_view);
constexpr HashFunction kHashes[] = {base::hash_of_text, few_hashes, one_hash};

TextChunk chunk_of(const std::vector<std::string>& texts, HashFunction hash, LevelIndex& index) {
  TextChunk chunk;
  index.restart(0);
  for (const std::string& text : texts) {
    const std::string exact(text);
    chunk.codes.push_back(static_cast<std::int32_t>(index.insert(exact, hash(exact), chunk.levels)));
  }
  return chunk;
}

struct Numbered {
  std::vector<std::int32_t> codes;
  std::vector<std::string> levels;
};

Numbered numbered(const std::vector<std::string>& texts) {
  Numbered result;
  std::unordered_map<std::string, std::int32_t> known;
  for (const std::string& text : texts) {
    const auto [found, is_new] = known.emplace(text, static_cast<std::int32_t>(known.size()));
    if (is_new) result.levels.push_back(text);
    result.codes.push_back(found->second);
  }
  return result;
}

TEST(LevelIndexTest, NumbersTextsInOrderOfAppearanceWhateverTheirHashes) {
  LevelIndex index;
  for (const HashFunction hash : kHashes) {
    const std::vector<std::string> texts = random_texts(hash == &base::hash_of_text ? 50'000 : 2'000, 1);
    const TextChunk chunk = chunk_of(texts, hash, index);
    const Numbered expected = numbered(texts);
    EXPECT_EQ(chunk.codes, expected.codes);
    ASSERT_EQ(chunk.levels.size(), expected.levels.size());
    for (std::size_t level = 0; level < expected.levels.size(); ++level)
      ASSERT_EQ(chunk.levels[level], expected.levels[level]);
  }
}

TEST(MergeTextChunksTest, NumbersAsIfItWereOneChunkWhateverHashesAndThreads) {
  constexpr std::size_t kChunks = 7;
  LevelIndex index;
  for (const HashFunction hash : kHashes) {
    std::vector<std::string> all;
    std::vector<TextChunk> chunks;
    for (std::size_t i = 0; i < kChunks; ++i) {
      const std::vector<std::string> texts = random_texts(hash == &base::hash_of_text ? 20'000 : 500, i);
      all.insert(all.end(), texts.begin(), texts.end());
      chunks.push_back(chunk_of(texts, hash, index));
    }
    std::vector<const TextChunk*> pointers;
    for (const TextChunk& chunk : chunks) pointers.push_back(&chunk);
    const Numbered expected = numbered(all);
    for (const int threads : {1, 3}) {
      const auto merged = merge_text_chunks(pointers, threads);
      ASSERT_TRUE(merged.ok());
      EXPECT_EQ(merged->codes, expected.codes);
      EXPECT_EQ(merged->levels, expected.levels);
    }
  }
}

}  // namespace
}  // namespace archmlp::table
