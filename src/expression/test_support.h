#pragma once

// For the tests and the fuzz target of this module and of transform.

#include <bit>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "archmlp/base/rng.h"
#include "archmlp/contract/schema.h"
#include "archmlp/table/record.h"
#include "archmlp/table/table.h"
#include "archmlp/table/table_row.h"

namespace archmlp::expression {

inline contract::Schema schema_of(const table::Table& rows) {
  contract::Schema schema;
  for (const table::Column& column : rows.columns()) {
    schema.columns.push_back(
        {.name = column.name(), .kind = column.kind(), .nullable = true, .missing_values = {""}});
  }
  return schema;
}

inline table::Record record_at(const table::Table& rows, std::size_t row) {
  table::Record record;
  for (const table::Column& column : rows.columns()) record.push_back(cell_at(column, row));
  return record;
}

/// Equal kind, missingness and value; numbers to the bit.
inline bool equal_cells(const table::Cell& a, const table::Cell& b) {
  if (a.kind != b.kind || a.missing != b.missing) return false;
  if (a.missing) return true;
  switch (a.kind) {
    case contract::ColumnKind::kInteger:
      return a.integer == b.integer;
    case contract::ColumnKind::kReal:
      return std::bit_cast<std::uint64_t>(a.real) == std::bit_cast<std::uint64_t>(b.real);
    case contract::ColumnKind::kBoolean:
      return a.boolean == b.boolean;
    case contract::ColumnKind::kText:
      break;
  }
  return a.text == b.text;
}

/// Columns i, j (integer), x, y (real), p, q (boolean), s, t (text), each with gaps and with values that
/// break things.
inline table::Table random_table(base::Rng& rng, std::size_t row_count) {
  const auto is_gap = [&] { return rng.below(5) == 0; };
  std::vector<table::Column> columns;
  for (const char* name : {"i", "j"}) {
    constexpr std::int64_t kValues[] = {0, 1, -1, 2, -3, 7, 9007199254740993};
    table::IntegerCells cells;
    for (std::size_t row = 0; row < row_count; ++row) {
      const bool gap = is_gap();
      cells.values.push_back(gap ? 0 : kValues[rng.below(std::size(kValues))]);
      cells.missing.push_back(gap ? 1 : 0);
    }
    columns.emplace_back(name, std::move(cells));
  }
  for (const char* name : {"x", "y"}) {
    constexpr double kValues[] = {0.0, -0.0, 0.5, -2.5, 1e308, -1e-308, 3.0, 0.1};
    table::RealCells cells;
    for (std::size_t row = 0; row < row_count; ++row) {
      const double value =
          rng.below(2) == 0 ? kValues[rng.below(std::size(kValues))] : (rng.uniform() - 0.5) * 100.0;
      cells.values.push_back(is_gap() ? std::numeric_limits<double>::quiet_NaN() : value);
    }
    columns.emplace_back(name, std::move(cells));
  }
  for (const char* name : {"p", "q"}) {
    table::BooleanCells cells;
    for (std::size_t row = 0; row < row_count; ++row) {
      cells.values.push_back(static_cast<std::int8_t>(static_cast<int>(rng.below(3)) - 1));
    }
    columns.emplace_back(name, std::move(cells));
  }
  for (const char* name : {"s", "t"}) {
    table::TextCells cells{{}, {"a", "B", " a ", "", "Straße", "b", "ab"}};
    if (rng.below(2) == 0) std::swap(cells.levels[0], cells.levels[5]);
    for (std::size_t row = 0; row < row_count; ++row) {
      cells.codes.push_back(static_cast<std::int32_t>(rng.below(cells.levels.size() + 1)) - 1);
    }
    columns.emplace_back(name, std::move(cells));
  }
  return *table::Table::from_columns(std::move(columns));
}

/// Source text of a random, correctly typed expression over the columns of random_table.
class RandomExpression {
 public:
  explicit RandomExpression(base::Rng& rng) : rng_(rng) {}

  std::string number(int depth) {
    if (depth == 0) return pick({"i", "j", "x", "y", "0", "1", "2.5", "1e300", "0.1", "p"});
    const std::string a = number(depth - 1);
    switch (rng_.below(8)) {
      case 0:
        return pick({"abs", "log", "log1p", "exp", "sqrt", "round", "floor", "ceil"}) + "(" + a + ")";
      case 1:
        return "-" + a;
      case 2:
        return pick({"min", "max"}) + "(" + a + ", " + number(depth - 1) + ", " + number(0) + ")";
      case 3:
        return "clip(" + a + ", " + pick({"-1", "i", "x"}) + ", " + pick({"2", "j", "y"}) + ")";
      case 4:
        return "(" + condition(depth - 1) + ") * " + a;
      case 5:
        return rng_.below(2) == 0 ? "len(" + text(depth - 1) + ")" : "round(" + a + ", 1)";
      default:
        break;
    }
    return "(" + a + ") " + pick({"+", "-", "*", "/", "//", "%", "**"}) + " (" + number(depth - 1) + ")";
  }
  std::string condition(int depth) {
    if (depth == 0)
      return pick({"p", "q", "True", "p == q", "s == t", "s < t", "i in [1, 2, -3]", "s != 'a'"});
    switch (rng_.below(8)) {
      case 0:
        return "not " + parenthesised(condition(depth - 1));
      case 1:
        return "~" + parenthesised(condition(depth - 1));
      case 2:
        return text(depth - 1) + pick({" == ", " != ", " < ", " >= "}) + text(depth - 1);
      case 3:
        return text(depth - 1) + pick({" in ", " not in ", " == "}) + "['a', 'b', '']";
      case 4:
        return pick({"isnull(", "notnull("}) + (rng_.below(2) == 0 ? text(depth - 1) : number(depth - 1)) +
               ")";
      case 5:
        return pick({"contains", "startswith", "endswith"}) + "(" + text(depth - 1) + ", 'a')";
      case 6:
        return parenthesised(condition(depth - 1)) + pick({" and ", " or ", " & ", " | "}) +
               parenthesised(condition(depth - 1));
      default:
        break;
    }
    std::string chain = parenthesised(number(depth - 1));
    for (std::uint64_t i = 0; i <= rng_.below(2); ++i) {
      chain += pick({" < ", " <= ", " > ", " >= ", " == ", " != "}) + parenthesised(number(depth - 1));
    }
    return chain;
  }
  std::string text(int depth) {
    if (depth == 0) return pick({"s", "t", "'a'", "'B '"});
    return rng_.below(2) == 0 ? text(0) : pick({"lower", "upper", "strip"}) + "(" + text(depth - 1) + ")";
  }
  std::string any(int depth) {
    switch (rng_.below(5)) {
      case 0:
        return text(depth);
      case 1:
      case 2:
        return condition(depth);
      default:
        return number(depth);
    }
  }

 private:
  std::string pick(std::initializer_list<const char*> choices) {
    return choices.begin()[rng_.below(choices.size())];
  }
  static std::string parenthesised(const std::string& text) { return "(" + text + ")"; }
  base::Rng& rng_;
};

}  // namespace archmlp::expression
