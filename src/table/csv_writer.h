#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "archmlp/base/result.h"
#include "archmlp/table/table.h"

namespace archmlp::table {

/// Takes the next bytes of the output. It is called from any thread, but one call at a time, in order.
using Sink = std::function<base::Status(std::string_view)>;

/// Writes `table` as CSV: `,`, `\n`, header; real numbers with the shortest digits that read back as the same
/// double (integral ones with `.0`), missing as an empty cell (`NA` in a table of one column, where others
/// would skip the line); text quoted only where reading it back would otherwise give another column kind or
/// value (delimiter, quotes, line breaks, missing tokens, blanks at the ends, text that looks like a number
/// or boolean in a text column). What parse_csv reads back is equal, kinds included, but for
/// columns without any value, which read back real. Errors: kInvalidInput without columns; the sink's.
/// Formatted in parallel by blocks of rows; the bytes do not depend on `thread_count`.
base::Status write_csv(const Table& table, const Sink& sink, int thread_count = 0);
/// The rows at `rows`, in that order.
base::Status write_csv(const Table& table, std::span<const std::uint32_t> rows, const Sink& sink,
                       int thread_count = 0);
std::string to_csv(const Table& table);

/// Bytes that grow without being cleared first.
class CsvText {
 public:
  /// Its memory is kept for the next text.
  void clear() noexcept;
  std::string_view text() const noexcept { return {bytes_.get(), size_}; }
  /// Room for `size` more bytes, to be written from here on; taken() says up to where.
  char* room(std::size_t size) {
    if (size_ + size > capacity_) grow(size_ + size);
    return bytes_.get() + size_;
  }
  void taken(const char* end) noexcept { size_ = static_cast<std::size_t>(end - bytes_.get()); }
  /// The last comma becomes the end of the line.
  void end_line() noexcept { bytes_[size_ - 1] = '\n'; }

 private:
  void grow(std::size_t needed);

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

// For tables that come in blocks: the header, then what append_csv makes of each block, is what write_csv
// would give.

std::string csv_header(std::span<const std::string> names);
/// The rows at `rows`, in that order. Precondition: there is a column.
void append_csv(const Table& block, std::span<const std::uint32_t> rows, CsvText& out);

/// One cell of text as write_csv would write it.
void append_csv_text(std::string& out, std::string_view text);

}  // namespace archmlp::table
