#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/predict/predictor.h"
#include "archmlp/table/json_records.h"
#include "archmlp/table/record.h"
#include "archmlp/table/table.h"

namespace archmlp::serve {

/// kResourceLimit: a request has more than `max_rows` records.
base::Error too_many_records(std::size_t max_rows);

/// The records of a request, whatever protocol it speaks: all become typed records, which are predicted in
/// one way.
class RecordSource {
 public:
  virtual ~RecordSource() = default;
  virtual std::size_t row_count() const noexcept = 0;
  /// Fills `record` with one cell a column of the form's schema; its text lives until the next call. Asked
  /// for in order, once each. Errors: kInvalidInput; `where` leads to the cell from the body's beginning.
  virtual base::Status decode(std::size_t row, table::Record& record) = 0;
  /// Where row `row` stands: `[3]`, `line 4`; empty for a lone record.
  virtual std::string place(std::size_t row) const = 0;
  /// All of them at once, where each cell is of its column's kind. Null: they are to be asked for one by one.
  virtual const table::Table* table() const noexcept { return nullptr; }
  /// Was the last error one of JSON itself, rather than of a record?
  virtual bool is_syntax_error() const noexcept { return false; }
};

/// One JSON object, or an array of them. Reused between requests.
class JsonSource final : public RecordSource {
 public:
  JsonSource(const predict::Predictor& predictor, predict::RecordForm form)
      : decoder_(predictor.json_decoder(form)) {}

  /// Errors: as JsonRecordDecoder::parse.
  base::Status parse(std::string_view body, std::size_t slack, std::size_t max_rows) {
    return decoder_.parse(body, slack, max_rows);
  }
  bool is_array() const noexcept { return decoder_.is_array(); }
  std::size_t row_count() const noexcept override { return decoder_.record_count(); }
  base::Status decode(std::size_t row, table::Record& record) override {
    return decoder_.decode(row, record);
  }
  std::string place(std::size_t row) const override {
    return decoder_.is_array() ? "[" + std::to_string(row) + "]" : std::string();
  }
  bool is_syntax_error() const noexcept override { return decoder_.is_syntax_error(); }
  table::JsonRecordDecoder& decoder() noexcept { return decoder_; }

 private:
  table::JsonRecordDecoder decoder_;
};

/// One JSON object a line; blank lines are skipped.
class LinesSource final : public RecordSource {
 public:
  /// `body` must outlive the source. Errors: kResourceLimit.
  static base::Result<LinesSource> make(std::string_view body, table::JsonRecordDecoder& decoder,
                                        std::size_t max_rows);
  std::size_t row_count() const noexcept override { return lines_.size(); }
  base::Status decode(std::size_t row, table::Record& record) override;
  std::string place(std::size_t row) const override { return "line " + std::to_string(lines_[row].number); }
  bool is_syntax_error() const noexcept override { return decoder_->is_syntax_error(); }

 private:
  struct Line {
    std::string_view text;
    std::size_t number;
  };
  explicit LinesSource(table::JsonRecordDecoder& decoder) : decoder_(&decoder) {}
  table::JsonRecordDecoder* decoder_;
  std::vector<Line> lines_;
};

/// A CSV with a header.
class CsvSource final : public RecordSource {
 public:
  /// Cells of the wrong kind are errors of their rows. Errors: kInvalidInput where the header is wrong, or
  /// where rows cannot be told from each other: a stray quote, another number of fields; kResourceLimit.
  static base::Result<CsvSource> make(std::string_view body, const predict::Predictor& predictor,
                                      predict::RecordForm form, std::size_t max_rows);
  std::size_t row_count() const noexcept override;
  base::Status decode(std::size_t row, table::Record& record) override;
  const table::Table* table() const noexcept override { return is_text_ ? nullptr : &table_; }
  std::string place(std::size_t row) const override;

 private:
  std::vector<std::ptrdiff_t> positions_;  // of the schema's columns in the table; -1 where nobody looks
  contract::Schema schema_;
  table::Table table_;
  bool is_text_ = false;  // all cells of the table are
};

}  // namespace archmlp::serve
