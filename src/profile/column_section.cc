#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

#include "archmlp/base/text.h"
#include "archmlp/profile/html_text.h"
#include "archmlp/profile/page_parts.h"
#include "archmlp/profile/shown.h"
#include "archmlp/table/terminal_text.h"

namespace archmlp::profile {
namespace {

using base::with_thousands;

constexpr std::size_t kMostValueWidth = 80;

/// Two columns of terms and what is to be said of them.
class Facts {
 public:
  void add(std::string_view term, std::string_view text) {
    html_ += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>", term,
                         html_text(table::cut_to_width(text, kMostValueWidth)));
  }
  std::string html() const { return "<dl class=\"facts\">" + html_ + "</dl>"; }

 private:
  std::string html_;
};

void add_numbers(const ColumnProfile& column, std::size_t present, Facts& facts) {
  const NumberSummary& numbers = *column.numbers;
  facts.add("mean", shown(*column.mean));
  if (numbers.std) facts.add("std", shown(*numbers.std));
  if (numbers.skewness) facts.add("skewness", fmt::format("{:.2f}", *numbers.skewness));
  facts.add("min", shown(column.min));
  for (const auto& [probability, value] : numbers.quantiles) {
    facts.add(probability == 0.5 ? "median" : fmt::format("{:g} %", 100 * probability), shown(value));
  }
  facts.add("max", shown(column.max));
  facts.add("zeros",
            fmt::format("{} ({})", with_thousands(numbers.zero_count), percent(numbers.zero_count, present)));
  if (numbers.negative_count > 0) {
    facts.add("negative", fmt::format("{} ({})", with_thousands(numbers.negative_count),
                                      percent(numbers.negative_count, present)));
  }
}

void add_text(const ColumnProfile& column, Facts& facts) {
  const TextSummary& text = *column.text;
  facts.add("first in order", shown(column.min));
  facts.add("last in order", shown(column.max));
  facts.add("shortest", counted(text.min_length, "character", "characters"));
  facts.add("longest", counted(text.max_length, "character", "characters"));
  facts.add("mean length", fmt::format("{:.1f}", text.mean_length));
  if (text.empty_count > 0) facts.add("empty, in quotes", with_thousands(text.empty_count));
}

std::string facts_html(const TableProfile& profile, const ColumnProfile& column) {
  const std::size_t present = profile.row_count - column.missing_count;
  Facts facts;
  facts.add("missing", fmt::format("{} ({})", with_thousands(column.missing_count),
                                   percent(column.missing_count, profile.row_count)));
  facts.add("different values", with_thousands(column.distinct_count));
  if (column.numbers) add_numbers(column, present, facts);
  if (column.text) add_text(column, facts);
  if (column.kind == contract::ColumnKind::kBoolean && column.mean)
    facts.add("share of true", shown(*column.mean));
  return facts.html();
}

std::string charts_html(const TableProfile& profile, const ColumnProfile& column, bool with_charts) {
  if (column.top.empty()) return "<p class=\"none\">No cell has a value.</p>";
  const std::string name = table::printable(column.name);
  const bool whole = column.kind == contract::ColumnKind::kInteger;
  ClassParts parts;
  if (!column.by_class.empty()) parts = {class_labels(*profile.label), &column.by_class};
  std::string html;
  if (shows_histogram(column)) {
    const Histogram& histogram = column.numbers->histogram;
    html += chart_html(histogram_chart(histogram, whole, parts), "Histogram of " + name,
                       bars_table(bars_of(histogram, whole), profile.row_count, "value", parts), with_charts);
    if (histogram.below + histogram.above > 0) {
      html +=
          fmt::format("<p class=\"note\">Long tails are cut off: {} below and {} above what is shown.</p>",
                      with_thousands(histogram.below), with_thousands(histogram.above));
    }
    const std::vector<Bar> top = bars_of(column.top, profile.row_count, column.missing_count);
    html += "<details class=\"behind\"><summary>Most frequent values</summary>" +
            bars_table(top, profile.row_count, "value") + "</details>";
    return html;
  }
  const std::vector<Bar> bars = bars_of(column.top, profile.row_count, column.missing_count);
  // Bars of which none is as high as a pixel show nothing.
  if (column.top.front().count * 200 < profile.row_count) with_charts = false;
  return chart_html(bar_chart(bars, parts), "Most frequent values of " + name,
                    bars_table(bars, profile.row_count, "value", parts), with_charts);
}

std::string badges_html(const ColumnProfile& column) {
  std::string html;
  for (const Warning& warning : column.warnings) {
    std::string words(to_string(warning.kind));
    for (char& c : words) c = c == '_' ? ' ' : c;
    html += fmt::format("<span class=\"badge\">{}</span>", words);
  }
  return html;
}

}  // namespace

std::string column_section(const TableProfile& profile, std::size_t index, bool open, bool with_charts) {
  const ColumnProfile& column = profile.columns[index];
  const bool is_label = profile.label && profile.label->column == index;
  std::string html = fmt::format(
      "<details class=\"column\" id=\"column-{0}\"{1}><summary><span class=\"name\">{2}</span>"
      "<span class=\"kind {3}\">{3}</span>{4}<span class=\"badges\">{5}</span>{6}"
      "<span class=\"brief\">{7} missing</span><span class=\"brief\">{8} different</span></summary>",
      index + 1, open ? " open" : "", html_text(column.name), contract::to_string(column.kind),
      is_label ? "<span class=\"kind label\">label</span>" : "", badges_html(column),
      sparkline_svg(sparkline_bars(column)),
      column.missing_count == 0 ? "none" : html_text(percent(column.missing_count, profile.row_count)),
      with_thousands(column.distinct_count));
  html += "<div class=\"inside\"><div class=\"wide\">";
  for (const Warning& warning : column.warnings)
    html += "<p class=\"warning\">" + html_text(warning.message) + "</p>";
  html += "</div><div>" + charts_html(profile, column, with_charts) + "</div><div>";
  html += facts_html(profile, column);
  html += fmt::format("<p class=\"note\">{}, because {}.</p>", contract::to_string(column.kind),
                      html_text(column.kind_reason));
  if (column.with_label) {
    html += fmt::format("<p class=\"note\">Goes with the label at {:.3f} ({}).</p>", column.with_label->value,
                        html_text(name_of(column.with_label->measure)));
  }
  return html + "</div></div></details>\n";
}

}  // namespace archmlp::profile
