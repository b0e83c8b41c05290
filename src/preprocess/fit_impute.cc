#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/preprocess/categories.h"
#include "archmlp/preprocess/columns.h"
#include "archmlp/preprocess/fit_steps.h"
#include "archmlp/table/value_ranks.h"
#include "archmlp/transform/steps.h"

namespace archmlp::preprocess {
namespace {

using base::Error;
using base::Result;
using contract::ColumnKind;
using contract::Value;
__extension__ using Wide = __int128;

bool is_number(ColumnKind kind) noexcept { return kind == ColumnKind::kInteger || kind == ColumnKind::kReal; }
bool is_number(const Value& value) noexcept {
  return std::holds_alternative<std::int64_t>(value) || std::holds_alternative<double>(value);
}

/// Could a cell of a column of this kind hold `value`, or, where it is a number, become it?
bool suits(const Value& value, ColumnKind kind) noexcept {
  switch (kind) {
    case ColumnKind::kInteger:
    case ColumnKind::kReal:
      return is_number(value);
    case ColumnKind::kBoolean:
      return std::holds_alternative<bool>(value);
    case ColumnKind::kText:
      return std::holds_alternative<std::string>(value);
  }
  return false;
}

bool equal(const Value& a, const Value& b) noexcept {
  return !contract::value_less(a, b) && !contract::value_less(b, a);
}

/// The distinct values of the training rows, placeholders left out, in value order.
class Sample {
 public:
  Sample(table::Column column, const contract::ImputeStep& step)
      : column_(std::move(column)), ranks_(table::rank_values(column_)) {
    for (std::size_t rank = 0; rank < ranks_.distinct_count(); ++rank) {
      const Value value = column_.value(ranks_.first_rows[rank]);
      const bool is_placeholder =
          std::any_of(step.missing_values.begin(), step.missing_values.end(),
                      [&](const Value& placeholder) { return equal(value, placeholder); });
      if (is_placeholder) ranks_.row_counts[rank] = 0;
      value_count_ += ranks_.row_counts[rank];
    }
  }

  const std::string& name() const noexcept { return column_.name(); }
  ColumnKind kind() const noexcept { return column_.kind(); }
  std::size_t value_count() const noexcept { return value_count_; }
  bool has_missing() const noexcept { return value_count_ < column_.row_count(); }

  Value most_frequent() const {
    const auto most = std::max_element(ranks_.row_counts.begin(), ranks_.row_counts.end());
    return column_.value(ranks_.first_rows[static_cast<std::size_t>(most - ranks_.row_counts.begin())]);
  }

  Value median() const {
    const Value lower = at((value_count_ - 1) / 2);
    const Value upper = at(value_count_ / 2);
    if (kind() == ColumnKind::kInteger) {
      const Wide sum = static_cast<Wide>(std::get<std::int64_t>(lower)) + std::get<std::int64_t>(upper);
      return static_cast<double>(sum) / 2.0;
    }
    const double a = std::get<double>(lower);
    const double b = std::get<double>(upper);
    const double sum = a + b;
    return std::isfinite(sum) ? sum / 2.0 : a / 2.0 + b / 2.0;
  }

  /// Infinite if the sum of the values is.
  double mean() const {
    return (kind() == ColumnKind::kInteger ? integer_sum() : real_sum()) / static_cast<double>(value_count_);
  }

 private:
  /// The value at `position` of the sorted values.
  Value at(std::size_t position) const {
    std::size_t rank = 0;
    while (position >= ranks_.row_counts[rank]) position -= ranks_.row_counts[rank++];
    return column_.value(ranks_.first_rows[rank]);
  }

  double integer_sum() const {
    Wide sum = 0;
    const auto& values = column_.integers().values;
    for (std::size_t rank = 0; rank < ranks_.distinct_count(); ++rank) {
      sum += static_cast<Wide>(values[ranks_.first_rows[rank]]) * static_cast<Wide>(ranks_.row_counts[rank]);
    }
    return static_cast<double>(sum);
  }

  /// Compensated, in row order. Source: Neumaier 1974.
  double real_sum() const {
    const auto& values = column_.reals().values;
    double sum = 0.0;
    double lost = 0.0;
    for (std::size_t row = 0; row < values.size(); ++row) {
      const std::uint32_t rank = ranks_.of_row[row];
      if (rank == table::ValueRanks::kMissing || ranks_.row_counts[rank] == 0) continue;
      const double value = values[row];
      const double next = sum + value;
      lost += std::abs(sum) >= std::abs(value) ? (sum - next) + value : (value - next) + sum;
      sum = next;
    }
    return sum + lost;
  }

  table::Column column_;
  table::ValueRanks ranks_;  // a placeholder's count is 0
  std::size_t value_count_ = 0;
};

bool can_treat(const contract::ImputeStep& step, ColumnKind kind) noexcept {
  if (step.strategy == "constant") return suits(step.fill_value, kind);
  return step.strategy == "most_frequent" || is_number(kind);
}

Error cannot_treat(const contract::ImputeStep& step, const contract::ColumnSchema& column) {
  const std::string_view kind = contract::to_string(column.kind);
  if (step.strategy == "constant") {
    return Error{.message = fmt::format("column {} is {}, which the fill_value {} does not suit",
                                        base::quoted(column.name), kind,
                                        base::quoted(contract::to_text(step.fill_value))),
                 .where = "fill_value",
                 .hint = column.kind == ColumnKind::kText
                             ? "quote it to make it text"
                             : "impute columns of different kinds in steps of their own"};
  }
  return Error{
      .message = fmt::format("column {} is {} and has no {}", base::quoted(column.name), kind, step.strategy),
      .where = "columns",
      .hint = "use the strategy most_frequent or constant"};
}

Value constant_for(const Value& fill, ColumnKind kind) {
  if (kind == ColumnKind::kReal && std::holds_alternative<std::int64_t>(fill)) {
    return static_cast<double>(std::get<std::int64_t>(fill));
  }
  return fill;
}

/// Precondition: the sample has a value.
Result<Value> learn_fill(const Sample& sample, const std::string& strategy) {
  if (strategy == "most_frequent") return sample.most_frequent();
  if (strategy == "median") return sample.median();
  const double mean = sample.mean();
  if (!std::isfinite(mean)) {
    return Error{.message = fmt::format("the mean of column {} is beyond the range of a double",
                                        base::quoted(sample.name())),
                 .where = "columns",
                 .hint = "use the strategy median"};
  }
  return Value(mean);
}

/// The positions among the training rows of each value of the column that a step groups by.
struct Groups {
  std::vector<Value> values;  // sorted
  std::vector<std::vector<std::uint32_t>> rows;
};

Result<Groups> find_groups(const std::string& name, const FitInput& input) {
  const contract::ColumnSchema* column = TRY(find_column(input.schema, name));
  Groups groups{.values = TRY(learn_categories(*column, input)).values};
  groups.rows.resize(groups.values.size());
  const table::ValueRanks ranks = table::rank_values(TRY(input.rows->training_cells(name)));
  for (std::uint32_t i = 0; i < ranks.of_row.size(); ++i) {
    if (ranks.of_row[i] != table::ValueRanks::kMissing) groups.rows[ranks.of_row[i]].push_back(i);
  }
  return groups;
}

Result<transform::ImputedColumn> fit_column(const contract::ColumnSchema& column,
                                            const contract::ImputeStep& step, const Groups& groups,
                                            const FitInput& input) {
  if (!can_treat(step, column.kind)) return cannot_treat(step, column);
  transform::ImputedColumn imputed{.name = column.name};
  if (step.strategy == "constant" && !step.add_indicator) {
    imputed.fill = constant_for(step.fill_value, column.kind);
    return imputed;
  }
  const table::Column cells = TRY(input.rows->training_cells(column.name));
  const Sample sample(cells, step);
  imputed.indicator = step.add_indicator && sample.has_missing();
  if (step.strategy == "constant") {
    imputed.fill = constant_for(step.fill_value, column.kind);
    return imputed;
  }
  if (sample.value_count() == 0) {
    Error error = no_training_value(column.name);
    error.hint += ", or use the strategy constant";
    return error;
  }
  imputed.fill = TRY(learn_fill(sample, step.strategy));
  for (std::size_t group = 0; group < groups.values.size(); ++group) {
    const Sample members(cells.gathered(groups.rows[group]), step);
    if (members.value_count() == 0) continue;
    imputed.groups.push_back({groups.values[group], TRY(learn_fill(members, step.strategy))});
  }
  return imputed;
}

/// Could a record have no value here after all that came before?
Result<bool> may_be_missing(const contract::ColumnSchema& column, const std::vector<Value>& placeholders,
                            const FitInput& input) {
  const bool has_placeholder =
      std::any_of(placeholders.begin(), placeholders.end(),
                  [&](const Value& placeholder) { return suits(placeholder, column.kind); });
  if (column.nullable || has_placeholder) return true;
  return input.rows->any_missing(column.name);
}

Result<std::vector<const contract::ColumnSchema*>> choose_columns(const contract::ImputeStep& step,
                                                                  const FitInput& input) {
  if (!step.columns.empty()) return find_columns(input.schema, step.columns);
  std::vector<const contract::ColumnSchema*> columns;
  for (const contract::ColumnSchema& column : input.schema.columns) {
    if (!can_treat(step, column.kind)) continue;
    if (TRY(may_be_missing(column, step.missing_values, input))) columns.push_back(&column);
  }
  return columns;
}

base::Status check_placeholders(const contract::ImputeStep& step,
                                const std::vector<const contract::ColumnSchema*>& columns) {
  for (const Value& placeholder : step.missing_values) {
    const bool used = std::any_of(columns.begin(), columns.end(), [&](const contract::ColumnSchema* column) {
      return suits(placeholder, column->kind);
    });
    if (used) continue;
    return Error{.message = fmt::format("no column that is imputed here could hold {}",
                                        base::quoted(contract::to_text(placeholder))),
                 .where = "missing_values",
                 .hint = std::holds_alternative<std::string>(placeholder)
                             ? "name a text column, or do not quote numbers"
                             : "quote it if it is text"};
  }
  return {};
}

}  // namespace

Fitted fit(const contract::ImputeStep& step, const FitInput& input) {
  const std::vector<const contract::ColumnSchema*> columns = TRY(choose_columns(step, input));
  if (!columns.empty() || !step.columns.empty()) TRY(check_placeholders(step, columns));
  Groups groups;
  if (step.group_by) groups = TRY(find_groups(*step.group_by, input));
  std::vector<transform::ImputedColumn> imputed;
  imputed.reserve(columns.size());
  for (const contract::ColumnSchema* column : columns) {
    imputed.push_back(TRY(fit_column(*column, step, groups, input)));
  }
  if (imputed.empty()) return FittedStep();
  return FittedStep(transform::make_impute(std::move(imputed), step.missing_values, step.group_by));
}

}  // namespace archmlp::preprocess
