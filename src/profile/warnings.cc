#include "archmlp/profile/warnings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "archmlp/base/text.h"

namespace archmlp::profile {
namespace {

using base::with_thousands;
using contract::ColumnKind;

double share_of(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

void warn(ColumnProfile& column, WarningKind kind, std::string message) {
  column.warnings.push_back({kind, std::move(message)});
}

/// What text cells look like.
void warn_of_forms(const TextForms& forms, std::size_t present, ColumnProfile& column) {
  const std::size_t numbers = forms.number_count();
  const std::size_t dates = forms.of(TextForm::kDate).count;
  if (numbers == present) {
    warn(
        column, WarningKind::kNumbersAsText,
        fmt::format("text, but every cell is a number: {}. If they are quantities, give the type with --type",
                    column.kind_reason));
  } else if (share_of(numbers, present) >= kMixedNumberShare) {
    warn(column, WarningKind::kMixedTypes,
         fmt::format("numbers and other text: {}. If those mean \"missing\", add them to the missing values",
                     column.kind_reason));
  } else if (share_of(dates, present) >= kDateShare) {
    warn(
        column, WarningKind::kDatesAsText,
        dates == present
            ? std::string("every cell is a date, kept as text: compute numbers from it, or remove it")
            : fmt::format("{} of {} cells are dates, kept as text: compute numbers from them, or remove them",
                          with_thousands(dates), with_thousands(present)));
  }
  if (column.text && column.text->surrounding_blank_count > 0) {
    warn(column, WarningKind::kSurroundingBlanks,
         fmt::format("{} of {} cells begin or end with a blank, which makes them other values than the same "
                     "text without",
                     with_thousands(column.text->surrounding_blank_count), with_thousands(present)));
  }
}

void warn_of_values(std::size_t present, ColumnProfile& column) {
  const bool countable = column.kind == ColumnKind::kInteger || column.kind == ColumnKind::kText;
  if (countable && present >= kIdentifierRows &&
      share_of(column.distinct_count, present) >= kIdentifierShare) {
    const std::string how_many =
        column.distinct_count == present
            ? std::string("no two cells are alike")
            : fmt::format("{} of {} cells are different", with_thousands(column.distinct_count),
                          with_thousands(present));
    warn(column, WarningKind::kIdentifierLike,
         how_many + ": it looks like an identifier. Remove it, unless it is a quantity");
  } else if (column.kind == ColumnKind::kText && column.distinct_count > kHighCardinalityFrom) {
    warn(column, WarningKind::kHighCardinality,
         fmt::format("{} different texts: one column for each is costly and learns little",
                     with_thousands(column.distinct_count)));
  }
  if (column.numbers && column.distinct_count > 2 &&
      std::abs(column.numbers->skewness.value_or(0)) >= kSkewedFrom) {
    warn(column, WarningKind::kSkewed,
         fmt::format("skewness {:.1f}: a few values lie far from the others", *column.numbers->skewness));
  }
}

}  // namespace

void warn_of_column(const TextForms& forms, std::size_t row_count, ColumnProfile& column) {
  const std::size_t present = row_count - column.missing_count;
  if (row_count == 0) return;
  if (present == 0) return warn(column, WarningKind::kAllMissing, "no cell has a value: remove it");
  if (column.distinct_count == 1 && row_count > 1) {
    warn(column, WarningKind::kConstant,
         fmt::format("{} {}: nothing can be learnt from it",
                     column.missing_count == 0 ? "every cell is" : "every cell that has a value is",
                     base::quoted(contract::to_text(*column.min))));
  }
  if (share_of(column.missing_count, row_count) >= kManyMissingShare) {
    warn(column, WarningKind::kManyMissing,
         fmt::format("{:.0f} % of the cells are missing", 100 * share_of(column.missing_count, row_count)));
  }
  if (column.kind == ColumnKind::kText) warn_of_forms(forms, present, column);
  warn_of_values(present, column);
}

void warn_of_label(TableProfile& profile) {
  if (!profile.label) return;
  const LabelProfile& label = *profile.label;
  ColumnProfile& of_label = profile.columns[label.column];
  if (of_label.missing_count > 0) {
    warn(of_label, WarningKind::kMissingLabel,
         fmt::format("{} rows have no label: filter them out before training",
                     with_thousands(of_label.missing_count)));
  }
  if (label.classes.size() > 1) {
    const ValueCount& rarest = label.classes.back();
    const std::size_t present = profile.row_count - of_label.missing_count;
    if (share_of(rarest.count, present) < kRareClassShare) {
      warn(of_label, WarningKind::kImbalancedLabel,
           fmt::format(
               "class {} has {} of {} rows: stratify the split, and look at kappa rather than accuracy",
               base::quoted(contract::to_text(rarest.value)), with_thousands(rarest.count),
               with_thousands(present)));
    }
  }
  for (ColumnProfile& column : profile.columns) {
    if (!column.with_label || std::abs(column.with_label->value) < kLeakFrom) continue;
    warn(column, WarningKind::kLeaksLabel,
         fmt::format("it goes with the label {} at {:.3f} ({}): would it be known before the label is?",
                     base::quoted(of_label.name), column.with_label->value,
                     to_string(column.with_label->measure)));
  }
}

namespace {

/// Equal cell by cell, missing ones too.
struct SameCells {
  bool operator()(const table::IntegerCells& a, const table::IntegerCells& b) const {
    const auto all_present = [](const table::IntegerCells& cells) {
      return std::all_of(cells.missing.begin(), cells.missing.end(),
                         [](std::uint8_t flag) { return flag == 0; });
    };
    return a.values == b.values && (a.missing == b.missing || (all_present(a) && all_present(b)));
  }
  bool operator()(const table::RealCells& a, const table::RealCells& b) const {
    return std::equal(a.values.begin(), a.values.end(), b.values.begin(), b.values.end(),
                      [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); });
  }
  bool operator()(const table::BooleanCells& a, const table::BooleanCells& b) const { return a == b; }
  bool operator()(const table::TextCells& a, const table::TextCells& b) const {
    return std::equal(a.codes.begin(), a.codes.end(), b.codes.begin(), b.codes.end(),
                      [&](std::int32_t x, std::int32_t y) {
                        if (x < 0 || y < 0) return x < 0 && y < 0;
                        return a.levels[static_cast<std::size_t>(x)] == b.levels[static_cast<std::size_t>(y)];
                      });
  }
  template <typename A, typename B>
  bool operator()(const A&, const B&) const {
    return false;
  }
};

}  // namespace

void warn_of_duplicates(const table::Table& table, TableProfile& profile) {
  // Only columns that agree in what is known of them are compared cell by cell.
  using Likeness = std::tuple<std::size_t, std::size_t, std::size_t, std::string, std::string, std::size_t>;
  std::map<Likeness, std::vector<std::size_t>> alike;
  for (std::size_t index = 0; index < profile.columns.size(); ++index) {
    ColumnProfile& column = profile.columns[index];
    if (column.distinct_count < 2) continue;
    std::vector<std::size_t>& earlier =
        alike[{static_cast<std::size_t>(column.kind), column.missing_count, column.distinct_count,
               contract::to_text(*column.min), contract::to_text(*column.max), column.top.front().count}];
    const auto same = std::find_if(earlier.begin(), earlier.end(), [&](std::size_t other) {
      return std::visit(SameCells{}, table.column(other).cells(), table.column(index).cells());
    });
    if (same == earlier.end()) {
      earlier.push_back(index);
    } else {
      warn(column, WarningKind::kDuplicateColumn,
           fmt::format("equal to column {} in every row: remove one of them",
                       base::quoted(profile.columns[*same].name)));
    }
  }
}

}  // namespace archmlp::profile
