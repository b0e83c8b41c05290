#include "archmlp/preprocess/rows_in_work.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <charconv>
#include <numeric>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/preprocess/fit_steps.h"
#include "archmlp/preprocess/split.h"
#include "archmlp/table/numbers_in_text.h"

namespace archmlp::preprocess {
namespace {

using base::Error;
using base::Result;
using base::Status;

Result<table::Table> with_column(const table::Table& rows, const table::Column& column) {
  std::vector<table::Column> columns(rows.columns().begin(), rows.columns().end());
  columns.push_back(column);
  return table::Table::from_columns(std::move(columns));
}

template <typename T>
std::vector<T> gathered(const std::vector<T>& values, const std::vector<std::uint32_t>& rows) {
  std::vector<T> result;
  result.reserve(rows.size());
  for (const std::uint32_t row : rows) result.push_back(values[row]);
  return result;
}

std::string filter_for_present(const std::string& column) {
  return fmt::format("put `- filter: notnull(`{}`)` at the top of the steps, in quotes", column);
}

}  // namespace

Result<RowsInWork> RowsInWork::start(const contract::Recipe& recipe, const RawData& raw, int thread_count) {
  const auto position = raw.schema.find(recipe.label);
  if (!position) {
    return Error{
        .message = fmt::format("there is no column {}, which is to be the label", base::quoted(recipe.label)),
        .where = "label",
        .hint = base::suggest_names(recipe.label, raw.schema.names())};
  }
  RowsInWork work(recipe, raw, thread_count);
  work.label_ = raw.rows.column(*position);
  work.label_schema_ = raw.schema.columns[*position];
  work.schema_ = raw.schema;
  work.schema_.columns.erase(work.schema_.columns.begin() + static_cast<std::ptrdiff_t>(*position));
  std::vector<table::Column> columns(raw.rows.columns().begin(), raw.rows.columns().end());
  columns.erase(columns.begin() + static_cast<std::ptrdiff_t>(*position));
  if (columns.empty()) {
    return Error{.message = "the label is the only column: there is nothing to predict it from",
                 .where = "label"};
  }
  work.features_ = TRY(table::Table::from_columns(std::move(columns)));
  for (const table::Column& column : work.features_.columns()) {
    if (recipe.read.types.contains(column.name())) continue;
    const auto found = table::find_numbers_in_text(column);
    if (!found) continue;
    const auto row = static_cast<std::uint32_t>(found->first_other_row);
    work.suspicions_[column.name()] = {
        fmt::format("{}: {}", work.row_name(row), table::describe_numbers_in_text(column, *found)),
        table::hint_for_numbers_in_text(column, *found)};
  }
  work.raw_rows_.resize(raw.rows.row_count());
  std::iota(work.raw_rows_.begin(), work.raw_rows_.end(), 0U);
  const auto remember = [&](const std::optional<std::string>& name, std::optional<table::Column>& column) {
    if (name && raw.rows.find(*name) != nullptr) column = *raw.rows.find(*name);
  };
  remember(recipe.split.time_column, work.raw_time_);
  remember(recipe.split.group_column, work.raw_group_);
  return work;
}

Status RowsInWork::check_label_untouched(const contract::StepConfig& config) const {
  const std::vector<std::string> names = contract::touched_columns(config);
  if (std::find(names.begin(), names.end(), recipe_->label) == names.end()) return {};
  return Error{.message = fmt::format("{} is the label: a step cannot change, make or take it away",
                                      base::quoted(recipe_->label)),
               .hint = "prepare the label in the data itself"};
}

Status RowsInWork::apply(const contract::StepConfig& config, std::size_t index) {
  const auto located = [&](Error error) { return in_step(std::move(error), config, index); };
  if (Status status = check_label_untouched(config); !status.ok()) return located(std::move(status).error());
  std::vector<std::uint32_t> train_rows;
  if (contract::learns_from_rows(config)) {
    TRY(split());
    TRY(check_both_sides());
    train_rows = side_rows(false);
  }
  const auto is_data = [&](std::uint32_t raw_row) { return raw_row < data_row_count_; };
  const auto data_rows = std::count_if(raw_rows_.begin(), raw_rows_.end(), is_data);
  auto fitted = fit_step(config, {.rows = features_,
                                  .schema = schema_,
                                  .train_rows = train_rows,
                                  .label = *label_,
                                  .data_row_count = static_cast<std::size_t>(data_rows),
                                  .task = recipe_->train.task,
                                  .folder = recipe_->folder});
  if (!fitted.ok()) return located(std::move(fitted).error());
  const bool is_filter = std::holds_alternative<contract::FilterStep>(config) ||
                         std::holds_alternative<contract::DropMissingStep>(config);
  for (const transform::StepPointer& step : fitted->steps) {
    if (Status status = apply_fitted(step, is_filter); !status.ok())
      return located(std::move(status).error());
  }
  if (!fitted->training_values.empty()) set_training_values(fitted->training_values, train_rows);
  if (fitted->rows) keep(*fitted->rows);
  inputs_.merge(fitted->inputs);
  return {};
}

void RowsInWork::set_training_values(const std::vector<table::Column>& values,
                                     std::span<const std::uint32_t> train_rows) {
  std::vector<table::Column> columns(features_.columns().begin(), features_.columns().end());
  for (const table::Column& given : values) {
    const auto column = std::find_if(columns.begin(), columns.end(), [&](const table::Column& candidate) {
      return candidate.name() == given.name();
    });
    assert(column != columns.end());
    table::RealCells cells = column->reals();
    for (std::size_t i = 0; i < train_rows.size(); ++i) cells.values[train_rows[i]] = given.reals().values[i];
    *column = table::Column(given.name(), std::move(cells));
  }
  features_ = table::Table::from_columns(std::move(columns)).value();
}

Status RowsInWork::apply_fitted(const transform::StepPointer& step, bool is_filter) {
  transform::BatchNotes notes;
  auto bound = step->bind(schema_);
  if (bound.ok()) {
    table::Table result = TRY((*bound)->apply(features_, notes));
    features_ = std::move(result);
    schema_ = (*bound)->output();
    steps_.push_back(step);
    for (const auto& [column, count] : notes.unknown_categories) unknown_categories_[column] += count;
    return drop(notes.outside);
  }
  // Does it fail only because the label is not among the features?
  contract::Schema schema = schema_;
  schema.columns.push_back(label_schema_);
  auto bound_with_label = step->bind(schema);
  if (!bound_with_label.ok()) return is_filter ? bound_with_label.error() : bound.error();
  if (!is_filter) {
    return Error{
        .message = fmt::format("{} is the label: a feature made from it would tell the model the answer, "
                               "which no record has when it is predicted",
                               base::quoted(recipe_->label)),
        .hint = "use the other columns; only a filter may look at the label"};
  }
  const table::Table rows = TRY(with_column(features_, *label_));
  TRY((*bound_with_label)->apply(rows, notes));
  return drop(notes.outside);
}

Status RowsInWork::drop(const std::vector<std::uint8_t>& outside) {
  if (outside.empty()) return {};
  std::vector<std::uint32_t> kept;
  for (std::uint32_t row = 0; row < outside.size(); ++row) {
    if (outside[row] == 0) kept.push_back(row);
  }
  if (kept.empty()) {
    return Error{.message = "no row is left: the condition is true for none of the " +
                            base::with_thousands(outside.size()),
                 .hint = "`archmlp inspect` shows what the columns hold"};
  }
  if (kept.size() == outside.size()) return {};
  keep(kept);
  return {};
}

void RowsInWork::keep(const std::vector<std::uint32_t>& rows) {
  std::size_t distinct_count = rows.empty() ? 0 : 1;
  for (std::size_t i = 1; i < rows.size(); ++i) distinct_count += rows[i] != rows[i - 1] ? 1 : 0;
  dropped_count_ += features_.row_count() - distinct_count;
  features_ = features_.gathered(rows, thread_count_);
  label_ = label_->gathered(rows);
  raw_rows_ = gathered(raw_rows_, rows);
  if (is_split_) is_test_ = gathered(is_test_, rows);
}

Status RowsInWork::check_labels_present() const {
  const std::size_t missing = label_->missing_count();
  if (missing == 0) return {};
  std::uint32_t first = 0;
  while (!label_->is_missing(first)) ++first;
  return Error{
      .message = fmt::format("{} of {} rows have no label (column {})", base::with_thousands(missing),
                             base::with_thousands(label_->row_count()), base::quoted(recipe_->label)),
      .where = row_name(raw_rows_[first]),
      .hint = filter_for_present(recipe_->label)};
}

Result<std::optional<table::Column>> RowsInWork::split_column(const std::optional<std::string>& name,
                                                              std::string_view key) const {
  if (!name) return std::optional<table::Column>();
  if (*name == recipe_->label) {
    return Error{.message = fmt::format("{} is the label", base::quoted(*name)),
                 .where = fmt::format("split.{}", key),
                 .hint = "use `stratify: true` to keep the shares of its classes"};
  }
  if (const table::Column* column = features_.find(*name)) return std::optional(*column);
  const std::optional<table::Column>& raw = key == "time_column" ? raw_time_ : raw_group_;
  if (raw) return std::optional(raw->gathered(raw_rows_));
  return Error{.message = fmt::format("there is no column {}", base::quoted(*name)),
               .where = fmt::format("split.{}", key),
               .hint = base::suggest_names(*name, features_.names())};
}

Status RowsInWork::split() {
  if (is_split_) return {};
  TRY(check_labels_present());
  if (recipe_->split.test_file) {
    is_test_.resize(raw_rows_.size());
    std::transform(raw_rows_.begin(), raw_rows_.end(), is_test_.begin(),
                   [&](std::uint32_t row) { return static_cast<std::uint8_t>(row >= data_row_count_); });
  } else {
    const auto time = TRY(split_column(recipe_->split.time_column, "time_column"));
    const auto group = TRY(split_column(recipe_->split.group_column, "group_column"));
    is_test_ = TRY(assign_test_rows(
        recipe_->split, features_.row_count(),
        {.label = &*label_, .time = time ? &*time : nullptr, .group = group ? &*group : nullptr}));
  }
  is_split_ = true;
  raw_time_.reset();
  raw_group_.reset();
  return {};
}

Status RowsInWork::check_both_sides() const {
  const auto test_count = std::count(is_test_.begin(), is_test_.end(), std::uint8_t{1});
  if (test_count == 0) {
    return Error{.message = "no test row is left", .where = "split", .hint = "check the filters"};
  }
  if (test_count == std::ssize(is_test_)) {
    return Error{.message = "no training row is left", .where = "split", .hint = "check the filters"};
  }
  return {};
}

Status RowsInWork::check_complete() const {
  assert(is_split_);
  TRY(check_labels_present());
  TRY(check_both_sides());
  if (schema_.columns.empty()) {
    return Error{
        .message = "the steps leave no feature", .where = "preprocess", .hint = "keep at least one column"};
  }
  for (const contract::ColumnSchema& column : schema_.columns) {
    if (column.kind != contract::ColumnKind::kText) continue;
    const std::string encode = fmt::format(
        "encode it, as in `- one_hot: [{0}]`, or take it out, as in `- remove: [{0}]`", column.name);
    if (const auto suspicion = suspicions_.find(column.name); suspicion != suspicions_.end()) {
      return Error{.message = suspicion->second.message + "; a model needs numbers",
                   .hint = suspicion->second.hint + "; if it is a category, " + encode};
    }
    return Error{.message = fmt::format("column {} is still text after all steps; a model needs numbers",
                                        base::quoted(column.name)),
                 .where = "preprocess",
                 .hint = encode};
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

std::vector<std::string> RowsInWork::warnings() const {
  std::vector<std::string> removed;
  for (const contract::StepConfig& step : recipe_->preprocess) {
    const auto* remove = std::get_if<contract::RemoveStep>(&step);
    if (remove != nullptr) removed.insert(removed.end(), remove->columns.begin(), remove->columns.end());
    const auto* cast = std::get_if<contract::CastStep>(&step);  // says what the text means
    if (cast != nullptr) removed.insert(removed.end(), cast->columns.begin(), cast->columns.end());
  }
  std::vector<std::string> warnings;
  for (const auto& [column, suspicion] : suspicions_) {
    const bool is_removed = std::find(removed.begin(), removed.end(), column) != removed.end();
    if (!is_removed) warnings.push_back(fmt::format("{}. Hint: {}", suspicion.message, suspicion.hint));
  }
  return warnings;
}

std::string RowsInWork::row_name(std::uint32_t raw_row) const {
  if (raw_row < data_row_count_) return fmt::format("{}: row {}", data_name_, raw_row + 1);
  return fmt::format("{}: row {}", test_name_, raw_row - data_row_count_ + 1);
}

Error RowsInWork::in_step(Error error, const contract::StepConfig& config, std::size_t index) const {
  const bool is_row = error.where.starts_with("row ");
  const std::string key = is_row || error.where.empty() ? "" : "." + error.where;
  const std::string place = index < recipe_->step_places.size() ? recipe_->step_places[index] + ": " : "";
  const std::string step =
      fmt::format("{}step {} ({}{})", place, index + 1, contract::step_name(config), key);
  error.where = is_row ? step + ": " + in_raw_rows(error).where : step;
  return error;
}

/// A step counts the rows that it was given; people count those of their file.
Error RowsInWork::in_raw_rows(Error error) const {
  constexpr std::string_view kRow = "row ";
  if (!error.where.starts_with(kRow)) return error;
  std::size_t row = 0;
  const char* start = error.where.data() + kRow.size();
  const char* end = error.where.data() + error.where.size();
  const auto [rest, problem] = std::from_chars(start, end, row);
  if (problem != std::errc() || row == 0 || row > raw_rows_.size()) return error;
  error.where = row_name(raw_rows_[row - 1]) + std::string(rest, end);
  return error;
}

}  // namespace archmlp::preprocess
