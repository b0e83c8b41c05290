#include "archmlp/profile/profile_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "archmlp/base/text.h"
#include "archmlp/base/version.h"
#include "archmlp/profile/html_text.h"
#include "archmlp/profile/page_parts.h"
#include "archmlp/profile/shown.h"
#include "archmlp/table/terminal_text.h"

namespace archmlp::profile {
namespace {

using base::with_thousands;

constexpr std::size_t kOpenColumns = 25;  // tables of so many columns are shown unfolded
constexpr std::size_t kFirstRows = 10;
constexpr std::size_t kMostCellWidth = 60;
constexpr std::size_t kPageClasses = 30;
constexpr std::size_t kPagePairs = 25;
constexpr std::size_t kMostChartColumns = 40;

/// Nothing is loaded, nothing is sent, and no script runs but those of the page itself.
std::string security_policy(const PageFiles& files) {
  std::string scripts = script_hash(files.script);
  if (!files.chart_runtime.empty()) scripts += " " + script_hash(files.chart_runtime);
  return fmt::format(
      "default-src 'none'; script-src {}; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
      scripts);
}

std::string tile(std::string_view number, std::string_view words) {
  return fmt::format("<div class=\"tile\"><b>{}</b><span>{}</span></div>", number, words);
}

std::string overview_html(const TableProfile& profile) {
  std::array<std::size_t, 4> of_kind{};
  std::size_t missing = 0, warnings = 0;
  for (const ColumnProfile& column : profile.columns) {
    ++of_kind[static_cast<std::size_t>(column.kind)];
    missing += column.missing_count;
    warnings += column.warnings.size();
  }
  std::string kinds;
  for (std::size_t kind = 0; kind < of_kind.size(); ++kind) {
    if (of_kind[kind] == 0) continue;
    kinds += fmt::format("{}{} {}", kinds.empty() ? "" : ", ", of_kind[kind],
                         contract::to_string(static_cast<contract::ColumnKind>(kind)));
  }
  return "<section class=\"tiles\" aria-label=\"Overview\">" +
         tile(with_thousands(profile.row_count), "rows") +
         tile(with_thousands(profile.columns.size()), "columns: " + kinds) +
         tile(html_text(percent(missing, profile.row_count * profile.columns.size())),
              fmt::format("of all cells missing: {}", with_thousands(missing))) +
         tile(with_thousands(warnings), warnings == 1 ? "warning" : "warnings") + "</section>\n";
}

std::string index_html(const TableProfile& profile) {
  std::string html =
      "<nav aria-label=\"Columns\"><input id=\"filter\" type=\"search\" placeholder=\"Filter columns\" "
      "aria-label=\"Filter columns\" autocomplete=\"off\"><ol id=\"index\">";
  for (std::size_t index = 0; index < profile.columns.size(); ++index) {
    const ColumnProfile& column = profile.columns[index];
    html += fmt::format(
        "<li><a href=\"#column-{}\"><span class=\"dot {}\" title=\"{}\"></span><span>{}</span>{}</a></li>",
        index + 1, contract::to_string(column.kind), contract::to_string(column.kind), html_text(column.name),
        column.warnings.empty() ? "" : fmt::format("<i title=\"warnings\">{}</i>", column.warnings.size()));
  }
  return html + "</ol></nav>\n";
}

std::string label_html(const TableProfile& profile, bool with_charts) {
  if (!profile.label) return "";
  const LabelProfile& label = *profile.label;
  const ColumnProfile& column = profile.columns[label.column];
  std::string html = fmt::format("<section><h2>The label: {}</h2>", column_link(profile, label.column));
  if (label.classes.empty()) {
    html += "<p class=\"note\">A quantity: its distribution is shown with the columns.</p>";
  } else {
    std::vector<ValueCount> shown_classes(
        label.classes.begin(),
        label.classes.begin() + static_cast<std::ptrdiff_t>(std::min(kPageClasses, label.classes.size())));
    const std::vector<Bar> bars = bars_of(shown_classes, profile.row_count, column.missing_count);
    ClassParts parts;
    if (!column.by_class.empty() && !shows_histogram(column)) parts = {class_labels(label), &column.by_class};
    html += chart_html(bar_chart(bars, parts), "Balance of the label",
                       bars_table(bars, profile.row_count, "class"), with_charts);
  }
  std::vector<std::size_t> columns;
  for (std::size_t index = 0; index < profile.columns.size(); ++index) {
    if (profile.columns[index].with_label) columns.push_back(index);
  }
  std::stable_sort(columns.begin(), columns.end(), [&](std::size_t a, std::size_t b) {
    return std::abs(profile.columns[a].with_label->value) > std::abs(profile.columns[b].with_label->value);
  });
  if (columns.size() > kPagePairs) columns.resize(kPagePairs);
  if (columns.empty()) return html + "</section>\n";
  html +=
      "<h3>What goes with it</h3><div class=\"scroll\"><table class=\"counts\"><thead><tr><th "
      "scope=\"col\">column</th>"
      "<th scope=\"col\">measure</th><th scope=\"col\">association</th></tr></thead><tbody>";
  for (const std::size_t index : columns) {
    const Association& association = *profile.columns[index].with_label;
    html += fmt::format("<tr><th scope=\"row\">{}</th><td class=\"words\">{}</td>{}</tr>",
                        column_link(profile, index), html_text(name_of(association.measure)),
                        bar_cell(std::abs(association.value), fmt::format("{:.3f}", association.value)));
  }
  return html + "</tbody></table></div></section>\n";
}

std::string warnings_html(const TableProfile& profile) {
  std::string rows;
  for (std::size_t index = 0; index < profile.columns.size(); ++index) {
    for (const Warning& warning : profile.columns[index].warnings) {
      rows += fmt::format("<li>{} {}</li>", column_link(profile, index), html_text(warning.message));
    }
  }
  if (rows.empty()) return "";
  return "<section><details class=\"plain\" open><summary><h2>Warnings</h2></summary><ul "
         "class=\"warnings\">" +
         rows + "</ul></details></section>\n";
}

std::string associations_html(const TableProfile& profile, bool with_charts) {
  const std::vector<ColumnPair> strongest =
      strongest_pairs(profile.associations, 0, profile.associations.pairs.size());
  if (strongest.empty()) return "";
  std::string table =
      "<div class=\"scroll\"><table class=\"counts\"><thead><tr><th scope=\"col\">column</th><th "
      "scope=\"col\">with</th>"
      "<th scope=\"col\">measure</th><th scope=\"col\">association</th></tr></thead><tbody>";
  std::set<std::size_t> in_chart;
  for (std::size_t rank = 0; rank < strongest.size(); ++rank) {
    const auto& [first, second, association] = strongest[rank];
    if (in_chart.size() + 2 <= kMostChartColumns) in_chart.insert({first, second});
    if (rank >= kPagePairs) continue;
    table += fmt::format(
        "<tr><th scope=\"row\">{}</th><td class=\"words\">{}</td><td class=\"words\">{}</td>{}</tr>",
        column_link(profile, first), column_link(profile, second), html_text(name_of(association.measure)),
        bar_cell(std::abs(association.value), fmt::format("{:.3f}", association.value)));
  }
  table += "</tbody></table></div>";
  const std::vector<std::size_t> columns(in_chart.begin(), in_chart.end());
  std::string note =
      "Pearson's r between numbers, Cramér's V (bias-corrected) between categories, the correlation ratio "
      "between one of each.";
  if (profile.associations.row_count < profile.row_count) {
    note +=
        fmt::format(" Computed on {} rows, drawn evenly.", with_thousands(profile.associations.row_count));
  }
  if (columns.size() < profile.associations.columns.size()) {
    note += fmt::format(" {} of {} columns are charted: those of the strongest pairs.", columns.size(),
                        profile.associations.columns.size());
  }
  return "<section><details class=\"plain\" open><summary><h2>What goes together</h2></summary><div "
         "class=\"side\"><div>" +
         (with_charts ? chart_html(association_chart(profile, columns),
                                   "Association of each column with each other", "", true)
                      : std::string()) +
         "</div><div>" + table + "</div></div><p class=\"note\">" + note + "</p></details></section>\n";
}

std::string first_rows_html(const table::Table& table) {
  const std::size_t row_count = std::min(kFirstRows, table.row_count());
  if (row_count == 0 || table.columns().empty()) return "";
  std::string html =
      "<section><details class=\"plain\"><summary><h2>First rows</h2></summary><div class=\"scroll\"><table "
      "class=\"rows\"><thead><tr>";
  for (const table::Column& column : table.columns())
    html += "<th scope=\"col\">" + html_text(column.name()) + "</th>";
  html += "</tr></thead><tbody>";
  for (std::size_t row = 0; row < row_count; ++row) {
    html += "<tr>";
    for (const table::Column& column : table.columns()) {
      const std::string text = table::printable(text_of_cell(column, row));
      const bool number =
          column.kind() == contract::ColumnKind::kInteger || column.kind() == contract::ColumnKind::kReal;
      html += fmt::format("<td{}>{}</td>", number ? "" : " class=\"words\"",
                          html_text(table::cut_to_width(text, kMostCellWidth)));
    }
    html += "</tr>";
  }
  return html + "</tbody></table></div></details></section>\n";
}

std::string columns_html(const TableProfile& profile, bool with_charts) {
  std::string html =
      "<section id=\"columns\"><div class=\"heading\"><h2>Columns</h2><span id=\"matches\" "
      "role=\"status\"></span>"
      "<button type=\"button\" id=\"open\">Unfold all</button><button type=\"button\" id=\"close\">Fold "
      "all</button></div>\n";
  const bool open = profile.columns.size() <= kOpenColumns;
  for (std::size_t index = 0; index < profile.columns.size(); ++index) {
    html += column_section(profile, index, open, with_charts);
  }
  return html + "</section>\n";
}

}  // namespace

std::string to_html(const TableProfile& profile, const table::Table& table, std::string_view title,
                    const PageFiles& files) {
  assert(files.chart_runtime.find("</script") == std::string_view::npos);
  const bool with_charts = !files.chart_runtime.empty();
  const std::string name = html_text(title);
  std::string html = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  html += "<meta http-equiv=\"Content-Security-Policy\" content=\"" + security_policy(files) + "\">\n";
  html += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  html += "<meta name=\"color-scheme\" content=\"light dark\">\n";
  html += "<title>" + name + "</title>\n<style>" + std::string(files.style) + "</style>\n</head>\n<body>\n";
  html += "<header><h1>" + name + "</h1><p>Profile by ArchMLP " + std::string(base::program_version()) +
          "</p></header>\n";
  html += index_html(profile) + "<main>\n";
  if (!with_charts) {
    html +=
        "<p class=\"note\">This program was built without the chart library (./dev web), "
        "so there are tables in place of charts.</p>\n";
  }
  html += overview_html(profile) + label_html(profile, with_charts) + warnings_html(profile);
  html +=
      columns_html(profile, with_charts) + associations_html(profile, with_charts) + first_rows_html(table);
  html += "</main>\n";
  if (with_charts) html += "<script>" + std::string(files.chart_runtime) + "</script>\n";
  return html + "<script>" + std::string(files.script) + "</script>\n</body>\n</html>\n";
}

}  // namespace archmlp::profile
