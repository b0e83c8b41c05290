// What pandas says: testdata/pandas_golden.json, made by the script beside it.

#include <gtest/gtest.h>

#include <bit>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "archmlp/expression/expression.h"
#include "archmlp/expression/test_support.h"

namespace archmlp::expression {
namespace {

using Json = nlohmann::json;

table::Column column_from(const Json& json) {
  const std::string kind = json["kind"];
  const Json& values = json["values"];
  const std::string name = json["name"];
  if (kind == "integer") {
    table::IntegerCells cells;
    for (const Json& value : values) cells.values.push_back(value.get<std::int64_t>());
    return {name, std::move(cells)};
  }
  if (kind == "real") {
    table::RealCells cells;
    for (const Json& value : values) {
      cells.values.push_back(value.is_null() ? std::numeric_limits<double>::quiet_NaN()
                                             : value.get<double>());
    }
    return {name, std::move(cells)};
  }
  if (kind == "boolean") {
    table::BooleanCells cells;
    for (const Json& value : values) cells.values.push_back(value.get<bool>() ? 1 : 0);
    return {name, std::move(cells)};
  }
  table::TextCells cells;
  for (const Json& value : values) {
    if (value.is_null()) {
      cells.codes.push_back(-1);
      continue;
    }
    const auto found = std::find(cells.levels.begin(), cells.levels.end(), value.get<std::string>());
    cells.codes.push_back(static_cast<std::int32_t>(found - cells.levels.begin()));
    if (found == cells.levels.end()) cells.levels.push_back(value);
  }
  return {name, std::move(cells)};
}

std::int64_t distance_in_ulps(double a, double b) {
  const auto order = [](double x) {
    const auto bits = std::bit_cast<std::int64_t>(x);
    return bits < 0 ? std::numeric_limits<std::int64_t>::min() - bits : bits;
  };
  return std::abs(order(a) - order(b));
}

/// pandas' integers know no -0.0, so the sign of zero is not compared.
bool agrees(const table::Cell& cell, const Json& expected, bool exact) {
  if (expected.is_null()) return cell.missing;
  if (cell.missing) return false;
  if (expected.is_string())
    return cell.kind == contract::ColumnKind::kText && cell.text == expected.get<std::string>();
  if (expected.is_boolean()) {
    return cell.kind == contract::ColumnKind::kBoolean && cell.boolean == expected.get<bool>();
  }
  if (cell.kind != contract::ColumnKind::kReal) return false;
  const double wanted = expected.get<double>();
  return cell.real == wanted || (!exact && distance_in_ulps(cell.real, wanted) <= 4);
}

TEST(PandasGolden, EveryCaseAgrees) {
  std::ifstream file(ARCHMLP_TESTDATA "/pandas_golden.json");
  const Json golden = Json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
  std::vector<table::Column> columns;
  for (const Json& json : golden["columns"]) columns.push_back(column_from(json));
  const table::Table rows = *table::Table::from_columns(std::move(columns));
  ASSERT_GT(golden["cases"].size(), 300U);
  for (const Json& one : golden["cases"]) {
    const std::string text = one["expression"];
    const auto expression = Expression::compile(text, schema_of(rows));
    if (!expression.ok()) {
      ADD_FAILURE() << to_string(expression.error());
      continue;
    }
    const table::Column result("result", *expression->evaluate(rows));
    for (std::size_t row = 0; row < rows.row_count(); ++row) {
      if (agrees(cell_at(result, row), one["values"][row], one["exact"])) continue;
      ADD_FAILURE() << text << "\nrow " << row << ": " << contract::to_text(result.value(row)) << ", pandas "
                    << one["values"][row];
      break;
    }
  }
}

}  // namespace
}  // namespace archmlp::expression
