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
class LevelList {
 public:
  std::size_t size() const noexcept { return hashes_.size(); }
  std::string_view operator[](std::size_t level) const noexcept {
    return {bytes_.get() + begins_[level], begins_[level + 1] - begins_[level]};
  }
  /// Start to fetch what [level] reads: first where the text is, then, once that is there, the text.
  void prefetch_place(std::size_t level) const noexcept { __builtin_prefetch(begins_.data() + level); }
  void prefetch_text(std::size_t level) const noexcept { __builtin_prefetch(bytes_.get() + begins_[level]); }
  /// base::hash_of_text of each.
  std::span<const std::uint32_t> hashes() const noexcept { return hashes_; }
  std::size_t byte_count() const noexcept { return begins_.back(); }

  void reserve(std::size_t level_count, std::size_t byte_count);
  /// Room for a text of up to that size; append() does not copy what stands there.
  char* draft(std::size_t size);
  /// Copies the text. Precondition: fewer than 2^32 bytes in all.
  void append(std::string_view text, std::uint32_t hash);

 private:
  void make_room(std::size_t end);
  void grow(std::size_t byte_count);

  std::vector<std::uint32_t> hashes_;
  std::vector<std::uint32_t> begins_ = {0};  // one more than texts
  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0;
};

/// Finds the texts of a LevelList. Apart from it, so that it is used again for the next list, its memory in
/// cache.
class LevelIndex {
 public:
  /// Forgets everything and makes room for that many texts.
  void restart(std::size_t level_count);

  /// Starts to fetch what insert() will read.
  void prefetch(std::uint32_t hash) const noexcept {
    __builtin_prefetch(slots_.data() + (hash & slot_mask_));
  }

  /// The number of `text` in `levels`, where it is appended if it is new. `hash`: always the same for a text.
  /// Precondition: all texts of `levels` came through here since restart().
  std::uint32_t insert(std::string_view text, std::uint32_t hash, LevelList& levels);

 private:
  void grow(const LevelList& levels);

  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t level_plus_one = 0;  // 0: free
  };
  std::vector<Slot> slots_ = std::vector<Slot>(16);  // a power of two
  std::size_t slot_mask_ = 15;
};

/// A chunk of a text column: codes index into `levels`, -1 is missing.
struct TextChunk {
  std::vector<std::int32_t> codes;
  LevelList levels;
};

/// Joins the chunks of a column: levels in order of first appearance over the chunks in their order, whatever
/// the threads. Errors: kResourceLimit beyond 2^31 - 1 distinct texts.
base::Result<TextCells> merge_text_chunks(std::span<const TextChunk* const> chunks, int thread_count);

}  // namespace archmlp::table
