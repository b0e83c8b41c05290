#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/contract/schema.h"
#include "archmlp/table/record.h"
#include "archmlp/table/table.h"

namespace archmlp::transform {

/// One fixed value, stored as the cells of a column want it.
struct Constant {
  contract::ColumnKind kind = contract::ColumnKind::kReal;  // of the column that takes it
  bool missing = false;
  std::int64_t integer = 0;
  double real = 0.0;
  bool boolean = false;
  std::string text;

  /// Text points into this.
  table::Cell cell() const noexcept;
};

/// How `value` is stored in a column of kind `kind`; `kind` of the result tells what the column becomes. An
/// integer column becomes real for a real value, but with `keep_integral` only for a fractional one. Errors:
/// kInvalidInput if the value does not fit.
base::Result<Constant> constant_for(const contract::ColumnSchema& column, const contract::Value& value,
                                    bool keep_integral);

/// The value as the column's own kind, if it can be equal to one of its values.
std::optional<std::int64_t> as_integer(const contract::Value& value) noexcept;
std::optional<double> as_real(const contract::Value& value) noexcept;

/// `column` with the constant in the rows where `where` is 1, as the constant's kind. Shape: where
/// [row_count].
table::Column with_constant(const table::Column& column, const Constant& constant,
                            const std::vector<std::uint8_t>& where);
/// The same for a cell: an integer becomes real where the constant's kind is.
inline table::Cell as_kind(const table::Cell& cell, contract::ColumnKind kind) noexcept {
  if (cell.kind == kind) return cell;
  return cell.missing ? table::Cell::none(kind) : table::Cell::of(cell.as_double());
}

}  // namespace archmlp::transform
