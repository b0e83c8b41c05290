#include "archmlp/transform/rewrite.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <string>

#include "archmlp/base/text.h"

namespace archmlp::transform {

using contract::ColumnKind;
using contract::Value;

namespace {

bool is_null(const Value& value) noexcept { return std::holds_alternative<std::monostate>(value); }

/// Precondition: the value is a number.
double as_double(const Value& value) noexcept {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return static_cast<double>(*integer);
  return std::get<double>(value);
}

std::size_t row_count(const table::Cells& cells) { return table::Column("", cells).row_count(); }

table::IntegerCells to_integers(const table::Cells& cells) {
  if (const auto* integers = std::get_if<table::IntegerCells>(&cells)) return *integers;
  const auto& booleans = std::get<table::BooleanCells>(cells).values;
  table::IntegerCells integers;
  integers.values.resize(booleans.size());
  for (std::size_t row = 0; row < booleans.size(); ++row) {
    if (booleans[row] >= 0) {
      integers.values[row] = booleans[row];
      continue;
    }
    integers.missing.resize(booleans.size());
    integers.missing[row] = 1;
  }
  return integers;
}

table::RealCells to_reals(const table::Cells& cells) {
  if (const auto* reals = std::get_if<table::RealCells>(&cells)) return *reals;
  const table::Column column("", cells);
  table::RealCells reals{.values = std::vector<double>(column.row_count())};
  table::copy_as_doubles(column, reals.values);
  return reals;
}

void drop_unneeded_mask(table::IntegerCells& cells) {
  if (std::none_of(cells.missing.begin(), cells.missing.end(), [](std::uint8_t flag) { return flag != 0; })) {
    cells.missing.clear();
  }
}

table::Cells rewrite_integers(table::IntegerCells cells, std::span<const std::uint8_t> chosen,
                              const Value& value) {
  if (is_null(value)) cells.missing.resize(cells.values.size());
  for (std::size_t row = 0; row < chosen.size(); ++row) {
    if (chosen[row] == 0) continue;
    cells.values[row] = is_null(value) ? 0 : std::get<std::int64_t>(value);
    if (!cells.missing.empty()) cells.missing[row] = is_null(value) ? 1 : 0;
  }
  drop_unneeded_mask(cells);
  return cells;
}

table::Cells rewrite_reals(table::RealCells cells, std::span<const std::uint8_t> chosen, const Value& value) {
  const double put = is_null(value) ? std::numeric_limits<double>::quiet_NaN() : as_double(value);
  for (std::size_t row = 0; row < chosen.size(); ++row) {
    if (chosen[row] != 0) cells.values[row] = put;
  }
  return cells;
}

table::Cells rewrite_booleans(table::BooleanCells cells, std::span<const std::uint8_t> chosen,
                              const Value& value) {
  const std::int8_t put = is_null(value) ? std::int8_t{-1} : static_cast<std::int8_t>(std::get<bool>(value));
  for (std::size_t row = 0; row < chosen.size(); ++row) {
    if (chosen[row] != 0) cells.values[row] = put;
  }
  return cells;
}

table::Cells rewrite_texts(table::TextCells cells, std::span<const std::uint8_t> chosen, const Value& value) {
  std::int32_t put = -1;
  if (!is_null(value)) {
    const auto& text = std::get<std::string>(value);
    const auto found = std::find(cells.levels.begin(), cells.levels.end(), text);
    put = static_cast<std::int32_t>(found - cells.levels.begin());
    if (found == cells.levels.end()) cells.levels.push_back(text);
  }
  for (std::size_t row = 0; row < chosen.size(); ++row) {
    if (chosen[row] != 0) cells.codes[row] = put;
  }
  return cells;
}

/// Exact where both are integers; otherwise as doubles.
bool number_equals(const Value& value, std::int64_t number) noexcept {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return *integer == number;
  const auto* real = std::get_if<double>(&value);
  return real != nullptr && *real == static_cast<double>(number);
}
bool number_equals(const Value& value, double number) noexcept {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return static_cast<double>(*integer) == number;
  const auto* real = std::get_if<double>(&value);
  return real != nullptr && *real == number;
}

template <typename Matches>
std::vector<std::uint8_t> mark(std::size_t rows, const Matches& matches) {
  std::vector<std::uint8_t> marks(rows);
  for (std::size_t row = 0; row < rows; ++row) marks[row] = matches(row) ? 1 : 0;
  return marks;
}

}  // namespace

std::optional<ColumnKind> kind_with(ColumnKind kind, const Value& value) noexcept {
  if (is_null(value)) return kind;
  switch (kind) {
    case ColumnKind::kText:
      return std::holds_alternative<std::string>(value) ? std::optional(kind) : std::nullopt;
    case ColumnKind::kBoolean:
      if (std::holds_alternative<bool>(value)) return kind;
      [[fallthrough]];
    case ColumnKind::kInteger:
      if (std::holds_alternative<std::int64_t>(value)) return ColumnKind::kInteger;
      [[fallthrough]];
    case ColumnKind::kReal:
      if (std::holds_alternative<double>(value) || std::holds_alternative<std::int64_t>(value)) {
        return ColumnKind::kReal;
      }
  }
  return std::nullopt;
}

base::Result<ColumnKind> require_kind_with(const contract::ColumnSchema& column, const Value& value) {
  if (const auto kind = kind_with(column.kind, value)) return *kind;
  return base::Error{.message = "the value " + base::quoted(contract::to_text(value)) +
                                " does not fit column " + base::quoted(column.name) + ", which is " +
                                std::string(to_string(column.kind)),
                     .hint = column.kind == ColumnKind::kText ? "write the value in quotes to make it text"
                                                              : "give a value of the column's type"};
}

table::Cells rewritten(const table::Cells& cells, ColumnKind kind, std::span<const std::uint8_t> chosen,
                       const Value& value) {
  assert(chosen.size() == row_count(cells));
  switch (kind) {
    case ColumnKind::kInteger:
      return rewrite_integers(to_integers(cells), chosen, value);
    case ColumnKind::kReal:
      return rewrite_reals(to_reals(cells), chosen, value);
    case ColumnKind::kBoolean:
      return rewrite_booleans(std::get<table::BooleanCells>(cells), chosen, value);
    case ColumnKind::kText:
      break;
  }
  return rewrite_texts(std::get<table::TextCells>(cells), chosen, value);
}

table::Cell rewritten(const table::Cell& cell, ColumnKind kind, bool chosen, const Value& value) {
  if (chosen ? is_null(value) : cell.missing) return table::Cell::none(kind);
  switch (kind) {
    case ColumnKind::kInteger:
      if (chosen) return table::Cell::of(std::get<std::int64_t>(value));
      return cell.kind == kind ? cell : table::Cell::of(static_cast<std::int64_t>(cell.boolean));
    case ColumnKind::kReal:
      return table::Cell::of(chosen ? as_double(value) : cell.as_double());
    case ColumnKind::kBoolean:
      return chosen ? table::Cell::of(std::get<bool>(value)) : cell;
    case ColumnKind::kText:
      break;
  }
  return chosen ? table::Cell::of(std::string_view(std::get<std::string>(value))) : cell;
}

bool cell_equals(const table::Cell& cell, const Value& value) noexcept {
  if (cell.missing) return false;
  switch (cell.kind) {
    case ColumnKind::kInteger:
      return number_equals(value, cell.integer);
    case ColumnKind::kReal:
      return number_equals(value, cell.real);
    case ColumnKind::kBoolean: {
      const auto* boolean = std::get_if<bool>(&value);
      return boolean != nullptr && *boolean == cell.boolean;
    }
    case ColumnKind::kText:
      break;
  }
  const auto* text = std::get_if<std::string>(&value);
  return text != nullptr && *text == cell.text;
}

std::vector<std::uint8_t> missing_or_equal(const table::Cells& cells, std::span<const Value> values) {
  const auto equals_any = [&](const table::Cell& cell) {
    return std::any_of(values.begin(), values.end(),
                       [&](const Value& value) { return cell_equals(cell, value); });
  };
  if (const auto* integers = std::get_if<table::IntegerCells>(&cells)) {
    return mark(integers->values.size(), [&](std::size_t row) {
      const bool missing = !integers->missing.empty() && integers->missing[row] != 0;
      return missing || equals_any(table::Cell::of(integers->values[row]));
    });
  }
  if (const auto* reals = std::get_if<table::RealCells>(&cells)) {
    return mark(reals->values.size(), [&](std::size_t row) {
      return std::isnan(reals->values[row]) || equals_any(table::Cell::of(reals->values[row]));
    });
  }
  if (const auto* booleans = std::get_if<table::BooleanCells>(&cells)) {
    return mark(booleans->values.size(), [&](std::size_t row) {
      return booleans->values[row] < 0 || equals_any(table::Cell::of(booleans->values[row] != 0));
    });
  }
  const auto& texts = std::get<table::TextCells>(cells);
  const std::vector<std::uint8_t> level_matches = mark(texts.levels.size(), [&](std::size_t i) {
    return equals_any(table::Cell::of(std::string_view(texts.levels[i])));
  });
  return mark(texts.codes.size(), [&](std::size_t row) {
    return texts.codes[row] < 0 || level_matches[static_cast<std::size_t>(texts.codes[row])] != 0;
  });
}

}  // namespace archmlp::transform
