#include "archmlp/table/json_cell.h"

#include <cmath>

#include "archmlp/base/text.h"
#include "archmlp/table/cell_decoder.h"

namespace archmlp::table {
namespace {

using base::Error;
using contract::ColumnKind;
using contract::ColumnSchema;
using simdjson::dom::element;
using simdjson::dom::element_type;

/// JSON knows text by its quotes, which a CSV does not.
Error wrong_json_type(const ColumnSchema& column, const element& value) {
  Error error = wrong_type(column, shown_json(value));
  if (value.is_string()) {
    error.hint = "send it without quotes: what stands in quotes is text";
  } else if (column.kind == ColumnKind::kText && (value.is_number() || value.is_bool())) {
    error.hint = "send it in quotes: this column holds text";
  }
  return error;
}

Error integer_out_of_range(const ColumnSchema& column, const std::string& shown) {
  return {
      .message = "column " + base::quoted(column.name) + ": the number " + shown +
                 " is out of range for an integer column",
      .hint = "send an integer within 64 bits, written without fraction or exponent if it is beyond 2^53"};
}

}  // namespace

std::string_view json_kind_of(const element& value) noexcept {
  switch (value.type()) {
    case element_type::ARRAY:
      return "an array";
    case element_type::OBJECT:
      return "an object";
    case element_type::STRING:
      return "a string";
    case element_type::BOOL:
      return "a boolean";
    case element_type::NULL_VALUE:
      return "null";
    default:
      return "a number";
  }
}

std::string shown_json(const element& value) {
  switch (value.type()) {
    case element_type::ARRAY:
      return "[…]";
    case element_type::OBJECT:
      return "{…}";
    case element_type::STRING:
      return std::string(value.get_string().value_unsafe());
    case element_type::DOUBLE:
      return base::format_real(value.get_double().value_unsafe());
    case element_type::INT64:
      return std::to_string(value.get_int64().value_unsafe());
    case element_type::UINT64:
      return std::to_string(value.get_uint64().value_unsafe());
    case element_type::BOOL:
      return value.get_bool().value_unsafe() ? "true" : "false";
    default:
      return "null";
  }
}

base::Result<Cell> decode_json_real(const ColumnSchema& column, double number) {
  if (column.kind == ColumnKind::kReal) return Cell::of(number);
  if (column.kind != ColumnKind::kInteger || number != std::floor(number)) {
    Error error = wrong_type(column, base::format_real(number));
    if (column.kind == ColumnKind::kText) error.hint = "send it in quotes: this column holds text";
    return error;
  }
  if (std::abs(number) >= 0x1p53) return integer_out_of_range(column, base::format_real(number));
  return Cell::of(static_cast<std::int64_t>(number));
}

base::Result<Cell> decode_other_json(const ColumnSchema& column, const element& value) {
  switch (value.type()) {
    case element_type::NULL_VALUE:
      if (column.nullable) return Cell::none(column.kind);
      return Error{.message = "column " + base::quoted(column.name) + " may not be null",
                   .hint = "send a value: no row that the model was fitted on lacked one"};
    case element_type::DOUBLE:
      return decode_json_real(column, value.get_double().value_unsafe());
    case element_type::UINT64:  // simdjson: only where INT64 does not do
      if (column.kind == ColumnKind::kReal)
        return Cell::of(static_cast<double>(value.get_uint64().value_unsafe()));
      if (column.kind == ColumnKind::kInteger) return integer_out_of_range(column, shown_json(value));
      break;
    default:
      break;
  }
  return wrong_json_type(column, value);
}

}  // namespace archmlp::table
