#include "archmlp/transform/constant.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"

namespace archmlp::transform {

using base::Error;
using base::Result;
using contract::ColumnKind;
using contract::Value;

std::optional<std::int64_t> as_integer(const Value& value) noexcept {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return *integer;
  const auto* real = std::get_if<double>(&value);
  if (real == nullptr || !(*real >= -0x1p63 && *real < 0x1p63) || std::trunc(*real) != *real)
    return std::nullopt;
  return static_cast<std::int64_t>(*real);
}

std::optional<double> as_real(const Value& value) noexcept {
  if (const auto* real = std::get_if<double>(&value)) return *real;
  const auto* integer = std::get_if<std::int64_t>(&value);
  if (integer == nullptr) return std::nullopt;
  const auto real_value = static_cast<double>(*integer);
  // An integer that has no double of its own equals no real value.
  if (as_integer(Value(real_value)) != *integer) return std::nullopt;
  return real_value;
}

table::Cell Constant::cell() const noexcept {
  if (missing) return table::Cell::none(kind);
  switch (kind) {
    case ColumnKind::kInteger:
      return table::Cell::of(integer);
    case ColumnKind::kReal:
      return table::Cell::of(real);
    case ColumnKind::kBoolean:
      return table::Cell::of(boolean);
    case ColumnKind::kText:
      break;
  }
  return table::Cell::of(std::string_view(text));
}

namespace {

std::string_view kind_of(const Value& value) {
  switch (value.index()) {
    case 1:
      return "a boolean";
    case 2:
      return "an integer";
    case 3:
      return "a number";
    default:
      return "text";
  }
}

}  // namespace

Result<Constant> constant_for(const contract::ColumnSchema& column, const Value& value, bool keep_integral) {
  Constant constant{.kind = column.kind};
  if (std::holds_alternative<std::monostate>(value)) {
    constant.missing = true;
    return constant;
  }
  const auto* integer = std::get_if<std::int64_t>(&value);
  const auto* real = std::get_if<double>(&value);
  const auto* boolean = std::get_if<bool>(&value);
  const auto* text = std::get_if<std::string>(&value);
  if (column.kind == ColumnKind::kInteger && real != nullptr) {
    const auto integral = as_integer(value);
    if (keep_integral && integral) {
      constant.integer = *integral;
    } else {
      constant.kind = ColumnKind::kReal;
      constant.real = *real;
    }
    return constant;
  }
  switch (column.kind) {
    case ColumnKind::kInteger:
      if (integer != nullptr) return constant.integer = *integer, constant;
      break;
    case ColumnKind::kReal:
      if (integer != nullptr) return constant.real = static_cast<double>(*integer), constant;
      if (real != nullptr) return constant.real = *real, constant;
      break;
    case ColumnKind::kBoolean:
      if (boolean != nullptr) return constant.boolean = *boolean, constant;
      break;
    case ColumnKind::kText:
      if (text != nullptr) return constant.text = *text, constant;
      break;
  }
  return Error{
      .message = fmt::format(
          "column {}: expected {} value, found {} {}", base::quoted(column.name),
          column.kind == ColumnKind::kInteger ? "an integer" : fmt::format("a {}", to_string(column.kind)),
          kind_of(value), base::quoted(contract::to_text(value))),
      .hint = column.kind == ColumnKind::kText ? "put the value in quotes" : ""};
}

namespace {

using Mask = std::vector<std::uint8_t>;

table::IntegerCells replaced(table::IntegerCells cells, const Constant& constant, const Mask& where) {
  if (constant.missing && cells.missing.empty()) cells.missing.resize(cells.values.size(), 0);
  for (std::size_t row = 0; row < where.size(); ++row) {
    if (where[row] == 0) continue;
    cells.values[row] = constant.missing ? 0 : constant.integer;
    if (!cells.missing.empty()) cells.missing[row] = constant.missing ? 1 : 0;
  }
  // The form without gaps is the one that the readers make.
  if (std::find(cells.missing.begin(), cells.missing.end(), 1) == cells.missing.end()) cells.missing.clear();
  return cells;
}

table::RealCells replaced(const table::Column& column, const Constant& constant, const Mask& where) {
  table::RealCells cells;
  cells.values.resize(where.size());
  table::copy_as_doubles(column, cells.values);
  const double value = constant.missing ? std::numeric_limits<double>::quiet_NaN() : constant.real;
  for (std::size_t row = 0; row < where.size(); ++row) {
    if (where[row] != 0) cells.values[row] = value;
  }
  return cells;
}

table::BooleanCells replaced(table::BooleanCells cells, const Constant& constant, const Mask& where) {
  const auto value = static_cast<std::int8_t>(constant.missing ? -1 : static_cast<int>(constant.boolean));
  for (std::size_t row = 0; row < where.size(); ++row) {
    if (where[row] != 0) cells.values[row] = value;
  }
  return cells;
}

table::TextCells replaced(table::TextCells cells, const Constant& constant, const Mask& where) {
  std::int32_t code = -1;
  if (!constant.missing && std::find(where.begin(), where.end(), 1) != where.end()) {
    const auto found = std::find(cells.levels.begin(), cells.levels.end(), constant.text);
    code = static_cast<std::int32_t>(found - cells.levels.begin());
    if (found == cells.levels.end()) cells.levels.push_back(constant.text);
  }
  for (std::size_t row = 0; row < where.size(); ++row) {
    if (where[row] != 0) cells.codes[row] = code;
  }
  return cells;
}

}  // namespace

table::Column with_constant(const table::Column& column, const Constant& constant, const Mask& where) {
  assert(where.size() == column.row_count());
  switch (constant.kind) {
    case ColumnKind::kInteger:
      return {column.name(), replaced(column.integers(), constant, where)};
    case ColumnKind::kReal:
      return {column.name(), replaced(column, constant, where)};
    case ColumnKind::kBoolean:
      return {column.name(), replaced(column.booleans(), constant, where)};
    case ColumnKind::kText:
      break;
  }
  return {column.name(), replaced(column.texts(), constant, where)};
}

}  // namespace archmlp::transform
