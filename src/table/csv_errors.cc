#include "archmlp/table/csv_errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "archmlp/base/text.h"

namespace archmlp::table {
namespace {

std::string column_label(std::size_t column, std::span<const std::string> names) {
  return "column " + (column < names.size() ? base::quoted(names[column]) : std::to_string(column + 1));
}

/// In the first `size` bytes of the text.
std::size_t count_line_ends(std::string_view text, std::size_t size) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const bool of_a_pair = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    count += (text[i] == '\n' || (text[i] == '\r' && !of_a_pair)) ? 1 : 0;
  }
  return count;
}

std::string delimiter_name(char delimiter) {
  return delimiter == '\t' ? "tab" : base::quoted(std::string_view(&delimiter, 1));
}

std::string ragged_hint(std::string_view record, std::size_t found, std::size_t expected, char delimiter) {
  if (record.empty()) return "remove the empty line";
  if (const std::size_t lines = count_line_ends(record, record.size()); lines > 0) {
    return "the record goes on over " + std::to_string(lines + 1) +
           " lines: close the quote that opens in it too early, or double quotes inside quotes";
  }
  if (found == 1) {
    return "the line has no " + delimiter_name(delimiter) +
           ": remove it, or give the delimiter that the file uses";
  }
  if (found > expected) {
    return "put quotes around cells that hold the delimiter " + delimiter_name(delimiter) +
           ", or complete the header";
  }
  return "complete the row; a cell that holds a line break needs quotes around it";
}

/// The line of the byte at `offset`; nothing if the file can no longer be read.
std::optional<std::size_t> line_of(const CsvInput& input, std::size_t offset) {
  constexpr std::size_t kStep = std::size_t{1} << 20U;
  std::vector<char> buffer;
  std::size_t line = 1;
  for (std::size_t begin = 0; begin < offset; begin += kStep) {
    // One byte more than is counted tells whether a CR at the end belongs to a pair.
    const std::size_t size = std::min(kStep, offset - begin);
    const auto text = input.read(begin, size + 1, buffer);
    if (!text.ok()) return std::nullopt;
    line += count_line_ends(*text, size);
  }
  return line;
}

}  // namespace

base::Error CsvErrors::at(std::size_t offset, base::Error error) const {
  const auto line = line_of(*input_, offset);
  error.where = line ? fmt::format("{}:{}", input_->name(), *line) : input_->name();
  return error;
}

base::Error CsvErrors::in_file(base::Error error) const {
  error.where = input_->name();
  return error;
}

base::Error CsvErrors::of(const CsvFault& fault, const CsvPiece& piece, std::size_t field_count,
                          char delimiter, std::span<const std::string> names) const {
  const std::string_view text(fault.record_begin,
                              static_cast<std::size_t>(fault.record_end - fault.record_begin));
  const std::size_t record = piece.offset_of(fault.record_begin);
  switch (fault.kind) {
    case CsvFault::Kind::kRagged:
      return at(record, {.message = "expected " + std::to_string(field_count) + " fields, found " +
                                    std::to_string(fault.field_index) + ": " + base::quoted(text),
                         .hint = ragged_hint(text, fault.field_index, field_count, delimiter)});
    case CsvFault::Kind::kUnclosedQuote:
      return at(piece.offset_of(fault.position),
                {.message = column_label(fault.field_index, names) +
                            ": the quote that opens here is never closed: " +
                            base::quoted(std::string_view(fault.position, fault.record_end)),
                 .hint = "close it; inside a quoted cell, a quote is written twice"});
    case CsvFault::Kind::kTextBehindQuote: {
      const std::string_view behind(fault.position, std::min<std::size_t>(piece.end() - fault.position, 20));
      return at(record,
                {.message = column_label(fault.field_index, names) + ": text behind the closing quote: " +
                            base::quoted(behind.substr(0, behind.find_first_of("\r\n"))),
                 .hint = "write a quote inside a quoted cell twice; nothing may follow the closing one"});
    }
    case CsvFault::Kind::kTooManyFields:
      return at(record,
                {.code = base::ErrorCode::kResourceLimit,
                 .message = "the first record has more than " + base::with_thousands(kMostFields) + " fields",
                 .hint = "is the delimiter right, and is it a text file at all?"});
  }
  return {};
}

base::Error CsvErrors::invalid_utf8(std::size_t record, std::string_view cell, std::size_t column,
                                    std::span<const std::string> names) const {
  return at(record, {.message = column_label(column, names) + ": invalid UTF-8, found " + base::quoted(cell),
                     .hint = "save the file as UTF-8, for instance with: iconv -f WINDOWS-1252 -t UTF-8"});
}

base::Error CsvErrors::endless_record(std::size_t record, const CsvFault* fault, const CsvPiece& piece,
                                      std::span<const std::string> names) const {
  if (fault != nullptr && fault->kind == CsvFault::Kind::kUnclosedQuote) {
    return at(piece.offset_of(fault->position),
              {.code = base::ErrorCode::kResourceLimit,
               .message = column_label(fault->field_index, names) +
                          ": the quote that opens here is not closed within 128 MiB: " +
                          base::quoted(std::string_view(fault->position, fault->record_end)),
               .hint = "close it; inside a quoted cell, a quote is written twice"});
  }
  return at(record, {.code = base::ErrorCode::kResourceLimit,
                     .message = "a record is longer than 128 MiB",
                     .hint = "is it a text file at all, and does it have line ends?"});
}

}  // namespace archmlp::table
