#include "archmlp/serve/record_source.h"

#include <algorithm>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/predict/csv_form.h"
#include "archmlp/table/csv_reader.h"
#include "archmlp/table/table_row.h"

namespace archmlp::serve {
namespace {

constexpr std::size_t kMaxRecords = 1'000'000;

base::Error too_many_records() {
  return {.code = base::ErrorCode::kResourceLimit,
          .message = "more than " + base::with_thousands(kMaxRecords) + " records at once",
          .hint = "send them in smaller batches"};
}

/// The end of the record that begins at `begin`, its line break included.
std::size_t end_of_record(std::string_view text, std::size_t begin) noexcept {
  bool is_quoted = false;
  for (std::size_t i = begin; i < text.size(); ++i) {
    if (text[i] == '"') is_quoted = !is_quoted;
    if (text[i] == '\n' && !is_quoted) return i + 1;
  }
  return text.size();
}

}  // namespace

base::Result<LinesSource> LinesSource::make(std::string_view body, table::JsonRecordDecoder& decoder) {
  LinesSource source(decoder);
  for (std::size_t number = 1; !body.empty(); ++number) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    const std::string_view line = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    if (source.lines_.size() == kMaxRecords) return too_many_records();
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
                                        predict::RecordForm form) {
  const predict::CsvForm csv = predict::csv_form(predictor, form, 1);
  CsvSource source;
  source.schema_ = predictor.schema(form);
  base::Result<table::CsvTable> whole = table::parse_csv_as(body, "body", csv.schema, csv.reading);
  if (whole.ok()) {
    source.table_ = std::move(whole->table);
  } else {
    const std::size_t header_end = end_of_record(body, 0);
    const std::string header(body.substr(0, header_end));
    // What is wrong with the header alone is wrong with all of it.
    base::Result<table::CsvTable> empty = table::parse_csv_as(header, "body", csv.schema, csv.reading);
    if (!empty.ok()) return std::move(empty).error();
    source.table_ = std::move(empty->table);
    for (std::size_t begin = header_end; begin < body.size();) {
      const std::size_t end = end_of_record(body, begin);
      const std::string_view text = body.substr(begin, end - begin);
      begin = end;
      if (text.find_first_not_of(" \t\r\n") == std::string_view::npos && begin >= body.size()) break;
      if (source.rows_.size() == kMaxRecords) return too_many_records();
      base::Result<table::CsvTable> one =
          table::parse_csv_as(header + std::string(text), "row", csv.schema, csv.reading);
      if (one.ok() && one->table.row_count() == 1) {
        source.rows_.push_back({{}, std::move(one->table)});
        continue;
      }
      base::Error error = one.ok() ? base::Error{.message = "expected one record"} : std::move(one).error();
      error.where = "row " + std::to_string(source.rows_.size() + 1);
      source.rows_.push_back({std::move(error), std::nullopt});
    }
  }
  const std::vector<std::string> names = source.table_.names();
  const std::vector<std::string>& ignored = predictor.ignored(form);
  for (const contract::ColumnSchema& column : source.schema_.columns) {
    const auto found = std::find(names.begin(), names.end(), column.name);
    const bool is_read = std::find(ignored.begin(), ignored.end(), column.name) == ignored.end();
    source.positions_.push_back(is_read && found != names.end() ? found - names.begin() : -1);
  }
  return source;
}

std::size_t CsvSource::row_count() const noexcept {
  return rows_.empty() ? table_.row_count() : rows_.size();
}

base::Status CsvSource::decode(std::size_t row, table::Record& record) {
  const table::Table* table = &table_;
  if (!rows_.empty()) {
    if (!rows_[row].status.ok()) return rows_[row].status.error();
    table = &*rows_[row].table;
    row = 0;
  }
  record.resize(positions_.size());
  for (std::size_t i = 0; i < record.size(); ++i) {
    record[i] = positions_[i] < 0
                    ? table::Cell::none(schema_.columns[i].kind)
                    : table::cell_at(table->column(static_cast<std::size_t>(positions_[i])), row);
  }
  return {};
}

std::string CsvSource::place(std::size_t row) const { return "row " + std::to_string(row + 1); }

}  // namespace archmlp::serve
