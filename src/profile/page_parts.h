#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/profile/charts.h"
#include "archmlp/profile/profile.h"

// Pieces of HTML that the sections of the page are made of. Whatever comes from a table is escaped in here,
// or by html_text where a piece takes `html`.

namespace archmlp::profile {

/// A chart to draw when it comes into view, with `table_html` folded up behind it; without the chart runtime
/// the table alone, unfolded.
std::string chart_html(const nlohmann::ordered_json& specification, std::string_view label,
                       std::string_view table_html, bool with_charts);

/// A table of labels and counts, with the share as a bar, and the counts of each class if they are divided.
std::string bars_table(const std::vector<Bar>& bars, std::size_t whole, std::string_view heading,
                       const ClassParts& parts = {});

/// The bins and the tails of a histogram, in the same form.
std::vector<Bar> bars_of(const Histogram& histogram, bool whole_numbers);

/// A cell `<td>` with a bar of `share` (0 to 1) behind its text.
std::string bar_cell(double share, std::string_view html);

/// A few bars as SVG, for a line of text.
std::string sparkline_svg(const std::vector<std::size_t>& bars);

/// What the bars of a column's sparkline are: its histogram, or its top values.
std::vector<std::size_t> sparkline_bars(const ColumnProfile& column);

/// The name of a column as a link to its section.
std::string column_link(const TableProfile& profile, std::size_t column);

/// The section of one column, to be unfolded.
std::string column_section(const TableProfile& profile, std::size_t column, bool open, bool with_charts);

}  // namespace archmlp::profile
