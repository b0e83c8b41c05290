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
  bool escaped = false;  // holds doubled quotes

  std::string_view raw() const noexcept { return {begin, size}; }
};

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
  std::vector<CsvField> fields;
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

 private:
  static constexpr std::size_t kWindow = 8192;

  const char* next_special();
  void load_window();
  std::optional<CsvFault> read_record(CsvBlock& block);
  /// Reads the quoted field at position_; afterwards position_ is behind its closing quote.
  std::optional<CsvFault> read_quoted(CsvField& field, std::size_t field_index, const char* record);

  const char* position_;
  const char* end_;
  char delimiter_;
  std::size_t field_count_;
  const char* window_begin_;  // of the masks
  std::size_t window_size_ = 0;
  std::size_t group_ = 0;
  std::uint64_t mask_ = 0;  // what is left of masks_[group_]
  std::array<std::uint64_t, kWindow / 64> masks_{};
};

}  // namespace archmlp::table
