#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "archmlp/base/result.h"
#include "archmlp/contract/csv_options.h"
#include "archmlp/table/record.h"

namespace archmlp::table {

/// The one place that says what an unquoted CSV cell means as a value of a given kind: the CSV reader,
/// prediction on CSV rows and the type guess all come here. Surrounding blanks are not trimmed. Nothing if
/// `text` is no such value:
///   integer  -?[0-9]+ within 64 bits, without leading zeros, and not -0 (which has a sign that only a real
///   keeps);
///            a real literal with an integral value below 2^53 too ("3.0") when `exact` is false (prediction
///            input; a column of a table must be guessed real instead)
///   real     a decimal number, E notation, a leading +, also ".5" and "5."; correctly rounded; no leading
///   zeros
///            (00.5), no hexadecimal, no "inf"; overflow is no value
///   boolean  true, false, True, False, TRUE, FALSE
///   text     anything (leading zeros, as in 00123, make a cell text)
std::optional<std::int64_t> decode_integer(std::string_view text, bool exact = true) noexcept;
std::optional<double> decode_real(std::string_view text) noexcept;
std::optional<bool> decode_boolean(std::string_view text) noexcept;

/// Decodes one CSV cell for the column. A quoted cell is never missing; otherwise quotes do not matter where
/// the kind is known. Errors: kInvalidInput (message as in `column "age": expected an integer, found "n/a"`,
/// with a hint), without `where`. The caller may refuse a missing value by `column.nullable`.
base::Result<Cell> decode_cell(const contract::ColumnSchema& column, std::string_view text, bool quoted);

/// The Error for a value of the wrong type, the same for CSV, JSON and Python input.
base::Error wrong_type(const contract::ColumnSchema& column, std::string_view found);

}  // namespace archmlp::table
