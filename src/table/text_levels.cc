#include "archmlp/table/text_levels.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cassert>
#include <cstring>
#include <limits>
#include <numeric>
#include <utility>

#include "archmlp/base/load.h"
#include "archmlp/base/parallel.h"
#include "archmlp/base/try.h"
#include "archmlp/table/large_memory.h"

namespace archmlp::table {
namespace {

using base::load;

template <typename Word>
bool equal_ends(const char* a, const char* b, std::size_t size) noexcept {
  const std::size_t last = size - sizeof(Word);
  return ((load<Word>(a) ^ load<Word>(b)) | (load<Word>(a + last) ^ load<Word>(b + last))) == 0;
}

bool is_same(std::string_view a, std::string_view b) noexcept {
  const std::size_t size = a.size();
  if (size != b.size()) return false;
  if (size > 16) return std::memcmp(a.data(), b.data(), size) == 0;
  if (size >= 8) return equal_ends<std::uint64_t>(a.data(), b.data(), size);
  if (size >= 4) return equal_ends<std::uint32_t>(a.data(), b.data(), size);
  if (size >= 2) return equal_ends<std::uint16_t>(a.data(), b.data(), size);
  return size == 0 || a[0] == b[0];
}

template <typename Word>
void copy_ends(const char* from, std::size_t size, char* to) noexcept {
  const std::size_t last = size - sizeof(Word);
  const Word first_word = load<Word>(from);
  const Word last_word = load<Word>(from + last);
  std::memcpy(to, &first_word, sizeof(Word));
  std::memcpy(to + last, &last_word, sizeof(Word));
}

void copy_text(std::string_view text, char* to) noexcept {
  const std::size_t size = text.size();
  if (size > 16) {
    std::memcpy(to, text.data(), size);
  } else if (size >= 8) {
    copy_ends<std::uint64_t>(text.data(), size, to);
  } else if (size >= 4) {
    copy_ends<std::uint32_t>(text.data(), size, to);
  } else if (size >= 2) {
    copy_ends<std::uint16_t>(text.data(), size, to);
  } else if (size == 1) {
    *to = text[0];
  }
}

/// Joins by hash partitions: every partition finds, for each of its levels, where the same text stands first.
/// A level is addressed by its place in the concatenation of all chunks' levels.
class Merger {
 public:
  Merger(std::span<const TextChunk* const> chunks, int thread_count)
      : chunks_(chunks), thread_count_(thread_count), level_bases_(1, 0), row_bases_(1, 0) {
    for (const TextChunk* chunk : chunks) {
      level_bases_.push_back(level_bases_.back() + chunk->levels.size());
      row_bases_.push_back(row_bases_.back() + chunk->codes.size());
    }
    // So many that the slots of one stay in a core's cache.
    constexpr std::size_t kLevelsOfPartition = 8192;
    constexpr std::size_t kMostPartitions = 512;
    const std::size_t wanted = std::min(level_bases_.back() / kLevelsOfPartition, kMostPartitions);
    partition_bits_ = std::bit_width(wanted);
  }

  base::Result<TextCells> merge() {
    if (level_bases_.back() > std::numeric_limits<std::uint32_t>::max()) return too_many();
    reserve_large(first_, level_bases_.back());
    first_.resize(level_bases_.back());
    TRY(sort_by_partition());
    TRY(find_first());
    parts_.clear();
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
  /// The levels of a chunk by partition, then by number; and where each partition begins.
  struct Entry {
    std::uint32_t hash = 0;
    std::uint32_t place = 0;
  };
  struct Parts {
    std::vector<Entry> entries;
    std::vector<std::uint32_t> bounds;
  };

  static base::Error too_many() {
    return {.code = base::ErrorCode::kResourceLimit,
            .message = "a text column has more than 2147483647 distinct values",
            .hint = "split the data, or remove the column"};
  }

  std::size_t partition_count() const noexcept { return std::size_t{1} << partition_bits_; }
  std::size_t partition_of(std::uint32_t hash) const noexcept {
    return static_cast<std::size_t>(std::uint64_t{hash} >> (32U - partition_bits_));
  }

  base::Status sort_by_partition() {
    parts_.resize(chunks_.size());
    return base::parallel_for(chunks_.size(), thread_count_, [&](std::size_t chunk) -> base::Status {
      const auto hashes = chunks_[chunk]->levels.hashes();
      auto& [entries, bounds] = parts_[chunk];
      bounds.assign(partition_count() + 1, 0);
      for (const std::uint32_t hash : hashes) ++bounds[partition_of(hash) + 1];
      std::partial_sum(bounds.begin(), bounds.end(), bounds.begin());
      std::vector<std::uint32_t> next(bounds.begin(), bounds.end() - 1);
      entries.resize(hashes.size());
      auto place = static_cast<std::uint32_t>(level_bases_[chunk]);
      for (const std::uint32_t hash : hashes) {
        entries[next[partition_of(hash)]++] = {hash, place};
        ++place;
      }
      return {};
    });
  }

  /// A level by its chunk.
  struct Place {
    const LevelList* levels = nullptr;
    std::size_t level = 0;

    std::string_view text() const { return (*levels)[level]; }
  };
  Place place_at(std::uint32_t place) const {
    const auto behind = std::ranges::upper_bound(level_bases_, place);
    const auto chunk = static_cast<std::size_t>(behind - level_bases_.begin()) - 1;
    return {&chunks_[chunk]->levels, place - level_bases_[chunk]};
  }

  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t place_plus_one = 0;  // 0: free
  };
  /// What a thread uses for one partition after the other, so that it stays in cache.
  struct Workspace {
    std::vector<Slot> slots;
    std::vector<std::pair<Place, Place>> alike;  // by their hashes
  };

  base::Status find_first() {
    std::atomic<std::size_t> next = 0;
    const auto work = [&](std::size_t) -> base::Status {
      Workspace workspace;
      for (std::size_t partition = next++; partition < partition_count(); partition = next++)
        find_first(partition, workspace);
      return {};
    };
    const auto workers = static_cast<std::size_t>(base::resolve_thread_count(thread_count_));
    return base::parallel_for(std::min(workers, partition_count()), thread_count_, work);
  }

  /// Texts are nearly always the same where their hashes are. So hashes decide, and the texts are compared
  /// afterwards, fetched many at a time; if two differ after all, the partition is done again by its texts.
  void find_first(std::size_t partition, Workspace& workspace) {
    workspace.alike.clear();
    find_first(partition, workspace.slots, [&](std::uint32_t found, Place place) {
      workspace.alike.emplace_back(place_at(found), place);
      return true;
    });
    if (all_alike(workspace.alike)) return;
    find_first(partition, workspace.slots, [&](std::uint32_t found, Place place) {
      return is_same(place_at(found).text(), place.text());
    });
  }

  static bool all_alike(std::span<const std::pair<Place, Place>> pairs) {
    constexpr std::size_t kAhead = 16;
    bool alike = true;
    for (std::size_t i = 0; i < pairs.size() + 2 * kAhead; ++i) {
      if (i < pairs.size()) {
        pairs[i].first.levels->prefetch_place(pairs[i].first.level);
        pairs[i].second.levels->prefetch_place(pairs[i].second.level);
      }
      if (i >= kAhead && i - kAhead < pairs.size()) {
        const auto& [first, second] = pairs[i - kAhead];
        first.levels->prefetch_text(first.level);
        second.levels->prefetch_text(second.level);
      }
      if (i >= 2 * kAhead) {
        const auto& [first, second] = pairs[i - 2 * kAhead];
        alike = alike && is_same(first.text(), second.text());
      }
    }
    return alike;
  }

  /// `is_alike(found, place)`: of two levels with the same hash.
  template <typename IsAlike>
  void find_first(std::size_t partition, std::vector<Slot>& slots, const IsAlike& is_alike) {
    std::size_t count = 0;
    for (const Parts& parts : parts_) count += parts.bounds[partition + 1] - parts.bounds[partition];
    slots.assign(std::bit_ceil(count * 2 + 1), {});
    const std::size_t slot_mask = slots.size() - 1;
    for (std::size_t chunk = 0; chunk < chunks_.size(); ++chunk) {
      const LevelList& levels = chunks_[chunk]->levels;
      const auto& [entries, bounds] = parts_[chunk];
      for (std::size_t i = bounds[partition]; i < bounds[partition + 1]; ++i) {
        const auto [hash, place] = entries[i];
        first_[place] = place;
        std::size_t slot = hash & slot_mask;
        while (slots[slot].place_plus_one != 0) {
          const std::uint32_t found = slots[slot].place_plus_one - 1;
          if (slots[slot].hash == hash && is_alike(found, Place{&levels, place - level_bases_[chunk]})) {
            first_[place] = found;
            break;
          }
          slot = (slot + 1) & slot_mask;
        }
        if (slots[slot].place_plus_one == 0) slots[slot] = {hash, place + 1};
      }
    }
  }

  /// codes_[place] for every level that stands first; chunks' new levels are numbered one chunk behind the
  /// other.
  base::Status number_levels() {
    reserve_large(codes_, first_.size());
    codes_.resize(first_.size());
    std::size_t next = 0;
    for (std::size_t place = 0; place < first_.size(); ++place) {
      codes_[place] = static_cast<std::int32_t>(next);
      next += first_[place] == place ? 1 : 0;
    }
    if (next > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) return too_many();
    level_count_ = next;
    return {};
  }

  void fill(std::size_t chunk, TextCells& cells) const {
    const TextChunk& source = *chunks_[chunk];
    const std::size_t base = level_bases_[chunk];
    std::vector<std::int32_t> code_of(source.levels.size());
    for (std::size_t level = 0; level < code_of.size(); ++level) {
      code_of[level] = codes_[first_[base + level]];
      if (first_[base + level] == base + level) {
        cells.levels[static_cast<std::size_t>(code_of[level])].assign(source.levels[level]);
      }
    }
    std::ranges::transform(
        source.codes, cells.codes.begin() + static_cast<std::ptrdiff_t>(row_bases_[chunk]),
        [&](std::int32_t code) { return code < 0 ? -1 : code_of[static_cast<std::size_t>(code)]; });
  }

  std::span<const TextChunk* const> chunks_;
  int thread_count_;
  unsigned partition_bits_ = 0;
  std::size_t level_count_ = 0;
  std::vector<std::size_t> level_bases_;
  std::vector<std::size_t> row_bases_;
  std::vector<Parts> parts_;
  std::vector<std::uint32_t> first_;
  std::vector<std::int32_t> codes_;
};

}  // namespace

void LevelList::reserve(std::size_t level_count, std::size_t byte_count) {
  hashes_.reserve(level_count);
  begins_.reserve(level_count + 1);
  if (byte_count > capacity_) grow(byte_count);
}

char* LevelList::draft(std::size_t size) {
  make_room(begins_.back() + size);
  return bytes_.get() + begins_.back();
}

void LevelList::append(std::string_view text, std::uint32_t hash) {
  const std::size_t begin = begins_.back();
  const std::size_t end = begin + text.size();
  assert(end <= std::numeric_limits<std::uint32_t>::max());
  make_room(end);
  if (text.data() != bytes_.get() + begin) copy_text(text, bytes_.get() + begin);
  begins_.push_back(static_cast<std::uint32_t>(end));
  hashes_.push_back(hash);
}

/// Twice as much, lest it come to this too often; where that would be much, a little more than is needed.
void LevelList::make_room(std::size_t end) {
  constexpr std::size_t kMuch = std::size_t{32} << 20U;
  if (end <= capacity_) return;
  grow(std::max({end, std::min(capacity_ * 2, capacity_ + kMuch), std::size_t{256}}));
}

void LevelList::grow(std::size_t byte_count) {
  auto grown = std::make_unique_for_overwrite<char[]>(byte_count);
  std::copy_n(bytes_.get(), begins_.back(), grown.get());
  bytes_ = std::move(grown);
  capacity_ = byte_count;
}

void LevelIndex::restart(std::size_t level_count) {
  slots_.assign(std::bit_ceil(std::max<std::size_t>(16, level_count * 2 + 2)), {});
  slot_mask_ = slots_.size() - 1;
}

std::uint32_t LevelIndex::insert(std::string_view text, std::uint32_t hash, LevelList& levels) {
  std::size_t slot = hash & slot_mask_;
  while (slots_[slot].level_plus_one != 0) {
    const std::uint32_t level = slots_[slot].level_plus_one - 1;
    if (slots_[slot].hash == hash && is_same(levels[level], text)) return level;
    slot = (slot + 1) & slot_mask_;
  }
  const auto level = static_cast<std::uint32_t>(levels.size());
  slots_[slot] = {hash, level + 1};
  levels.append(text, hash);
  if (levels.size() * 2 > slots_.size()) grow(levels);
  return level;
}

void LevelIndex::grow(const LevelList& levels) {
  restart(levels.size() * 2);
  const auto hashes = levels.hashes();
  for (std::uint32_t level = 0; level < hashes.size(); ++level) {
    std::size_t slot = hashes[level] & slot_mask_;
    while (slots_[slot].level_plus_one != 0) slot = (slot + 1) & slot_mask_;
    slots_[slot] = {hashes[level], level + 1};
  }
}

base::Result<TextCells> merge_text_chunks(std::span<const TextChunk* const> chunks, int thread_count) {
  return Merger(chunks, thread_count).merge();
}

}  // namespace archmlp::table
