#include "archmlp/table/cell_decoder.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <fast_float/fast_float.h>

#include "archmlp/base/text.h"
#include "archmlp/table/number_parser.h"

namespace archmlp::table {
namespace {

using contract::ColumnKind;

std::string_view described(ColumnKind kind) noexcept {
  switch (kind) {
    case ColumnKind::kInteger:
      return "an integer";
    case ColumnKind::kReal:
      return "a number";
    case ColumnKind::kBoolean:
      return "true or false";
    case ColumnKind::kText:
      return "text";
  }
  return "a value";
}

std::string_view example_of(ColumnKind kind) noexcept {
  switch (kind) {
    case ColumnKind::kInteger:
      return "give a whole number without leading zeros, such as 42";
    case ColumnKind::kReal:
      return "give a number with a decimal point, such as 0.5 or 1.5e6";
    case ColumnKind::kBoolean:
      return "give true or false";
    case ColumnKind::kText:
      return "give text";
  }
  return "";
}

bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

std::string hint_for_csv(const contract::ColumnSchema& column, std::string_view text, bool quoted) {
  const bool number = column.kind == ColumnKind::kInteger || column.kind == ColumnKind::kReal;
  if (!text.empty() && (is_blank(text.front()) || is_blank(text.back()))) {
    return "remove the blanks around the value";
  }
  if (quoted) return std::string(example_of(column.kind)) + "; a quoted cell is never missing";
  if (number && std::ranges::count(text, ',') == 1) {
    std::string with_point(text);
    std::ranges::replace(with_point, ',', '.');
    if (decode_real(with_point)) return "write the decimals with a point";
  }
  return "add " + base::quoted(text) + " to missing_values if it means a missing value; otherwise " +
         std::string(example_of(column.kind));
}

}  // namespace

Number parse_long_number(const char* begin, const char* end, NumberForm form) noexcept {
  if (*begin == '+') ++begin;  // fast_float follows std::from_chars, which takes no plus
  double value = 0.0;
  const auto [parsed_to, error] = fast_float::from_chars(begin, end, value);
  if (parsed_to != end || error == std::errc::invalid_argument || !std::isfinite(value)) return {};
  return {.form = form, .real = value};
}

std::optional<std::int64_t> decode_integer(std::string_view text, bool exact) noexcept {
  const Number number = parse_number(text.data(), text.data() + text.size());
  if (number.form == NumberForm::kInteger) return number.integer;
  constexpr double kExactIntegers = 0x1p53;
  if (exact || number.form != NumberForm::kReal || std::abs(number.real) >= kExactIntegers ||
      number.real != std::trunc(number.real)) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(number.real);
}

std::optional<double> decode_real(std::string_view text) noexcept {
  const Number number = parse_number(text.data(), text.data() + text.size());
  if (number.form == NumberForm::kNone) return std::nullopt;
  return number.form == NumberForm::kInteger ? static_cast<double>(number.integer) : number.real;
}

std::optional<bool> decode_boolean(std::string_view text) noexcept {
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  return std::nullopt;
}

base::Result<Cell> decode_cell(const contract::ColumnSchema& column, std::string_view text, bool quoted) {
  if (!quoted && std::ranges::find(column.missing_values, text) != column.missing_values.end()) {
    return Cell::none(column.kind);
  }
  switch (column.kind) {
    case ColumnKind::kInteger:
      if (const auto value = decode_integer(text, false)) return Cell::of(*value);
      break;
    case ColumnKind::kReal:
      if (const auto value = decode_real(text)) return Cell::of(*value);
      break;
    case ColumnKind::kBoolean:
      if (const auto value = decode_boolean(text)) return Cell::of(*value);
      break;
    case ColumnKind::kText:
      return Cell::of(text);
  }
  base::Error error = wrong_type(column, text);
  error.hint = hint_for_csv(column, text, quoted);
  return error;
}

base::Error wrong_type(const contract::ColumnSchema& column, std::string_view found) {
  return {.message = "column " + base::quoted(column.name) + ": expected " +
                     std::string(described(column.kind)) + ", found " + base::quoted(found),
          .hint = std::string(example_of(column.kind))};
}

}  // namespace archmlp::table
