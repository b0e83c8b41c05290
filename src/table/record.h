#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "archmlp/contract/schema.h"

namespace archmlp::table {

/// One typed value of a record. Text is not owned: it points into the request or into fitted state.
struct Cell {
  contract::ColumnKind kind = contract::ColumnKind::kReal;
  bool missing = true;
  bool boolean = false;
  std::int64_t integer = 0;
  double real = 0.0;
  std::string_view text;

  static Cell none(contract::ColumnKind kind) noexcept { return {.kind = kind}; }
  static Cell of(std::int64_t value) noexcept {
    return {.kind = contract::ColumnKind::kInteger, .missing = false, .integer = value};
  }
  static Cell of(double value) noexcept {  // NaN becomes missing
    return {.kind = contract::ColumnKind::kReal, .missing = std::isnan(value), .real = value};
  }
  static Cell of(bool value) noexcept {
    return {.kind = contract::ColumnKind::kBoolean, .missing = false, .boolean = value};
  }
  static Cell of(std::string_view value) noexcept {
    return {.kind = contract::ColumnKind::kText, .missing = false, .text = value};
  }

  /// As copy_as_doubles gives it: NaN if missing. Precondition: not text.
  double as_double() const noexcept {
    if (missing) return std::numeric_limits<double>::quiet_NaN();
    if (kind == contract::ColumnKind::kInteger) return static_cast<double>(integer);
    if (kind == contract::ColumnKind::kBoolean) return boolean ? 1.0 : 0.0;
    return real;
  }
};

/// One row, cell i belonging to column i of a Schema that the user of the record knows. Reused between
/// requests: steady state allocates nothing.
using Record = std::vector<Cell>;

}  // namespace archmlp::table
