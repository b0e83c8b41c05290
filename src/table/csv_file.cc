#include "archmlp/table/csv_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/table/csv_dialect.h"

namespace archmlp::table {
namespace {

constexpr std::size_t kLongestName = std::size_t{64} << 10U;

}  // namespace

base::Result<std::unique_ptr<CsvFile>> CsvFile::open(CsvInput input, std::optional<char> delimiter,
                                                     bool has_header) {
  if (delimiter) TRY(check_delimiter(*delimiter));
  std::unique_ptr<CsvFile> file(new CsvFile(std::move(input)));
  TRY(file->find_body());
  TRY(file->find_delimiter(delimiter));
  TRY(file->read_first_record(has_header));
  return file;
}

/// What is left without a byte order mark and the line ends behind the last record.
base::Status CsvFile::find_body() {
  std::vector<char> buffer;
  const std::string_view begin = TRY(input_.read(0, 3, buffer));
  if (begin.starts_with("\xff\xfe") || begin.starts_with("\xfe\xff")) {
    return errors_.in_file({.message = "the file is UTF-16", .hint = "save it as UTF-8"});
  }
  body_begin_ = begin == "\xef\xbb\xbf" ? 3 : 0;
  constexpr std::size_t kStep = std::size_t{64} << 10U;
  for (std::size_t end = input_.size(); end > body_begin_;) {
    const std::size_t step = std::min(kStep, end - body_begin_);
    const std::string_view tail = TRY(input_.read(end - step, step, buffer));
    const std::size_t last = tail.find_last_not_of("\r\n");
    if (last != std::string_view::npos) {
      rows_end_ = end - step + last + 1;
      return {};
    }
    end -= step;
  }
  return errors_.in_file({.message = input_.size() == body_begin_ ? "the file is empty"
                                                                  : "the file holds nothing but empty lines",
                          .hint = "give a CSV with a header and at least one row"});
}

base::Status CsvFile::find_delimiter(std::optional<char> given) {
  if (given) {
    delimiter_ = *given;
    return {};
  }
  std::vector<char> buffer;
  const std::size_t size = rows_end_ - body_begin_;
  const std::string_view sample = TRY(input_.read(body_begin_, std::min(size, kDialectSample), buffer));
  delimiter_ = detect_delimiter(sample, sample.size() == size);
  return {};
}

base::Status CsvFile::read_first_record(bool is_header) {
  constexpr std::size_t kFirstTry = std::size_t{64} << 10U;
  std::vector<char> buffer;
  const std::size_t body_size = rows_end_ - body_begin_;
  for (std::size_t size = kFirstTry;; size *= 4) {
    const std::size_t limit = std::min(size, kLongestRecord);
    const bool complete = body_size <= limit;
    const CsvPiece piece{TRY(input_.read(body_begin_, std::min(body_size, limit), buffer)), body_begin_};
    CsvScanner scanner(piece.text, delimiter_, 0);
    CsvBlock block;
    const auto fault = scanner.next(1, block);
    const bool reaches_end = fault ? fault->record_end == piece.end() : scanner.position() == piece.end();
    if (reaches_end && !complete) {
      if (limit < kLongestRecord) continue;
      return errors_.endless_record(body_begin_, fault ? &*fault : nullptr, piece, {});
    }
    if (fault) return errors_.of(*fault, piece, 0, delimiter_, {});
    if (!is_header) {
      for (std::size_t column = 0; column < block.fields.size(); ++column)
        names_.push_back(fmt::format("c{}", column));
      rows_begin_ = body_begin_;
      return {};
    }
    rows_begin_ = piece.offset_of(scanner.position());
    return take_names(block);
  }
}

base::Status CsvFile::take_names(const CsvBlock& record) {
  std::string scratch;
  for (std::size_t column = 0; column < record.fields.size(); ++column) {
    const std::string_view name = text_of(record.fields[column], scratch);
    if (base::find_invalid_utf8(name)) return errors_.invalid_utf8(body_begin_, name, column, {});
    if (name.find('\0') != std::string_view::npos) {
      return errors_.at(body_begin_, {.message = "the header holds a NUL byte: the file is not UTF-8 text",
                                      .hint = "save it as UTF-8 CSV"});
    }
    if (name.size() > kLongestName) {
      return errors_.at(body_begin_,
                        {.code = base::ErrorCode::kResourceLimit,
                         .message = fmt::format("column {} has a name of {} bytes; at most {} are read: {}",
                                                column + 1, base::with_thousands(name.size()),
                                                base::with_thousands(kLongestName), base::quoted(name)),
                         .hint = "is the quote closed that opens in it?"});
    }
    names_.emplace_back(name);
  }
  return check_names();
}

base::Status CsvFile::check_names() const {
  std::unordered_map<std::string_view, std::size_t> seen;
  for (std::size_t column = 0; column < names_.size(); ++column) {
    const std::string& name = names_[column];
    if (name.empty()) {
      return errors_.at(body_begin_, {.message = "column " + std::to_string(column + 1) + " has no name",
                                      .hint = names_.size() == 1 ? "start the file with its header"
                                                                 : "name it in the header, or remove it"});
    }
    const auto [other, fresh] = seen.emplace(name, column);
    if (!fresh) {
      return errors_.at(body_begin_,
                        {.message = "column name " + base::quoted(name) + " occurs twice: columns " +
                                    std::to_string(other->second + 1) + " and " + std::to_string(column + 1),
                         .hint = "rename one of them in the header"});
    }
  }
  return {};
}

base::Error CsvFile::no_rows() const {
  return errors_.at(body_begin_, {.message = fmt::format("the file has a header of {} column{} but no rows",
                                                         names_.size(), names_.size() == 1 ? "" : "s"),
                                  .hint = "add rows; if the file has no header, say so with --no-header"});
}

}  // namespace archmlp::table
