#include "archmlp/table/text_levels.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <numeric>

#include "archmlp/base/hash.h"
#include "archmlp/base/parallel.h"
#include "archmlp/base/rng.h"
#include "archmlp/base/try.h"
#include "archmlp/table/large_memory.h"

namespace archmlp::table {
namespace {

std::uint64_t load(const char* bytes, std::size_t size) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, size);
  return word;
}

/// Names, codes and words are short: two overlapping loads see all of them. Never leaves the program.
std::uint64_t hash_of(std::string_view text) noexcept {
  const std::size_t size = text.size();
  if (size > 16) return base::checksum64(std::as_bytes(std::span(text)));
  if (size > 8) {
    return base::mix64(base::mix64(load(text.data(), 8) + size) ^ load(text.data() + size - 8, 8));
  }
  if (size >= 4) {
    return base::mix64((load(text.data(), 4) << 32U | load(text.data() + size - 4, 4)) ^ (size << 56U));
  }
  return base::mix64(load(text.data(), size) ^ (size << 56U));
}

constexpr std::size_t kPartitions = 64;
constexpr std::size_t kPartitionedFrom = 20'000;  // levels; below, one partition does

/// Joins by hash partitions: every partition finds, for each of its levels, where the same text stands first.
/// A level is addressed by its place in the concatenation of all chunks' levels.
class Merger {
 public:
  Merger(std::span<const TextChunk* const> chunks, int thread_count)
      : chunks_(chunks), thread_count_(thread_count), level_bases_(1, 0), row_bases_(1, 0) {
    for (const TextChunk* chunk : chunks) {
      level_bases_.push_back(level_bases_.back() + chunk->levels.levels().size());
      row_bases_.push_back(row_bases_.back() + chunk->codes.size());
    }
    partition_count_ = level_bases_.back() < kPartitionedFrom ? 1 : kPartitions;
  }

  base::Result<TextCells> merge() {
    if (level_bases_.back() > std::numeric_limits<std::uint32_t>::max()) return too_many();
    reserve_large(first_, level_bases_.back());
    first_.resize(level_bases_.back());
    TRY(sort_by_partition());
    TRY(base::parallel_for(partition_count_, thread_count_, [&](std::size_t partition) -> base::Status {
      find_first(partition);
      return {};
    }));
    TRY(number_levels());
    TextCells cells;
    reserve_large(cells.levels, level_count_);
    cells.levels.resize(level_count_);
    reserve_large(cells.codes, row_bases_.back());
    cells.codes.resize(row_bases_.back());
    TRY(base::parallel_for(chunks_.size(), thread_count_, [&](std::size_t chunk) -> base::Status {
      fill(chunk, cells);
      return {};
    }));
    return cells;
  }

 private:
  static base::Error too_many() {
    return {.code = base::ErrorCode::kResourceLimit,
            .message = "a text column has more than 2147483647 distinct values",
            .hint = "split the data, or remove the column"};
  }

  std::size_t partition_of(std::uint64_t hash) const noexcept { return (hash >> 8U) % partition_count_; }

  /// orders_[chunk]: the chunk's levels by partition, then by number; bounds_[chunk] where each partition
  /// begins.
  base::Status sort_by_partition() {
    orders_.resize(chunks_.size());
    bounds_.resize(chunks_.size());
    return base::parallel_for(chunks_.size(), thread_count_, [&](std::size_t chunk) -> base::Status {
      const auto hashes = chunks_[chunk]->levels.hashes();
      std::vector<std::uint32_t>& bounds = bounds_[chunk];
      bounds.assign(partition_count_ + 1, 0);
      for (const std::uint64_t hash : hashes) ++bounds[partition_of(hash) + 1];
      std::partial_sum(bounds.begin(), bounds.end(), bounds.begin());
      std::vector<std::uint32_t> next(bounds.begin(), bounds.end() - 1);
      orders_[chunk].resize(hashes.size());
      for (std::uint32_t level = 0; level < hashes.size(); ++level) {
        orders_[chunk][next[partition_of(hashes[level])]++] = level;
      }
      return {};
    });
  }

  void find_first(std::size_t partition) {
    struct Slot {
      std::uint32_t tag = 0;
      std::uint32_t place = 0;
      const std::string_view* text = nullptr;
    };
    std::size_t count = 0;
    for (const auto& bounds : bounds_) count += bounds[partition + 1] - bounds[partition];
    std::vector<Slot> slots(std::bit_ceil(count * 2 + 1));
    const std::size_t slot_mask = slots.size() - 1;
    for (std::size_t chunk = 0; chunk < chunks_.size(); ++chunk) {
      const LevelTable& levels = chunks_[chunk]->levels;
      for (std::size_t i = bounds_[chunk][partition]; i < bounds_[chunk][partition + 1]; ++i) {
        const std::uint32_t level = orders_[chunk][i];
        const std::uint64_t hash = levels.hashes()[level];
        const auto tag = static_cast<std::uint32_t>(hash);
        const std::string_view* text = &levels.levels()[level];
        const auto place = static_cast<std::uint32_t>(level_bases_[chunk] + level);
        std::size_t slot = (hash >> 14U) & slot_mask;
        while (slots[slot].text != nullptr && (slots[slot].tag != tag || *slots[slot].text != *text)) {
          slot = (slot + 1) & slot_mask;
        }
        if (slots[slot].text == nullptr) slots[slot] = {tag, place, text};
        first_[place] = slots[slot].place;
      }
    }
  }

  /// codes_[place] for every level that stands first; chunks' new levels are numbered one chunk behind the
  /// other.
  base::Status number_levels() {
    reserve_large(codes_, first_.size());
    codes_.resize(first_.size());
    new_bases_.assign(1, 0);
    for (std::size_t chunk = 0; chunk < chunks_.size(); ++chunk) {
      std::size_t fresh = 0;
      for (std::size_t place = level_bases_[chunk]; place < level_bases_[chunk + 1]; ++place) {
        if (first_[place] != place) continue;
        codes_[place] = static_cast<std::int32_t>(new_bases_.back() + fresh);
        ++fresh;
      }
      new_bases_.push_back(new_bases_.back() + fresh);
      if (new_bases_.back() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()))
        return too_many();
    }
    level_count_ = new_bases_.back();
    return {};
  }

  void fill(std::size_t chunk, TextCells& cells) const {
    const TextChunk& source = *chunks_[chunk];
    const std::size_t base = level_bases_[chunk];
    const auto levels = source.levels.levels();
    std::vector<std::int32_t> code_of(levels.size());
    for (std::size_t level = 0; level < levels.size(); ++level) {
      code_of[level] = codes_[first_[base + level]];
      if (first_[base + level] == base + level) {
        cells.levels[static_cast<std::size_t>(code_of[level])].assign(levels[level]);
      }
    }
    std::ranges::transform(
        source.codes, cells.codes.begin() + static_cast<std::ptrdiff_t>(row_bases_[chunk]),
        [&](std::int32_t code) { return code < 0 ? -1 : code_of[static_cast<std::size_t>(code)]; });
  }

  std::span<const TextChunk* const> chunks_;
  int thread_count_;
  std::size_t partition_count_ = 1;
  std::size_t level_count_ = 0;
  std::vector<std::size_t> level_bases_;
  std::vector<std::size_t> row_bases_;
  std::vector<std::vector<std::uint32_t>> orders_;
  std::vector<std::vector<std::uint32_t>> bounds_;
  std::vector<std::uint32_t> first_;
  std::vector<std::int32_t> codes_;
  std::vector<std::size_t> new_bases_;
};

}  // namespace

std::uint32_t LevelTable::insert(std::string_view text) {
  if (levels_.size() * 2 >= slots_.size()) rehash(std::max<std::size_t>(16, slots_.size() * 4));
  const std::uint64_t hash = hash_of(text);
  const auto tag = static_cast<std::uint32_t>(hash >> 32U);
  const std::size_t slot_mask = slots_.size() - 1;
  std::size_t slot = hash & slot_mask;
  while (slots_[slot].level_plus_one != 0) {
    const std::uint32_t level = slots_[slot].level_plus_one - 1;
    if (slots_[slot].tag == tag && levels_[level] == text) return level;
    slot = (slot + 1) & slot_mask;
  }
  const auto level = static_cast<std::uint32_t>(levels_.size());
  slots_[slot] = {tag, level + 1};
  levels_.push_back(keep(text));
  hashes_.push_back(hash);
  return level;
}

std::string_view LevelTable::keep(std::string_view text) {
  constexpr std::size_t kPiece = std::size_t{64} << 10U;
  if (text.size() > free_size_) {
    free_size_ = std::max(kPiece, text.size());
    storage_.emplace_back(new char[free_size_]);
    free_ = storage_.back().get();
  }
  std::copy(text.begin(), text.end(), free_);
  const std::string_view kept(free_, text.size());
  free_ += text.size();
  free_size_ -= text.size();
  return kept;
}

void LevelTable::close() { slots_ = {}; }

void LevelTable::reserve(std::size_t level_count) {
  if (level_count == 0) return;
  levels_.reserve(level_count);
  hashes_.reserve(level_count);
  rehash(std::bit_ceil(level_count * 2 + 2));
}

void LevelTable::rehash(std::size_t slot_count) {
  std::vector<Slot> grown(slot_count);
  const std::size_t slot_mask = grown.size() - 1;
  for (std::uint32_t level = 0; level < levels_.size(); ++level) {
    std::size_t slot = hashes_[level] & slot_mask;
    while (grown[slot].level_plus_one != 0) slot = (slot + 1) & slot_mask;
    grown[slot] = {static_cast<std::uint32_t>(hashes_[level] >> 32U), level + 1};
  }
  slots_ = std::move(grown);
}

base::Result<TextCells> merge_text_chunks(std::span<const TextChunk* const> chunks, int thread_count) {
  return Merger(chunks, thread_count).merge();
}

}  // namespace archmlp::table
