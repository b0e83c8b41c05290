#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/table/csv_errors.h"
#include "archmlp/table/csv_input.h"

namespace archmlp::table {

/// One CSV as far as its beginning and its end tell: delimiter, names, and where its rows are.
class CsvFile {
 public:
  /// Errors: as read_csv for the file as a whole and its header.
  static base::Result<std::unique_ptr<CsvFile>> open(CsvInput input, std::optional<char> delimiter,
                                                     bool has_header);
  CsvFile(const CsvFile&) = delete;
  CsvFile& operator=(const CsvFile&) = delete;

  const CsvInput& input() const noexcept { return input_; }
  const CsvErrors& errors() const noexcept { return errors_; }
  char delimiter() const noexcept { return delimiter_; }
  const std::vector<std::string>& names() const noexcept { return names_; }
  std::size_t body_begin() const noexcept { return body_begin_; }
  /// The records lie in [rows_begin, rows_end) of the text; behind them are empty lines at most.
  std::size_t rows_begin() const noexcept { return rows_begin_; }
  std::size_t rows_end() const noexcept { return rows_end_; }
  bool has_rows() const noexcept { return rows_begin_ < rows_end_; }
  /// Every file must have some, unless its reader allows otherwise.
  base::Error no_rows() const;

 private:
  explicit CsvFile(CsvInput input) : input_(std::move(input)), errors_(input_) {}
  base::Status find_body();
  base::Status find_delimiter(std::optional<char> given);
  base::Status read_first_record(bool is_header);
  base::Status take_names(const CsvBlock& record);
  base::Status check_names() const;

  CsvInput input_;
  CsvErrors errors_;
  std::size_t body_begin_ = 0;
  std::size_t rows_begin_ = 0;
  std::size_t rows_end_ = 0;
  char delimiter_ = ',';
  std::vector<std::string> names_;
};

}  // namespace archmlp::table
