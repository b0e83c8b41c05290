#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <string>

#include "archmlp/base/text.h"
#include "archmlp/profile/column_profile.h"
#include "archmlp/profile/shown.h"

namespace archmlp::profile {
namespace {

using base::with_thousands;
using contract::ColumnKind;

std::string cell_in_row(const table::Column& column, std::size_t row) {
  return fmt::format("{} in row {}", base::quoted(text_of_cell(column, row)), with_thousands(row + 1));
}

/// The cells of `forms`, and which comes first.
TextForms::Form together(const TextForms& forms, std::initializer_list<TextForm> wanted) {
  TextForms::Form sum;
  for (const TextForm form : wanted) {
    const TextForms::Form& part = forms.of(form);
    if (part.count == 0) continue;
    sum.first_row = sum.count == 0 ? part.first_row : std::min(sum.first_row, part.first_row);
    sum.count += part.count;
  }
  return sum;
}

/// `3 of 1,000 cells are no number, the first is "n/a" in row 17`.
std::string some_of(const table::Column& column, const TextForms::Form& form, std::size_t whole,
                    std::string_view is, std::string_view are) {
  return fmt::format("{} of {} cells {}, {} {}", with_thousands(form.count), with_thousands(whole),
                     form.count == 1 ? is : are, form.count == 1 ? "it is" : "the first is",
                     cell_in_row(column, form.first_row));
}

std::string reason_of_text(const table::Column& column, const TextForms& forms, std::size_t present_count) {
  const TextForms::Form plain = together(forms, {TextForm::kInteger, TextForm::kReal});
  const TextForms::Form& zeros = forms.of(TextForm::kLeadingZeros);
  const TextForms::Form& big = forms.of(TextForm::kBigInteger);
  const TextForms::Form& blanked = forms.of(TextForm::kBlankedNumber);
  const TextForms::Form& booleans = forms.of(TextForm::kBoolean);
  if (plain.count == present_count) return "all cells are numbers, at least one of them in quotes";
  if (booleans.count == present_count) return "all cells are true or false, at least one of them in quotes";
  if (plain.count + booleans.count == present_count) {
    return some_of(column, booleans, present_count, "is true or false among numbers",
                   "are true or false among numbers");
  }
  if (forms.number_count() == present_count) {
    if (zeros.count > 0) {
      return some_of(column, zeros, present_count, "is a number with zeros in front",
                     "are numbers with zeros in front");
    }
    if (blanked.count > 0) {
      return some_of(column, blanked, present_count, "is a number with blanks around it",
                     "are numbers with blanks around them");
    }
    return some_of(column, big, present_count, "is a whole number beyond 64 bits",
                   "are whole numbers beyond 64 bits");
  }
  const TextForms::Form others = together(forms, {TextForm::kBoolean, TextForm::kDate, TextForm::kOther});
  if (forms.number_count() > 0)
    return some_of(column, others, present_count, "is no number", "are no numbers");
  return fmt::format("no cell is a number, the first is {}", cell_in_row(column, others.first_row));
}

std::string reason_of_real(const table::Column& column, std::size_t present_count) {
  const std::vector<double>& values = column.reals().values;
  const auto first = std::find_if(values.begin(), values.end(),
                                  [](double v) { return !std::isnan(v) && v != std::trunc(v); });
  if (first == values.end()) {
    return fmt::format("all {} cells are whole numbers, at least one of them written as 1.0, 1e3 or +1",
                       with_thousands(present_count));
  }
  return fmt::format("all {} cells are numbers, the first with a fraction is {}",
                     with_thousands(present_count),
                     cell_in_row(column, static_cast<std::size_t>(first - values.begin())));
}

}  // namespace

std::string reason_of_kind(const table::Column& column, const ColumnProfile& profile,
                           const TextForms& forms) {
  const std::size_t present_count = column.row_count() - profile.missing_count;
  if (present_count == 0) return "no cell has a value";
  switch (profile.kind) {
    case ColumnKind::kInteger:
      return fmt::format("all {} cells are whole numbers within 64 bits", with_thousands(present_count));
    case ColumnKind::kReal:
      return reason_of_real(column, present_count);
    case ColumnKind::kBoolean:
      return fmt::format("all {} cells are true or false", with_thousands(present_count));
    case ColumnKind::kText:
      return reason_of_text(column, forms, present_count);
  }
  return "";
}

}  // namespace archmlp::profile
