#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "archmlp/table/table.h"

namespace archmlp::table {

/// What keeps a text column from being numbers; counted piece by piece.
struct NumbersInText {
  std::size_t row_count = 0;
  std::size_t number_count = 0;     // cells that read as a number
  std::size_t other_count = 0;      // cells that do not; missing ones are neither
  std::string first_other;          // the first of those,
  std::size_t first_other_row = 0;  // and where it stands
  bool has_names = false;  // too few numbers among the first texts of a piece: the rest is not counted

  /// What stands behind what was counted so far.
  void add(const NumbersInText& behind);
  /// Looks like numbers with a few other texts in between ("n/a", "unknown", "1,5"): at least four of five
  /// cells are numbers, but not all.
  bool is_suspicious() const noexcept;
};

/// Counts of one piece of a text column. Precondition: text.
NumbersInText count_numbers_in_text(const Column& piece);

/// `column "age" is text because 3 of 1,000 cells are no numbers, the first is "n/a"`.
std::string describe_numbers_in_text(std::string_view column, const NumbersInText& found);

/// What to do about it: `if that means missing, add it to missing_values; …`.
std::string hint_for_numbers_in_text(std::string_view column, const NumbersInText& found);

}  // namespace archmlp::table
