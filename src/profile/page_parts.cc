#include "archmlp/profile/page_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "archmlp/base/text.h"
#include "archmlp/profile/html_text.h"
#include "archmlp/profile/shown.h"

namespace archmlp::profile {

std::string chart_html(const nlohmann::ordered_json& specification, std::string_view label,
                       std::string_view table_html, bool with_charts) {
  if (!with_charts) return std::string(table_html);
  const std::string behind =
      table_html.empty()
          ? std::string()
          : fmt::format("<details class=\"behind\"><summary>Table</summary>{}</details>", table_html);
  return fmt::format(
      "<figure class=\"chart\"><div class=\"drawing\" role=\"img\" aria-label=\"{}\"></div>"
      "<script type=\"application/json\">{}</script></figure>{}",
      html_text(label), json_for_script(specification), behind);
}

std::string bar_cell(double share, std::string_view html) {
  return fmt::format("<td class=\"bar\" style=\"--share:{:.2f}%\">{}</td>", 100 * std::clamp(share, 0.0, 1.0),
                     html);
}

std::string bars_table(const std::vector<Bar>& bars, std::size_t whole, std::string_view heading,
                       const ClassParts& parts) {
  std::size_t most = 1;
  for (const Bar& bar : bars) {
    if (!bar.is_rest) most = std::max(most, bar.count);
  }
  std::string html = fmt::format(
      "<div class=\"scroll\"><table class=\"counts\"><thead><tr><th scope=\"col\">{}</th>"
      "<th scope=\"col\" class=\"number\">rows</th><th scope=\"col\">share</th>",
      html_text(heading));
  for (const std::string& label : parts.labels) {
    html += "<th scope=\"col\" class=\"number\">" + html_text(label) + "</th>";
  }
  html += "</tr></thead><tbody>";
  for (const Bar& bar : bars) {
    const double height = static_cast<double>(bar.count) / static_cast<double>(most);
    html += fmt::format("<tr{}><th scope=\"row\">{}</th><td>{}</td>{}", bar.is_rest ? " class=\"rest\"" : "",
                        html_text(bar.label), base::with_thousands(bar.count),
                        bar_cell(height, html_text(percent(bar.count, whole))));
    for (std::size_t number = 0; number < parts.labels.size(); ++number) {
      const std::vector<std::size_t>& counts = (*parts.counts)[number];
      html += "<td>" + (bar.part < counts.size() ? base::with_thousands(counts[bar.part]) : "") + "</td>";
    }
    html += "</tr>";
  }
  return html + "</tbody></table></div>";
}

std::vector<Bar> bars_of(const Histogram& histogram, bool whole_numbers) {
  std::vector<Bar> bars;
  const std::vector<double>& edges = histogram.edges;
  if (histogram.below > 0)
    bars.push_back({"below " + shown(edges.front()), histogram.below, true, histogram.counts.size()});
  for (std::size_t bin = 0; bin < histogram.counts.size(); ++bin) {
    const bool single = edges[bin] == edges[bin + 1] || (whole_numbers && edges[bin + 1] - edges[bin] == 1);
    bars.push_back({single ? shown(edges[bin]) : shown(edges[bin]) + " to " + shown(edges[bin + 1]),
                    histogram.counts[bin], false, bin});
  }
  if (histogram.above > 0)
    bars.push_back({"above " + shown(edges.back()), histogram.above, true, histogram.counts.size()});
  return bars;
}

std::string sparkline_svg(const std::vector<std::size_t>& bars) {
  if (bars.empty()) return "<svg class=\"spark\" aria-hidden=\"true\"></svg>";
  const std::size_t most = std::max<std::size_t>(*std::max_element(bars.begin(), bars.end()), 1);
  const double width = 100.0 / static_cast<double>(bars.size());
  std::string path;
  for (std::size_t index = 0; index < bars.size(); ++index) {
    if (bars[index] == 0) continue;
    const double height = std::max(24.0 * static_cast<double>(bars[index]) / static_cast<double>(most), 1.0);
    path += fmt::format("M{:.1f} 24v-{:.1f}h{:.1f}V24z", static_cast<double>(index) * width, height,
                        width * (bars.size() > 1 ? 0.86 : 1.0));
  }
  return fmt::format(
      "<svg class=\"spark\" viewBox=\"0 0 100 24\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><path "
      "d=\"{}\"/></svg>",
      path);
}

std::vector<std::size_t> sparkline_bars(const ColumnProfile& column) {
  if (column.numbers) return coarsened(column.numbers->histogram, 26);
  std::vector<std::size_t> bars;
  for (const ValueCount& top : column.top) bars.push_back(top.count);
  return bars;
}

std::string column_link(const TableProfile& profile, std::size_t column) {
  return fmt::format("<a href=\"#column-{}\">{}</a>", column + 1, html_text(profile.columns[column].name));
}

}  // namespace archmlp::profile
