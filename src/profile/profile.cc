#include "archmlp/profile/profile.h"

#include <algorithm>

#include "archmlp/base/parallel.h"
#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/profile/class_split.h"
#include "archmlp/profile/column_profile.h"
#include "archmlp/profile/compare_columns.h"
#include "archmlp/profile/warnings.h"

namespace archmlp::profile {
namespace {

base::Result<std::optional<std::size_t>> find_label(const table::Table& table,
                                                    const std::optional<std::string>& name) {
  if (!name) return std::optional<std::size_t>();
  for (std::size_t column = 0; column < table.columns().size(); ++column) {
    if (table.column(column).name() == *name) return std::optional(column);
  }
  return base::Error{.message = "the label " + base::quoted(*name) + " is no column",
                     .hint = base::suggest_names(*name, table.names())};
}

LabelProfile look_at_label(const table::Table& table, const std::vector<ColumnProfile>& columns,
                           std::size_t label) {
  const ColumnProfile& column = columns[label];
  const std::size_t present = table.row_count() - column.missing_count;
  return {.column = label, .task = contract::guess_task(column.kind, column.distinct_count, present)};
}

/// Counts the label's classes and, if they are few, how the columns divide among them.
base::Status add_classes(const table::Table& table, int thread_count, TableProfile& profile) {
  LabelProfile& label = *profile.label;
  if (label.task != contract::Task::kClassification) return {};
  LabelClasses found = classes_of(table.column(label.column));
  label.classes = std::move(found.classes);
  const std::size_t class_count = label.classes.size();
  if (class_count < 2 || class_count > kMostSplitClasses) return {};
  return base::parallel_for(profile.columns.size(), thread_count, [&](std::size_t index) -> base::Status {
    ColumnProfile& column = profile.columns[index];
    if (!column.top.empty()) {
      column.by_class = split_by_class(table.column(index), column, found.of_row, class_count);
    }
    return {};
  });
}

}  // namespace

std::string_view to_string(Measure measure) noexcept {
  switch (measure) {
    case Measure::kPearson:
      return "pearson";
    case Measure::kCramersV:
      return "cramers_v";
    case Measure::kCorrelationRatio:
      return "correlation_ratio";
  }
  return "";
}

std::string_view to_string(WarningKind kind) noexcept {
  switch (kind) {
    case WarningKind::kAllMissing:
      return "all_missing";
    case WarningKind::kConstant:
      return "constant";
    case WarningKind::kDuplicateColumn:
      return "duplicate_column";
    case WarningKind::kIdentifierLike:
      return "identifier_like";
    case WarningKind::kLeaksLabel:
      return "leaks_label";
    case WarningKind::kMissingLabel:
      return "missing_label";
    case WarningKind::kImbalancedLabel:
      return "imbalanced_label";
    case WarningKind::kManyMissing:
      return "many_missing";
    case WarningKind::kMixedTypes:
      return "mixed_types";
    case WarningKind::kNumbersAsText:
      return "numbers_as_text";
    case WarningKind::kDatesAsText:
      return "dates_as_text";
    case WarningKind::kSurroundingBlanks:
      return "surrounding_blanks";
    case WarningKind::kHighCardinality:
      return "high_cardinality";
    case WarningKind::kSkewed:
      return "skewed";
  }
  return "";
}

base::Result<TableProfile> profile_table(const table::Table& table, const ProfileOptions& options) {
  const std::optional<std::size_t> label = TRY(find_label(table, options.label));
  TableProfile profile;
  profile.row_count = table.row_count();
  profile.columns.resize(table.columns().size());
  TRY(base::parallel_for(
      profile.columns.size(), options.thread_count, [&](std::size_t index) -> base::Status {
        const table::Column& column = table.column(index);
        ColumnFindings findings = look_at_column(column, options.given_kinds.contains(column.name()));
        warn_of_column(findings.forms, profile.row_count, findings.profile);
        profile.columns[index] = std::move(findings.profile);
        return {};
      }));
  if (label) {
    profile.label = look_at_label(table, profile.columns, *label);
    TRY(add_classes(table, options.thread_count, profile));
  }
  Comparison comparison = TRY(compare_columns(table, profile.columns, profile.label, options.thread_count));
  profile.associations = std::move(comparison.associations);
  for (std::size_t index = 0; index < profile.columns.size(); ++index) {
    profile.columns[index].with_label = comparison.with_label[index];
  }
  warn_of_label(profile);
  warn_of_duplicates(table, profile);
  for (ColumnProfile& column : profile.columns) {
    std::stable_sort(column.warnings.begin(), column.warnings.end(),
                     [](const Warning& a, const Warning& b) { return a.kind < b.kind; });
  }
  return profile;
}

}  // namespace archmlp::profile
