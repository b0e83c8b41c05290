#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "archmlp/table/table.h"

namespace archmlp::table {

/// What keeps a text column from being numbers.
struct NumbersInText {
  std::size_t number_count = 0;     // cells that read as a number
  std::size_t other_count = 0;      // cells that do not; missing ones are neither
  std::string first_other;          // the first of those,
  std::size_t first_other_row = 0;  // and where it stands
};

/// For a text column that looks like numbers with a few other texts in between ("n/a", "unknown", "1,5"): at
/// least four of five cells are numbers, but not all. Nothing for any other column.
std::optional<NumbersInText> find_numbers_in_text(const Column& column);

/// `column "age" is text because 3 of 1,000 cells are no numbers, the first is "n/a"`.
std::string describe_numbers_in_text(const Column& column, const NumbersInText& found);

/// What to do about it: `if that means missing, add it to missing_values; …`.
std::string hint_for_numbers_in_text(const Column& column, const NumbersInText& found);

}  // namespace archmlp::table
