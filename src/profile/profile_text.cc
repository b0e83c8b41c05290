#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/text.h"
#include "archmlp/profile/profile.h"
#include "archmlp/profile/shown.h"
#include "archmlp/table/terminal_text.h"

namespace archmlp::profile {
namespace {

using base::with_thousands;
using contract::ColumnKind;
using table::GridColumn;
using table::printable;

constexpr std::size_t kBarWidth = 8;
constexpr std::size_t kSparkWidth = 18;
constexpr std::size_t kMostWarnings = 30;
constexpr std::size_t kTextClasses = 12;
constexpr std::size_t kTextPairs = 10;
constexpr double kLeastAssociation = 0.3;

/// To an eighth of a column.
std::string bar(std::size_t part, std::size_t whole) {
  static constexpr const char* kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const std::size_t eighths =
      whole == 0 ? 0 : std::max<std::size_t>(part * kBarWidth * 8 / whole, part > 0 ? 1 : 0);
  std::string text;
  for (std::size_t full = 0; full < eighths / 8; ++full) text += "█";
  return text + kEighths[eighths % 8];
}

/// A character a bar; a bar that is not empty is always seen.
std::string sparkline(const Histogram& histogram) {
  static constexpr const char* kHeights[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const std::vector<std::size_t> bars = coarsened(histogram, kSparkWidth);
  const std::size_t most = *std::max_element(bars.begin(), bars.end());
  std::string text;
  for (const std::size_t count : bars) text += count == 0 ? " " : kHeights[count * 7 / most];
  return text;
}

/// The distribution: the shape of numbers, the most frequent of other values.
std::string values_cell(const ColumnProfile& column, std::size_t row_count) {
  if (column.top.empty()) return "-";
  if (column.numbers && column.distinct_count > 1) return sparkline(column.numbers->histogram);
  const auto& [value, count] = column.top.front();
  if (count == 1 && column.distinct_count > 1) return "all different";
  return fmt::format("{} {} {}", bar(count, row_count), percent(count, row_count), shown(value));
}

std::string missing_cell(const ColumnProfile& column, std::size_t row_count) {
  if (column.missing_count == 0) return "-";
  return fmt::format("{} ({})", with_thousands(column.missing_count),
                     percent(column.missing_count, row_count));
}

std::string first_rows_text(const table::Table& table, std::size_t first_rows, std::size_t width) {
  const std::size_t row_count = std::min(first_rows, table.row_count());
  if (row_count == 0 || table.columns().empty()) return "";
  std::vector<GridColumn> columns;
  std::vector<std::vector<std::string>> rows(row_count + 1);
  for (const table::Column& column : table.columns()) {
    columns.push_back(
        {.align_right = column.kind() == ColumnKind::kInteger || column.kind() == ColumnKind::kReal,
         .maximum_width = 24,
         .minimum_width = 12});
    rows[0].push_back(printable(column.name()));
    for (std::size_t row = 0; row < row_count; ++row) {
      rows[row + 1].push_back(printable(text_of_cell(column, row)));
    }
  }
  const table::GridText grid = table::render_grid(columns, rows, width);
  std::string text = row_count == 1 ? "\nThe first row\n" : fmt::format("\nThe first {} rows\n", row_count);
  text += grid.text;
  if (grid.column_count < rows[0].size()) {
    std::string others;
    for (std::size_t column = grid.column_count; column < rows[0].size(); ++column) {
      others += (others.empty() ? "" : ", ") + rows[0][column];
    }
    text += table::cut_to_width(fmt::format("and {} more: {}", rows[0].size() - grid.column_count, others),
                                width) +
            '\n';
  }
  return text;
}

std::string columns_text(const TableProfile& profile, std::size_t width) {
  const std::vector<GridColumn> columns = {
      {.maximum_width = 24, .minimum_width = 8},                       // column
      {.maximum_width = 7, .minimum_width = 7},                        // type
      {.align_right = true, .maximum_width = 20, .minimum_width = 8},  // missing
      {.align_right = true, .maximum_width = 13, .minimum_width = 8},  // distinct
      {.maximum_width = 44, .minimum_width = kSparkWidth},             // values
      {.align_right = true, .maximum_width = 14, .minimum_width = 7},  // min
      {.align_right = true, .maximum_width = 12, .minimum_width = 7},  // mean
      {.align_right = true, .maximum_width = 14, .minimum_width = 7},  // max
  };
  std::vector<std::vector<std::string>> rows{
      {"column", "type", "missing", "distinct", "values", "min", "mean", "max"}};
  for (const ColumnProfile& column : profile.columns) {
    rows.push_back({printable(column.name), std::string(contract::to_string(column.kind)),
                    missing_cell(column, profile.row_count), with_thousands(column.distinct_count),
                    values_cell(column, profile.row_count), column.text ? "-" : shown(column.min),
                    column.mean ? fmt::format("{:.5g}", *column.mean) : "-",
                    column.text ? "-" : shown(column.max)});
  }
  return "\nThe columns\n" + table::render_grid(columns, rows, width).text;
}

/// `text` broken at blanks into lines of `width` columns, those behind the first indented.
std::string wrapped(std::string_view text, std::size_t width, std::size_t indent) {
  std::string lines, line;
  while (!text.empty()) {
    const std::size_t blank = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, blank);
    text.remove_prefix(std::min(blank + 1, text.size()));
    if (!line.empty() && table::display_width(line) + 1 + table::display_width(word) > width) {
      lines += table::cut_to_width(line, width) + '\n';
      line.assign(indent, ' ');
      line += word;
    } else {
      if (!line.empty()) line += ' ';
      line += word;
    }
  }
  return lines + table::cut_to_width(line, width) + '\n';
}

std::string warnings_text(const TableProfile& profile, std::size_t width) {
  std::string text;
  std::size_t count = 0;
  for (const ColumnProfile& column : profile.columns) {
    for (const Warning& warning : column.warnings) {
      if (++count > kMostWarnings) continue;
      text += wrapped(fmt::format("{}: {}", printable(column.name), warning.message), width, 4);
    }
  }
  if (count > kMostWarnings)
    text += fmt::format("and {} more: --json and --html have all\n", count - kMostWarnings);
  return text.empty() ? "" : "\nWarnings\n" + text;
}

std::string label_text(const TableProfile& profile, std::size_t width) {
  if (!profile.label) return "";
  const LabelProfile& label = *profile.label;
  const ColumnProfile& column = profile.columns[label.column];
  std::string text = table::cut_to_width(
      fmt::format("The label {} ({})", printable(column.name), contract::to_string(label.task)), width);
  text = "\n" + text + "\n";
  if (label.classes.empty()) return text;
  std::vector<std::vector<std::string>> rows;
  for (const auto& [value, count] : label.classes) {
    if (rows.size() == kTextClasses) break;
    rows.push_back({shown(value), with_thousands(count), percent(count, profile.row_count),
                    bar(count, profile.row_count)});
  }
  text += table::render_grid({{.maximum_width = 30},
                              {.align_right = true, .maximum_width = 13},
                              {.align_right = true, .maximum_width = 7},
                              {.maximum_width = kBarWidth, .minimum_width = kBarWidth}},
                             rows, width)
              .text;
  if (rows.size() < label.classes.size())
    text += fmt::format("and {} more\n", label.classes.size() - rows.size());
  return text;
}

std::string associations_text(const TableProfile& profile, std::size_t width) {
  const std::vector<ColumnPair> pairs = strongest_pairs(profile.associations, kLeastAssociation, kTextPairs);
  if (pairs.empty()) return "";
  std::vector<std::vector<std::string>> rows;
  rows.reserve(pairs.size());
  for (const ColumnPair& pair : pairs) {
    rows.push_back({printable(profile.columns[pair.first].name), printable(profile.columns[pair.second].name),
                    fmt::format("{:.3f}", pair.association.value),
                    std::string(name_of(pair.association.measure))});
  }
  const bool sampled = profile.associations.row_count < profile.row_count;
  std::string text = "\nThe strongest associations";
  if (sampled) text += fmt::format(" (on {} rows)", with_thousands(profile.associations.row_count));
  return text + "\n" +
         table::render_grid({{.maximum_width = 24},
                             {.maximum_width = 24},
                             {.align_right = true, .maximum_width = 6},
                             {.maximum_width = 17}},
                            rows, width)
             .text;
}

}  // namespace

std::string to_text(const TableProfile& profile, const table::Table& table, std::size_t first_rows,
                    std::size_t width) {
  std::string text = fmt::format("{}, {}\n", counted(profile.row_count, "row", "rows"),
                                 counted(profile.columns.size(), "column", "columns"));
  text += first_rows_text(table, first_rows, width);
  if (profile.columns.empty()) return text;
  text += columns_text(profile, width);
  text += label_text(profile, width);
  text += associations_text(profile, width);
  text += warnings_text(profile, width);
  return text;
}

}  // namespace archmlp::profile
