#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace archmlp::table {

/// One field of a record as it stands in the text, without its outer quotes.
struct CsvField {
  const char* begin = nullptr;
  std::uint32_t size = 0;
  bool quoted = false;
  bool escaped = false;   // holds doubled quotes
  bool has_room = false;  // at least 16 bytes of the text are in front of it

  std::string_view raw() const noexcept { return {begin, size}; }
};

/// Writes the field's text, which is no longer than the field, and gives its size.
std::size_t unescape(const CsvField& field, char* out) noexcept;
/// The field's text; `scratch` holds it where doubled quotes had to be undone.
std::string_view text_of(const CsvField& field, std::string& scratch);

/// A first record of more is refused.
inline constexpr std::size_t kMostFields = 1'000'000;

/// Why a record could not be split into fields.
struct CsvFault {
  enum class Kind { kRagged, kUnclosedQuote, kTextBehindQuote, kTooManyFields };
  Kind kind = Kind::kRagged;
  const char* record_begin = nullptr;
  const char* record_end = nullptr;  // kRagged: its line end
  const char* position = nullptr;  // of the quote that opened the field; kTextBehindQuote: of the text behind
  std::size_t field_index = 0;     // kRagged: the number of fields found
};

/// A run of records split into fields: field c of record r is fields[r * field_count + c].
struct CsvBlock {
  std::vector<CsvField> fields;      // may go on behind the last record
  std::vector<const char*> records;  // where each starts
  std::size_t row_count() const noexcept { return records.size(); }
};

/// Splits text into records, block by block. The text must start where a record starts. A record ends at LF,
/// CRLF or a CR alone; a quote opens a quoted field at the field's start only and is an ordinary character
/// elsewhere. Precondition: no more than 2^32 - 1 bytes.
class CsvScanner {
 public:
  /// `field_count` 0: the first record says how many.
  CsvScanner(std::string_view text, char delimiter, std::size_t field_count);

  /// Reads up to `max_rows` records; an empty block means the end. On a fault the block holds the records
  /// before it, and there is nothing more to read.
  std::optional<CsvFault> next(std::size_t max_rows, CsvBlock& block);
  std::size_t field_count() const noexcept { return field_count_; }
  /// Where the next record starts.
  const char* position() const noexcept { return position_; }
  /// Whether all bytes of the records so far are ASCII; never false for want of looking.
  bool all_ascii() const noexcept { return all_ascii_; }

 private:
  static constexpr std::size_t kWindow = 16384;

  const char* next_special();
  void load_window();
  /// Reads a record that lies in the window and has no quotes, as most do. False: it is none, nothing is
  /// done.
  bool read_plain_record(CsvBlock& block);
  std::optional<CsvFault> read_record(CsvBlock& block);
  /// Reads the quoted field at position_; afterwards position_ is behind its closing quote.
  std::optional<CsvFault> read_quoted(CsvField& field, std::size_t field_index, const char* record);

  const char* begin_;
  const char* position_;
  const char* end_;
  char delimiter_;
  std::size_t field_count_;
  bool all_ascii_ = true;
  const char* window_begin_;
  std::size_t window_size_ = 0;
  std::size_t next_ = 0;  // of specials_
  std::size_t special_count_ = 0;
  // Where in the window delimiters, quotes and line ends are; the last step of expanding writes a few more.
  std::array<std::uint16_t, kWindow + 8> specials_{};
};

}  // namespace archmlp::table
