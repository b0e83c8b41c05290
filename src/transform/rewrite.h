#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/contract/schema.h"
#include "archmlp/table/record.h"
#include "archmlp/table/table.h"

// Putting one value into chosen cells of a column: what `replace` and `impute` share.

namespace archmlp::transform {

/// The kind of a column of `kind` once some of its cells hold `value`: an integer column with a real value
/// becomes real, a boolean one with a number integer or real; null fits everywhere. None if the value does
/// not fit.
std::optional<contract::ColumnKind> kind_with(contract::ColumnKind kind,
                                              const contract::Value& value) noexcept;
/// The same, as an Error that names the column.
base::Result<contract::ColumnKind> require_kind_with(const contract::ColumnSchema& column,
                                                     const contract::Value& value);

/// `cells` converted to `kind` (as kind_with gives it), with `value` where `chosen` is not 0. Shape: chosen
/// [rows].
table::Cells rewritten(const table::Cells& cells, contract::ColumnKind kind,
                       std::span<const std::uint8_t> chosen, const contract::Value& value);
/// One cell in the same way; a text shows `value`'s memory.
table::Cell rewritten(const table::Cell& cell, contract::ColumnKind kind, bool chosen,
                      const contract::Value& value);

/// Is the cell equal to the value? Numbers by value whatever their kind; text and booleans only with their
/// like. Missing equals nothing.
bool cell_equals(const table::Cell& cell, const contract::Value& value) noexcept;
/// 1 for every cell that is missing or equal to one of `values`. Shape: [rows].
std::vector<std::uint8_t> missing_or_equal(const table::Cells& cells,
                                           std::span<const contract::Value> values);

}  // namespace archmlp::transform
