#include "archmlp/serve/array_sources.h"

#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/table/json_cell.h"
#include "archmlp/table/json_syntax.h"

namespace archmlp::serve {
namespace {

using base::Error;
using base::Status;
using simdjson::dom::array;
using simdjson::dom::element;
using table::Cell;
using table::RecordFields;

std::string indexed(std::string_view place, std::size_t row) {
  return std::string(place) + "[" + std::to_string(row) + "]";
}

void clear_record(const RecordFields& fields, table::Record& record) {
  const std::vector<contract::ColumnSchema>& columns = fields.schema().columns;
  record.resize(columns.size());
  for (std::size_t i = 0; i < record.size(); ++i) record[i] = Cell::none(columns[i].kind);
}

}  // namespace

std::size_t element_count(const array& array) noexcept {
  constexpr std::size_t kMostCounted = 0xFFFFFF;
  std::size_t count = array.size();
  if (count < kMostCounted) return count;
  count = 0;
  for ([[maybe_unused]] const element item : array) ++count;
  return count;
}

Status check_record_count(std::size_t count, std::size_t max_rows) {
  if (count > max_rows) return too_many_records(max_rows);
  return {};
}

// -- columns

void ColumnArrays::begin(const RecordFields& fields, std::string_view place, std::string_view noun,
                         std::size_t max_rows) {
  fields_ = &fields;
  place_ = place;
  noun_ = noun;
  marks_.begin_record(fields.names().size());
  streams_.clear();
  last_field_ = RecordFields::kNone;
  max_rows_ = max_rows;
  row_count_ = 0;
}

base::Result<std::size_t> ColumnArrays::name(std::string_view name) {
  const std::size_t field = fields_->find(name, last_field_ + 1);
  if (field == RecordFields::kNone) return table::unknown_field(*fields_, name, noun_);
  if (marks_.is_marked(field)) return table::repeated_field(name, noun_);
  marks_.mark(field);
  last_field_ = field;
  return field;
}

Status ColumnArrays::add(std::size_t field, const array& values, std::size_t count, Datatype datatype,
                         bool is_nested) {
  if (streams_.empty()) {
    TRY(check_record_count(count, max_rows_));
    row_count_ = count;
  } else if (count != row_count_) {
    return Error{.message = std::string(noun_) + " " + base::quoted(fields_->names()[field]) + " has " +
                            std::to_string(count) + " rows, " +
                            base::quoted(fields_->names()[streams_.front().field]) + " has " +
                            std::to_string(row_count_),
                 .hint = "send as many values of each; null where one is missing"};
  }
  streams_.push_back({field, values.begin(), datatype, is_nested});
  return {};
}

Status ColumnArrays::end() const {
  if (streams_.size() < fields_->required_count()) return table::missing_fields(*fields_, marks_, noun_);
  return {};
}

Status ColumnArrays::decode(std::size_t row, table::Record& record) {
  clear_record(*fields_, record);
  for (Stream& stream : streams_) {
    element value = *stream.next;
    ++stream.next;
    const contract::ColumnSchema& column = fields_->column(stream.field);
    const auto located = [&](Error error) {
      error.where = place(row) + "." + table::where_name(column.name);
      return error;
    };
    if (stream.is_nested) {
      array inner;
      if (value.get(inner) != simdjson::SUCCESS || inner.size() != 1) {
        return located({.message = "expected an array of one value, found " + table::shown_json(value),
                        .hint = "nest all values in the same way, or none"});
      }
      value = *inner.begin();
    }
    base::Result<Cell> cell = decode_tensor_value(stream.datatype, column, value);
    if (!cell.ok()) return located(std::move(cell).error());
    record[stream.field] = *cell;
  }
  return {};
}

std::string ColumnArrays::place(std::size_t row) const { return indexed(place_, row); }

// -- rows

void RowArrays::begin(const RecordFields& fields, std::string_view place) {
  fields_ = &fields;
  place_ = place;
  marks_.begin_record(fields.names().size());
  columns_.clear();
  required_count_ = row_count_ = 0;
}

void RowArrays::use_all_columns() {
  for (std::size_t field = 0; field < fields_->schema().columns.size(); ++field) {
    if (!fields_->is_ignored(field)) columns_.push_back(field);
  }
  required_count_ = columns_.size();
}

Status RowArrays::add_column(std::string_view name) {
  const std::size_t field = fields_->find(name, columns_.empty() ? 0 : columns_.back() + 1);
  if (field == RecordFields::kNone) return table::unknown_field(*fields_, name, "column");
  if (marks_.is_marked(field)) return table::repeated_field(name, "column");
  marks_.mark(field);
  columns_.push_back(field);
  if (!fields_->is_ignored(field)) ++required_count_;
  return {};
}

Status RowArrays::check_columns() const {
  if (required_count_ < fields_->required_count()) return table::missing_fields(*fields_, marks_, "column");
  return {};
}

std::string RowArrays::shown_columns() const {
  constexpr std::size_t kShown = 20;
  std::string names;
  for (std::size_t i = 0; i < columns_.size() && i < kShown; ++i)
    names += (i == 0 ? "" : ", ") + base::quoted(fields_->names()[columns_[i]]);
  return columns_.size() > kShown ? names + ", …" : names;
}

void RowArrays::set_values(const array& values, bool is_flat, std::size_t row_count, Datatype datatype) {
  next_ = values.begin();
  is_flat_ = is_flat;
  row_count_ = row_count;
  datatype_ = datatype;
}

const contract::ColumnSchema* RowArrays::find_unsuited(Datatype datatype) const noexcept {
  for (const std::size_t field : columns_) {
    const bool is_read = !fields_->is_ignored(field);
    if (is_read && !suits(datatype, fields_->column(field).kind)) return &fields_->column(field);
  }
  return nullptr;
}

Status RowArrays::decode_cell(std::size_t row, std::size_t field, const element& value,
                              table::Record& record) const {
  if (fields_->is_ignored(field)) return {};
  const contract::ColumnSchema& column = fields_->column(field);
  base::Result<Cell> cell = decode_tensor_value(datatype_, column, value);
  if (!cell.ok()) {
    Error error = std::move(cell).error();
    error.where = place(row) + "." + table::where_name(column.name);
    return error;
  }
  record[field] = *cell;
  return {};
}

Status RowArrays::decode(std::size_t row, table::Record& record) {
  clear_record(*fields_, record);
  if (is_flat_) {
    for (const std::size_t field : columns_) {
      const element value = *next_;
      ++next_;
      TRY(decode_cell(row, field, value, record));
    }
    return {};
  }
  const element value = *next_;
  ++next_;
  array cells;
  if (value.get(cells) != simdjson::SUCCESS) {
    return Error{.message = "expected an array of values, found " + std::string(table::json_kind_of(value)),
                 .where = place(row),
                 .hint = "write every row as an array: " + shown_columns()};
  }
  const std::size_t count = element_count(cells);
  if (count != columns_.size()) {
    return Error{
        .message = "expected " + std::to_string(columns_.size()) + " values, found " + std::to_string(count),
        .where = place(row),
        .hint = "the columns are " + shown_columns()};
  }
  array::iterator cell = cells.begin();
  for (const std::size_t field : columns_) {
    TRY(decode_cell(row, field, *cell, record));
    ++cell;
  }
  return {};
}

std::string RowArrays::place(std::size_t row) const { return indexed(place_, row); }

// -- objects

void RecordObjects::set_values(const array& values, std::size_t row_count, std::string_view place) {
  next_ = values.begin();
  row_count_ = row_count;
  place_ = place;
}

Status RecordObjects::decode(std::size_t row, table::Record& record) {
  const element value = *next_;
  ++next_;
  Status decoded = reader_.decode(value, record);
  if (decoded.ok()) return decoded;
  Error error = std::move(decoded).error();
  error.where = place(row) + (error.where.empty() ? "" : ".") + error.where;
  return error;
}

std::string RecordObjects::place(std::size_t row) const { return indexed(place_, row); }

}  // namespace archmlp::serve
