#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "archmlp/base/result.h"
#include "archmlp/table/csv_scanner.h"

namespace archmlp::table {

/// Puts together the errors of one file. Lines are counted only when there is one to report.
class CsvErrors {
 public:
  /// `text` is all of the decompressed file.
  CsvErrors(std::string source_name, std::string_view text)
      : source_name_(std::move(source_name)), text_(text) {}

  /// `error` with `where` = source:line of the byte at `position`.
  base::Error at(const char* position, base::Error error) const;
  base::Error in_file(base::Error error) const;
  /// `names` may be empty: then columns are numbered.
  base::Error of(const CsvFault& fault, std::size_t field_count, char delimiter,
                 std::span<const std::string> names) const;
  base::Error invalid_utf8(const char* record, std::string_view cell, std::size_t column,
                           std::span<const std::string> names) const;

 private:
  std::size_t line_of(const char* position) const;
  std::string source_name_;
  std::string_view text_;
};

}  // namespace archmlp::table
