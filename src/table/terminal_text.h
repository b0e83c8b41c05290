#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace archmlp::table {

/// `text` as a terminal may show it: control characters, that could move the cursor, as `\n`, `\t` or `\x1b`.
/// Precondition: valid UTF-8.
std::string printable(std::string_view text);

/// How many columns of a terminal `text` takes: 2 for wide characters (Chinese, emoji), 0 for combining
/// marks. Precondition: valid UTF-8, printable.
std::size_t display_width(std::string_view text) noexcept;

/// `text`, or as much of its beginning as leaves room for "…" within `width` columns; never half a character.
std::string cut_to_width(std::string_view text, std::size_t width);

struct GridColumn {
  bool align_right = false;
  std::size_t maximum_width = 24;
  std::size_t minimum_width = 6;  // rather than narrower, the last columns are left out
};

struct GridText {
  std::string text;
  std::size_t column_count = 0;  // of those given, how many found room; at least one
};

/// Lines up `rows`, two blanks between columns, no blanks at the ends of lines.
/// Shape: every row has as many cells as there are `columns`.
GridText render_grid(const std::vector<GridColumn>& columns,
                     const std::vector<std::vector<std::string>>& rows, std::size_t width);

}  // namespace archmlp::table
