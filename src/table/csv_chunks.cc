#include "archmlp/table/csv_chunks.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "archmlp/base/parallel.h"

namespace archmlp::table {
namespace {

/// Where the reader stands between two bytes.
enum State : std::uint8_t {
  kOutside,
  kInside,      // of a quoted field
  kHalfOfPair,  // inside, and the next byte is the second of two doubled quotes
};
using Effect = std::array<State, 3>;  // the state behind a stretch, by the state in front of it

class ChunkFinder {
 public:
  ChunkFinder(std::string_view text, char delimiter) : text_(text), delimiter_(delimiter) {}

  Effect effect_of(std::size_t begin, std::size_t end) const {
    if (find_quote(begin, end) == end) return {kOutside, kInside, kInside};
    return {run(kOutside, begin, end), run(kInside, begin, end), run(kHalfOfPair, begin, end)};
  }

  /// The first record start in [begin, end), or `end` if there is none.
  std::size_t first_record(State state, std::size_t begin, std::size_t end) const {
    std::size_t position = begin + (state == kHalfOfPair ? 1 : 0);
    bool inside = state != kOutside;
    if (!inside && is_record_start(position)) return position;
    while (position < end) {
      if (inside) {
        const std::size_t quote = find_quote(position, end);
        if (quote == end) return end;
        const bool pair = is_quote(quote + 1);
        inside = pair;
        position = quote + (pair ? 2 : 1);
        continue;
      }
      if (opens(position)) inside = true;
      ++position;
      if (!inside && position < end && is_record_start(position)) return position;
    }
    return end;
  }

 private:
  bool is_quote(std::size_t position) const { return position < text_.size() && text_[position] == '"'; }

  bool opens(std::size_t position) const {
    if (text_[position] != '"') return false;
    if (position == 0) return true;
    const char before = text_[position - 1];
    return before == delimiter_ || before == '\n' || before == '\r';
  }

  /// Precondition: outside quotes.
  bool is_record_start(std::size_t position) const {
    if (position == 0) return true;
    const char before = text_[position - 1];
    return before == '\n' || (before == '\r' && (position == text_.size() || text_[position] != '\n'));
  }

  std::size_t find_quote(std::size_t begin, std::size_t end) const {
    if (begin >= end) return end;
    const void* found = std::memchr(text_.data() + begin, '"', end - begin);
    return found == nullptr ? end : static_cast<std::size_t>(static_cast<const char*>(found) - text_.data());
  }

  State run(State state, std::size_t begin, std::size_t end) const {
    std::size_t position = begin + (state == kHalfOfPair ? 1 : 0);
    bool inside = state != kOutside;
    while (true) {
      const std::size_t quote = find_quote(position, end);
      if (quote == end) return inside ? kInside : kOutside;
      position = quote + 1;
      if (!inside) {
        inside = opens(quote);
      } else if (is_quote(quote + 1)) {
        if (quote + 1 == end) return kHalfOfPair;
        ++position;
      } else {
        inside = false;
      }
    }
  }

  std::string_view text_;
  char delimiter_;
};

}  // namespace

std::vector<std::size_t> find_chunk_starts(std::string_view text, char delimiter, std::size_t chunk_size,
                                           int thread_count) {
  const std::size_t count = (text.size() + chunk_size - 1) / chunk_size;
  const auto begin_of = [&](std::size_t chunk) { return std::min(chunk * chunk_size, text.size()); };
  const ChunkFinder finder(text, delimiter);

  std::vector<Effect> effects(count);
  const auto find_effect = [&](std::size_t chunk) -> base::Status {
    effects[chunk] = finder.effect_of(begin_of(chunk), begin_of(chunk + 1));
    return {};
  };
  static_cast<void>(base::parallel_for(count, thread_count, find_effect));  // its tasks cannot fail

  std::vector<std::size_t> starts = {0};
  State state = kOutside;
  for (std::size_t chunk = 0; chunk < count; ++chunk) {
    const std::size_t end = begin_of(chunk + 1);
    const std::size_t start = chunk == 0 ? 0 : finder.first_record(state, begin_of(chunk), end);
    if (chunk > 0 && start < end) starts.push_back(start);
    state = effects[chunk][state];
  }
  starts.push_back(text.size());
  return starts;
}

}  // namespace archmlp::table
