#include "archmlp/table/numbers_in_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "archmlp/base/text.h"
#include "archmlp/table/cell_decoder.h"

namespace archmlp::table {
namespace {

/// So many levels are looked at before the cells are counted: names and categories are told at once.
constexpr std::size_t kLevelsLookedAt = 64;

bool few_are_numbers(const std::vector<std::string>& levels) {
  const std::size_t count = std::min(levels.size(), kLevelsLookedAt);
  std::size_t numbers = 0;
  for (std::size_t level = 0; level < count; ++level) numbers += decode_real(levels[level]) ? 1 : 0;
  return numbers * 2 < count;
}

}  // namespace

void NumbersInText::add(const NumbersInText& behind) {
  if (other_count == 0 && behind.other_count > 0) {
    first_other = behind.first_other;
    first_other_row = row_count + behind.first_other_row;
  }
  row_count += behind.row_count;
  number_count += behind.number_count;
  other_count += behind.other_count;
  has_names = has_names || behind.has_names;
}

bool NumbersInText::is_suspicious() const noexcept {
  return !has_names && other_count > 0 && number_count >= 4 * other_count;
}

NumbersInText count_numbers_in_text(const Column& piece) {
  const TextCells& cells = piece.texts();
  NumbersInText found{.row_count = cells.codes.size(), .first_other = {}};
  found.has_names = few_are_numbers(cells.levels);
  if (found.has_names) return found;
  std::vector<std::uint8_t> is_number(cells.levels.size());
  std::transform(cells.levels.begin(), cells.levels.end(), is_number.begin(), [](const std::string& level) {
    return static_cast<std::uint8_t>(decode_real(level).has_value());
  });
  for (std::size_t row = 0; row < cells.codes.size(); ++row) {
    if (cells.codes[row] < 0) continue;
    const auto level = static_cast<std::size_t>(cells.codes[row]);
    if (is_number[level] != 0) {
      ++found.number_count;
    } else if (found.other_count++ == 0) {
      found.first_other = cells.levels[level];
      found.first_other_row = row;
    }
  }
  return found;
}

std::string describe_numbers_in_text(std::string_view column, const NumbersInText& found) {
  return fmt::format("column {} is text because {} of {} cells {} no number{}, the first is {}",
                     base::quoted(column), base::with_thousands(found.other_count),
                     base::with_thousands(found.row_count), found.other_count == 1 ? "is" : "are",
                     found.other_count == 1 ? "" : "s", base::quoted(found.first_other));
}

std::string hint_for_numbers_in_text(std::string_view column, const NumbersInText& found) {
  return fmt::format(
      "if {0} means missing, add it to missing_values; if the column is meant to be text, say so: type "
      "{1}=text",
      base::quoted(found.first_other), column);
}

}  // namespace archmlp::table
