#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/table/table.h"

namespace archmlp::table {

/// The distinct texts of one chunk of a column, numbered in order of first appearance.
class LevelTable {
 public:
  /// The number of `text`, new or not. It is copied if it is new.
  std::uint32_t insert(std::string_view text);

  /// Makes room for that many texts.
  void reserve(std::size_t level_count);

  /// Gives back what only insert needs; nothing may be inserted afterwards.
  void close();

  std::span<const std::string_view> levels() const noexcept { return levels_; }
  std::span<const std::uint64_t> hashes() const noexcept { return hashes_; }

 private:
  void rehash(std::size_t slot_count);
  std::string_view keep(std::string_view text);

  struct Slot {
    std::uint32_t tag = 0;             // high bits of the hash
    std::uint32_t level_plus_one = 0;  // 0: free
  };
  std::vector<std::string_view> levels_;
  std::vector<std::uint64_t> hashes_;
  std::vector<Slot> slots_;
  std::vector<std::unique_ptr<char[]>> storage_;  // of the levels' texts; never moves
  char* free_ = nullptr;                          // in the last of them
  std::size_t free_size_ = 0;
};

/// A chunk of a text column: codes index into `levels`, -1 is missing.
struct TextChunk {
  std::vector<std::int32_t> codes;
  LevelTable levels;
};

/// Joins the chunks of a column: levels in order of first appearance over the chunks in their order, whatever
/// the threads. Errors: kResourceLimit beyond 2^31 - 1 distinct texts.
base::Result<TextCells> merge_text_chunks(std::span<const TextChunk* const> chunks, int thread_count);

}  // namespace archmlp::table
