#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "archmlp/profile/profile.h"
#include "archmlp/profile/text_form.h"
#include "archmlp/table/table.h"

namespace archmlp::profile {

/// How many cells of a text column look like what, and the row of the first that does (missing ones count in
/// no form).
struct TextForms {
  struct Form {
    std::size_t count = 0;
    std::size_t first_row = 0;  // from 0
  };
  std::array<Form, kTextFormCount> forms;

  const Form& of(TextForm form) const { return forms[static_cast<std::size_t>(form)]; }
  Form& of(TextForm form) { return forms[static_cast<std::size_t>(form)]; }
  /// Cells that are numbers if blanks, zeros in front and size are forgiven.
  std::size_t number_count() const;
};

struct ColumnFindings {
  ColumnProfile profile;
  TextForms forms;  // of text columns
};

/// How many cells have each level.
std::vector<std::uint32_t> count_levels(const table::TextCells& cells);
/// The most frequent levels, at most kTopCount, ties by text: those that ColumnProfile::top shows.
std::vector<std::size_t> top_levels(const table::TextCells& cells, const std::vector<std::uint32_t>& counts);

/// All that can be said of a column alone, warnings left out.
ColumnFindings look_at_column(const table::Column& column, bool kind_given);

/// Why a column has its kind, such as `3 of 1,000 cells are no number, the first is "n/a" in row 17`.
std::string reason_of_kind(const table::Column& column, const ColumnProfile& profile, const TextForms& forms);

}  // namespace archmlp::profile
