#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "archmlp/base/text.h"
#include "archmlp/table/profile.h"
#include "archmlp/table/terminal_text.h"

namespace archmlp::table {
namespace {

constexpr std::size_t kBarWidth = 8;

std::string shown(const contract::Value& value) { return printable(contract::to_text(value)); }

std::string shown(const std::optional<contract::Value>& value) { return value ? shown(*value) : "-"; }

/// "0.1 %" is never nought and "99.9 %" never all.
std::string percent(std::size_t part, std::size_t whole) {
  const double share = whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  if (part > 0 && share < 0.1) return "<0.1 %";
  if (part < whole && share > 99.9) return ">99.9 %";
  return part == whole && whole > 0 ? "100 %" : fmt::format("{:.1f} %", share);
}

/// To an eighth of a column.
std::string bar(std::size_t part, std::size_t whole) {
  static constexpr const char* kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const std::size_t eighths =
      whole == 0 ? 0 : std::max<std::size_t>(part * kBarWidth * 8 / whole, part > 0 ? 1 : 0);
  std::string text;
  for (std::size_t full = 0; full < eighths / 8; ++full) text += "█";
  return text + kEighths[eighths % 8];
}

std::string missing_cell(const ColumnProfile& column, std::size_t row_count) {
  if (column.missing_count == 0) return "-";
  return fmt::format("{} ({})", base::with_thousands(column.missing_count),
                     percent(column.missing_count, row_count));
}

/// The most frequent value, if any is there twice.
std::vector<std::string> top_cells(const ColumnProfile& column, std::size_t row_count) {
  if (column.top.empty()) return {"", "-", ""};
  const auto& [value, count] = column.top.front();
  if (count == 1 && column.distinct_count > 1) return {"all different", "", ""};
  return {shown(value), percent(count, row_count), bar(count, row_count)};
}

std::string first_rows_text(const Table& table, std::size_t first_rows, std::size_t width) {
  const std::size_t row_count = std::min(first_rows, table.row_count());
  if (row_count == 0 || table.columns().empty()) return "";
  std::vector<GridColumn> columns;
  std::vector<std::vector<std::string>> rows(row_count + 1);
  for (const Column& column : table.columns()) {
    columns.push_back({.align_right = column.kind() == contract::ColumnKind::kInteger ||
                                      column.kind() == contract::ColumnKind::kReal,
                       .maximum_width = 24,
                       .minimum_width = 12});
    rows[0].push_back(printable(column.name()));
    for (std::size_t row = 0; row < row_count; ++row) rows[row + 1].push_back(shown(column.value(row)));
  }
  const GridText grid = render_grid(columns, rows, width);
  std::string text = row_count == 1 ? "\nThe first row\n" : fmt::format("\nThe first {} rows\n", row_count);
  text += grid.text;
  if (grid.column_count < rows[0].size()) {
    std::string others;
    for (std::size_t column = grid.column_count; column < rows[0].size(); ++column) {
      others += (others.empty() ? "" : ", ") + rows[0][column];
    }
    text += cut_to_width(fmt::format("and {} more: {}", rows[0].size() - grid.column_count, others), width) +
            '\n';
  }
  return text;
}

}  // namespace

std::string to_text(const TableProfile& profile, const Table& table, std::size_t first_rows,
                    std::size_t width) {
  std::string text = fmt::format("{} {}, {} {}\n", base::with_thousands(profile.row_count),
                                 profile.row_count == 1 ? "row" : "rows", profile.columns.size(),
                                 profile.columns.size() == 1 ? "column" : "columns");
  text += first_rows_text(table, first_rows, width);
  if (profile.columns.empty()) return text;
  const std::vector<GridColumn> columns = {
      {.maximum_width = 24, .minimum_width = 8},                        // column
      {.maximum_width = 7, .minimum_width = 7},                         // type
      {.align_right = true, .maximum_width = 20, .minimum_width = 8},   // missing
      {.align_right = true, .maximum_width = 13, .minimum_width = 8},   // distinct
      {.align_right = true, .maximum_width = 16, .minimum_width = 8},   // min
      {.align_right = true, .maximum_width = 16, .minimum_width = 8},   // max
      {.align_right = true, .maximum_width = 12, .minimum_width = 8},   // mean
      {.align_right = false, .maximum_width = 16, .minimum_width = 8},  // most frequent
      {.align_right = true, .maximum_width = 7, .minimum_width = 7},    // share
      {.align_right = false, .maximum_width = kBarWidth, .minimum_width = kBarWidth},
  };
  std::vector<std::vector<std::string>> rows{
      {"column", "type", "missing", "distinct", "min", "max", "mean", "most frequent", "", ""}};
  for (const ColumnProfile& column : profile.columns) {
    std::vector<std::string> row{printable(column.name),
                                 std::string(contract::to_string(column.kind)),
                                 missing_cell(column, profile.row_count),
                                 base::with_thousands(column.distinct_count),
                                 shown(column.min),
                                 shown(column.max),
                                 column.mean ? fmt::format("{:.5g}", *column.mean) : "-"};
    for (std::string& cell : top_cells(column, profile.row_count)) row.push_back(std::move(cell));
    rows.push_back(std::move(row));
  }
  return text + "\nThe columns\n" + render_grid(columns, rows, width).text;
}

}  // namespace archmlp::table
