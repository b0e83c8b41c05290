#include "archmlp/serve/record_source.h"

#include <algorithm>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/predict/csv_form.h"
#include "archmlp/table/cell_decoder.h"
#include "archmlp/table/csv_reader.h"
#include "archmlp/table/decompress.h"
#include "archmlp/table/table_row.h"

namespace archmlp::serve {
namespace {

/// The same CSV with all of its cells as text, for one that has cells of another kind than the schema says.
predict::CsvForm as_text(predict::CsvForm csv) {
  for (contract::ColumnSchema& column : csv.schema.columns) {
    column.kind = contract::ColumnKind::kText;
    column.nullable = true;
  }
  return csv;
}

/// A cell that was read as text, as what it should be.
base::Result<table::Cell> decode_text(const contract::ColumnSchema& column, const table::Cell& text) {
  if (!text.missing) {
    if (column.kind == contract::ColumnKind::kText) return text;
    return table::decode_cell(column, text.text, true);  // what is missing was told when it was read
  }
  if (column.nullable) return table::Cell::none(column.kind);
  return base::Error{.message = "column " + base::quoted(column.name) + " may not be missing",
                     .hint = "send a value: no row that the model was fitted on lacked one"};
}

}  // namespace

base::Error too_many_records(std::size_t max_rows) {
  return {.code = base::ErrorCode::kResourceLimit,
          .message = "more than " + base::with_thousands(max_rows) + " records at once",
          .hint = "send them in smaller batches"};
}

base::Result<LinesSource> LinesSource::make(std::string_view body, table::JsonRecordDecoder& decoder,
                                            std::size_t max_rows) {
  LinesSource source(decoder);
  for (std::size_t number = 1; !body.empty(); ++number) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    const std::string_view line = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    if (source.lines_.size() == max_rows) return too_many_records(max_rows);
    source.lines_.push_back({line, number});
  }
  return source;
}

base::Status LinesSource::decode(std::size_t row, table::Record& record) {
  const auto located = [&](base::Error error) {
    error.where = place(row) + (error.where.empty() ? "" : ", ") + error.where;
    return error;
  };
  if (base::Status parsed = decoder_->parse(lines_[row].text); !parsed.ok()) {
    return located(std::move(parsed).error());
  }
  if (decoder_->is_array()) {
    return located({.message = "expected an object, found an array", .hint = "write one record a line"});
  }
  base::Status decoded = decoder_->decode(0, record);
  if (!decoded.ok()) return located(std::move(decoded).error());
  return {};
}

base::Result<CsvSource> CsvSource::make(std::string_view body, const predict::Predictor& predictor,
                                        predict::RecordForm form, std::size_t max_rows) {
  // The reader would unpack it, however large that is.
  if (table::compression_of(body) != table::Compression::kNone) {
    return base::Error{.message = "compressed bodies are not understood", .hint = "send the CSV as it is"};
  }
  const predict::CsvForm csv = predict::csv_form(predictor, form, 1);
  CsvSource source;
  source.schema_ = predictor.schema(form);
  base::Result<table::CsvTable> read = table::parse_csv_as(body, "body", csv.schema, csv.reading);
  if (!read.ok()) {
    const predict::CsvForm texts = as_text(csv);
    base::Result<table::CsvTable> as_texts = table::parse_csv_as(body, "body", texts.schema, texts.reading);
    if (!as_texts.ok()) return std::move(as_texts).error();  // which row is which cannot be told
    read = std::move(as_texts);
    source.is_text_ = true;
  }
  if (read->table.row_count() > max_rows) return too_many_records(max_rows);
  source.table_ = std::move(read->table);
  const std::vector<std::string>& ignored = predictor.ignored(form);
  for (std::size_t i = 0; i < source.schema_.columns.size(); ++i) {
    const std::string& name = source.schema_.columns[i].name;
    const table::Column* found = source.table_.find(name, i);
    const bool is_read = std::find(ignored.begin(), ignored.end(), name) == ignored.end();
    source.positions_.push_back(is_read && found != nullptr ? found - source.table_.columns().data() : -1);
  }
  return source;
}

std::size_t CsvSource::row_count() const noexcept { return table_.row_count(); }

base::Status CsvSource::decode(std::size_t row, table::Record& record) {
  record.resize(positions_.size());
  for (std::size_t i = 0; i < record.size(); ++i) {
    const contract::ColumnSchema& column = schema_.columns[i];
    if (positions_[i] < 0) {
      record[i] = table::Cell::none(column.kind);
      continue;
    }
    record[i] = table::cell_at(table_.column(static_cast<std::size_t>(positions_[i])), row);
    if (!is_text_) continue;
    base::Result<table::Cell> cell = decode_text(column, record[i]);
    if (!cell.ok()) {
      base::Error error = std::move(cell).error();
      error.where = place(row) + ", " + column.name;
      return error;
    }
    record[i] = *cell;
  }
  return {};
}

std::string CsvSource::place(std::size_t row) const { return "row " + std::to_string(row + 1); }

}  // namespace archmlp::serve
