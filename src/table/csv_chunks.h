#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace archmlp::table {

/// Where the reader stands between two bytes.
enum class CsvState : std::uint8_t {
  kOutside,
  kInside,      // of a quoted field
  kHalfOfPair,  // inside, and the next byte is the second of two doubled quotes
};

/// A stretch of text in the middle of a CSV, seen without what is in front of it but one byte: what the
/// stretch does to the reader's state, and where records start in it. Exact, also with line breaks in quotes
/// and quotes in odd places. So text can be cut at records although nothing but its size says where.
class CsvWindow {
 public:
  /// `text` either begins where the CSV's first record does or one byte before what is asked about, and goes
  /// at least one byte further than it unless the CSV ends there.
  CsvWindow(std::string_view text, char delimiter) : text_(text), delimiter_(delimiter) {}

  /// The state at `end` if it is `state` at `begin`.
  CsvState state_behind(CsvState state, std::size_t begin, std::size_t end) const;
  /// The first record start in [begin, end), or `end` if there is none.
  std::size_t first_record(CsvState state, std::size_t begin, std::size_t end) const;

 private:
  bool is_quote(std::size_t position) const { return position < text_.size() && text_[position] == '"'; }
  bool opens(std::size_t position) const;
  /// Precondition: outside quotes.
  bool is_record_start(std::size_t position) const;
  std::size_t find_quote(std::size_t begin, std::size_t end) const;

  std::string_view text_;
  char delimiter_;
};

}  // namespace archmlp::table
