// RowsInWork: which rows are test rows.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/preprocess/error_row.h"
#include "archmlp/preprocess/rows_in_work.h"
#include "archmlp/preprocess/split.h"

namespace archmlp::preprocess {

using base::Error;
using base::Result;
using base::Status;

namespace {

std::string filter_for_present(const std::string& column) {
  return fmt::format("put `- filter: notnull(`{}`)` at the top of the steps, in quotes", column);
}

}  // namespace

/// Precondition: the chain drops no row, and is empty where the split looks at a column.
Status RowsInWork::split() {
  if (is_split_) return {};
  TRY(check_labels_present());
  if (recipe_->split.test_file) {
    is_test_.resize(raw_rows_.size());
    std::ranges::transform(raw_rows_, is_test_.begin(), [&](std::uint32_t row) {
      return static_cast<std::uint8_t>(row >= input_->data_row_count());
    });
  } else {
    const auto time = TRY(split_column(recipe_->split.time_column, "time_column"));
    const auto group = TRY(split_column(recipe_->split.group_column, "group_column"));
    auto is_test = assign_test_rows(
        recipe_->split, raw_rows_.size(),
        {.label = &label(), .time = time ? &*time : nullptr, .group = group ? &*group : nullptr});
    if (!is_test.ok()) return in_split(std::move(is_test).error());
    is_test_ = *std::move(is_test);
  }
  is_split_ = true;
  companions_ = TRY(table::Table::from_columns({label()}));
  return {};
}

Result<std::optional<table::Column>> RowsInWork::split_column(const std::optional<std::string>& name,
                                                              std::string_view key) const {
  if (!name) return std::optional<table::Column>();
  if (*name == recipe_->label) {
    return Error{.message = fmt::format("{} is the label", base::quoted(*name)),
                 .where = fmt::format("split.{}", key),
                 .hint = "use `stratify: true` to keep the shares of its classes"};
  }
  if (schema_.find(*name)) {
    const LearningRows rows(store_, schema_, label(), {}, label().row_count(), thread_count_);
    return std::optional(TRY(rows.cells(*name)));
  }
  if (const table::Column* taken_out = companions_.find(*name)) return std::optional(*taken_out);
  return Error{.message = fmt::format("there is no column {}", base::quoted(*name)),
               .where = fmt::format("split.{}", key),
               .hint = base::suggest_names(*name, schema_.names())};
}

Error RowsInWork::in_split(Error error) const {
  if (const std::optional<ErrorRow> place = row_of(error))
    error.where = "split.time_column: " + input_->row_name(raw_rows_[place->row]) + place->rest;
  return error;
}

Status RowsInWork::check_labels_present() const {
  const std::size_t missing = label().missing_count();
  if (missing == 0) return {};
  std::uint32_t first = 0;
  while (!label().is_missing(first)) ++first;
  return Error{
      .message = fmt::format("{} of {} rows have no label (column {})", base::with_thousands(missing),
                             base::with_thousands(label().row_count()), base::quoted(recipe_->label)),
      .where = input_->row_name(raw_rows_[first]),
      .hint = filter_for_present(recipe_->label)};
}

Status RowsInWork::check_both_sides() const {
  const auto test_count = std::ranges::count(is_test_, std::uint8_t{1});
  if (test_count == 0) {
    return Error{.message = "no test row is left", .where = "split", .hint = "check the filters"};
  }
  if (test_count == std::ssize(is_test_)) {
    return Error{.message = "no training row is left", .where = "split", .hint = "check the filters"};
  }
  return {};
}

std::vector<std::uint32_t> RowsInWork::side_rows(bool test) const {
  assert(is_split_);
  std::vector<std::uint32_t> rows;
  for (std::uint32_t row = 0; row < is_test_.size(); ++row) {
    if ((is_test_[row] != 0) == test) rows.push_back(row);
  }
  return rows;
}

}  // namespace archmlp::preprocess
