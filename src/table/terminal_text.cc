#include "archmlp/table/terminal_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <span>

namespace archmlp::table {
namespace {

struct Range {
  char32_t first, last;
};

// Source: Unicode 15, EastAsianWidth.txt (W and F) and the categories Mn, Me, Cf, in the ranges that are met
// in data.
constexpr std::array<Range, 17> kWide = {{{0x1100, 0x115F},
                                          {0x2E80, 0x303E},
                                          {0x3041, 0x33FF},
                                          {0x3400, 0x4DBF},
                                          {0x4E00, 0x9FFF},
                                          {0xA000, 0xA4CF},
                                          {0xA960, 0xA97F},
                                          {0xAC00, 0xD7A3},
                                          {0xF900, 0xFAFF},
                                          {0xFE30, 0xFE6F},
                                          {0xFF00, 0xFF60},
                                          {0xFFE0, 0xFFE6},
                                          {0x1F300, 0x1F64F},
                                          {0x1F680, 0x1F6FF},
                                          {0x1F900, 0x1FAFF},
                                          {0x20000, 0x2FFFD},
                                          {0x30000, 0x3FFFD}}};
constexpr std::array<Range, 14> kWidthless = {{{0x0300, 0x036F},
                                               {0x0483, 0x0489},
                                               {0x0591, 0x05BD},
                                               {0x0610, 0x061A},
                                               {0x064B, 0x065F},
                                               {0x0E34, 0x0E3A},
                                               {0x0E47, 0x0E4E},
                                               {0x1AB0, 0x1AFF},
                                               {0x1DC0, 0x1DFF},
                                               {0x200B, 0x200F},
                                               {0x202A, 0x202E},
                                               {0x2060, 0x2064},
                                               {0x20D0, 0x20FF},
                                               {0xFE00, 0xFE0F}}};

bool is_in(std::span<const Range> ranges, char32_t code) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [code](const Range& range) { return range.first <= code && code <= range.last; });
}

std::size_t width_of(char32_t code) {
  if (is_in(kWidthless, code)) return 0;
  return is_in(kWide, code) ? 2 : 1;
}

struct Character {
  char32_t code = 0;
  std::size_t size = 1;  // bytes
};

/// Precondition: `text` is not empty and valid UTF-8.
Character first_character(std::string_view text) {
  const auto byte = [text](std::size_t index) { return static_cast<unsigned char>(text[index]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  assert(size <= text.size());
  char32_t code = lead & (0xFFU >> (size + 1));
  for (std::size_t index = 1; index < size; ++index) code = code << 6U | (byte(index) & 0x3FU);
  return {code, size};
}

std::string padded(std::string_view cell, std::size_t width, bool align_right) {
  std::string text = cut_to_width(cell, width);
  const std::string blanks(width - display_width(text), ' ');
  return align_right ? blanks + text : text + blanks;
}

/// Widths that fit, the widest column giving way first; shorter than `columns` if the last find no room.
std::vector<std::size_t> fit_widths(const std::vector<GridColumn>& columns, std::vector<std::size_t> widths,
                                    std::size_t width) {
  for (;;) {
    std::size_t total = 2 * (widths.size() - 1);
    std::size_t* widest = nullptr;
    for (std::size_t column = 0; column < widths.size(); ++column) {
      total += widths[column];
      if (widths[column] > columns[column].minimum_width && (widest == nullptr || widths[column] > *widest)) {
        widest = &widths[column];
      }
    }
    if (total <= width) return widths;
    if (widest != nullptr) {
      --*widest;
    } else if (widths.size() > 1) {
      widths.pop_back();
    } else {
      return widths;
    }
  }
}

}  // namespace

std::string printable(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const Character character = first_character(text);
    if (character.code == '\n') {
      shown += "\\n";
    } else if (character.code == '\t') {
      shown += "\\t";
    } else if (character.code < 0x20 || (0x7F <= character.code && character.code < 0xA0)) {
      shown += fmt::format("\\x{:02x}", static_cast<std::uint32_t>(character.code));
    } else {
      shown += text.substr(0, character.size);
    }
    text.remove_prefix(character.size);
  }
  return shown;
}

std::size_t display_width(std::string_view text) noexcept {
  std::size_t width = 0;
  while (!text.empty()) {
    const Character character = first_character(text);
    width += width_of(character.code);
    text.remove_prefix(character.size);
  }
  return width;
}

std::string cut_to_width(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  if (width == 0) return "";
  std::size_t taken = 0;
  std::size_t used = 0;
  while (taken < text.size()) {
    const Character character = first_character(text.substr(taken));
    if (used + width_of(character.code) > width - 1) break;
    used += width_of(character.code);
    taken += character.size;
  }
  return std::string(text.substr(0, taken)) + "…";
}

GridText render_grid(const std::vector<GridColumn>& columns,
                     const std::vector<std::vector<std::string>>& rows, std::size_t width) {
  assert(!columns.empty());
  std::vector<std::size_t> widths(columns.size());
  for (const std::vector<std::string>& row : rows) {
    assert(row.size() == columns.size());
    for (std::size_t column = 0; column < columns.size(); ++column) {
      widths[column] =
          std::max(widths[column], std::min(display_width(row[column]), columns[column].maximum_width));
    }
  }
  widths = fit_widths(columns, std::move(widths), width);
  GridText grid{"", widths.size()};
  for (const std::vector<std::string>& row : rows) {
    std::string line;
    for (std::size_t column = 0; column < widths.size(); ++column) {
      if (column > 0) line += "  ";
      line += padded(row[column], widths[column], columns[column].align_right);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    grid.text += line + '\n';
  }
  return grid;
}

}  // namespace archmlp::table
