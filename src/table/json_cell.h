#pragma once

#include <simdjson.h>
#include <string>
#include <string_view>

#include "archmlp/base/result.h"
#include "archmlp/contract/schema.h"
#include "archmlp/table/record.h"

namespace archmlp::table {

/// "an array", "a number", …: for messages.
std::string_view json_kind_of(const simdjson::dom::element& value) noexcept;
/// As the value is written, for messages.
std::string shown_json(const simdjson::dom::element& value);

/// decode_json for null, for numbers of another kind than the column's, and for what does not suit it.
base::Result<Cell> decode_other_json(const contract::ColumnSchema& column,
                                     const simdjson::dom::element& value);

/// What a number that is not written as an integer means in the column. Errors: as decode_json.
base::Result<Cell> decode_json_real(const contract::ColumnSchema& column, double number);

/// The one place that says what a JSON value means as a cell of a column, whatever protocol it comes by:
/// integers stay exact; a number with an integral value below 2^53 suits an integer column; null is missing.
/// Text is not copied. Errors: kInvalidInput, without `where`, for a wrong type, a number out of range, null
/// in a column that is not nullable.
inline base::Result<Cell> decode_json(const contract::ColumnSchema& column,
                                      const simdjson::dom::element& value) {
  using contract::ColumnKind;
  using simdjson::dom::element_type;
  const element_type type = value.type();
  switch (column.kind) {
    case ColumnKind::kInteger:
      if (type == element_type::INT64) return Cell::of(value.get_int64().value_unsafe());
      break;
    case ColumnKind::kReal:
      if (type == element_type::DOUBLE) return Cell::of(value.get_double().value_unsafe());
      if (type == element_type::INT64) return Cell::of(static_cast<double>(value.get_int64().value_unsafe()));
      break;
    case ColumnKind::kBoolean:
      if (type == element_type::BOOL) return Cell::of(value.get_bool().value_unsafe());
      break;
    case ColumnKind::kText:
      if (type == element_type::STRING) return Cell::of(value.get_string().value_unsafe());
      break;
  }
  return decode_other_json(column, value);
}

}  // namespace archmlp::table
