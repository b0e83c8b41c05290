#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "archmlp/base/result.h"
#include "archmlp/table/csv_input.h"
#include "archmlp/table/csv_scanner.h"

namespace archmlp::table {

/// Records longer than that are refused, so that a file of one endless line cannot take all memory.
inline constexpr std::size_t kLongestRecord = std::size_t{128} << 20U;

/// A piece of a CSV in memory, and where it stands.
struct CsvPiece {
  std::string_view text;
  std::size_t offset = 0;

  std::size_t offset_of(const char* position) const noexcept {
    return offset + static_cast<std::size_t>(position - text.data());
  }
  const char* end() const noexcept { return text.data() + text.size(); }
};

/// Puts together the errors of one file. Lines are counted only when there is one to report.
class CsvErrors {
 public:
  /// `input` must outlive this object.
  explicit CsvErrors(const CsvInput& input) : input_(&input) {}

  /// `error` with `where` = source:line of the byte at `offset`.
  base::Error at(std::size_t offset, base::Error error) const;
  base::Error in_file(base::Error error) const;
  /// `names` may be empty: then columns are numbered.
  base::Error of(const CsvFault& fault, const CsvPiece& piece, std::size_t field_count, char delimiter,
                 std::span<const std::string> names) const;
  base::Error invalid_utf8(std::size_t record, std::string_view cell, std::size_t column,
                           std::span<const std::string> names) const;
  /// `fault`: what its part in memory looks like, if it is one.
  base::Error endless_record(std::size_t record, const CsvFault* fault, const CsvPiece& piece,
                             std::span<const std::string> names) const;

 private:
  const CsvInput* input_;
};

}  // namespace archmlp::table
