#include "archmlp/preprocess/rows_in_work.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <charconv>
#include <numeric>
#include <utility>

#include "archmlp/base/parallel.h"
#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/preprocess/split.h"
#include "archmlp/table/concatenate.h"

namespace archmlp::preprocess {
namespace {

using base::Error;
using base::Result;
using base::Status;

template <typename T>
std::vector<T> gathered(const std::vector<T>& values, const std::vector<std::uint32_t>& rows) {
  std::vector<T> result;
  result.reserve(rows.size());
  for (const std::uint32_t row : rows) result.push_back(values[row]);
  return result;
}

std::vector<std::uint32_t> counted_from(std::size_t first, std::size_t count) {
  std::vector<std::uint32_t> rows(count);
  std::iota(rows.begin(), rows.end(), static_cast<std::uint32_t>(first));
  return rows;
}

bool needs_rows(const contract::StepConfig& config) {
  return contract::learns_from_rows(config) || std::holds_alternative<contract::DropDuplicatesStep>(config) ||
         std::holds_alternative<contract::SampleStep>(config);
}

bool is_filter(const contract::StepConfig& config) {
  return std::holds_alternative<contract::FilterStep>(config) ||
         std::holds_alternative<contract::DropMissingStep>(config);
}

bool may_drop_rows(const contract::StepConfig& config) {
  return is_filter(config) || std::holds_alternative<contract::JoinStep>(config);
}

std::string filter_for_present(const std::string& column) {
  return fmt::format("put `- filter: notnull(`{}`)` at the top of the steps, in quotes", column);
}

/// The rows of all blocks. Precondition: one has rows, and those that have are alike.
Result<table::Table> stacked(const std::vector<table::Table>& blocks) {
  std::vector<std::vector<table::Column>> pieces;
  for (const table::Table& block : blocks) {
    if (block.row_count() == 0) continue;
    pieces.resize(block.columns().size());
    for (std::size_t i = 0; i < pieces.size(); ++i) pieces[i].push_back(block.column(i));
  }
  std::vector<table::Column> columns;
  columns.reserve(pieces.size());
  for (const std::vector<table::Column>& of_column : pieces)
    columns.push_back(TRY(table::concatenated(of_column)));
  return table::Table::from_columns(std::move(columns));
}

struct ErrorRow {
  std::size_t row;   // from 0
  std::string rest;  // of where it is
};

/// Of an error at `row N`.
std::optional<ErrorRow> row_of(const Error& error) {
  constexpr std::string_view kRow = "row ";
  if (!error.where.starts_with(kRow)) return std::nullopt;
  std::size_t row = 0;
  const char* end = error.where.data() + error.where.size();
  const auto [rest, problem] = std::from_chars(error.where.data() + kRow.size(), end, row);
  if (problem != std::errc() || row == 0) return std::nullopt;
  return ErrorRow{row - 1, std::string(rest, end)};
}

}  // namespace

Result<RowsInWork> RowsInWork::start(const contract::Recipe& recipe, RawInput& input, MemoryBudget budget,
                                     int thread_count) {
  const contract::Schema& raw = input.schema();
  if (!raw.find(recipe.label)) {
    return Error{
        .message = fmt::format("there is no column {}, which is to be the label", base::quoted(recipe.label)),
        .where = "label",
        .hint = base::suggest_names(recipe.label, raw.names())};
  }
  if (raw.columns.size() == 1) {
    return Error{.message = "the label is the only column: there is nothing to predict it from",
                 .where = "label"};
  }
  RowsInWork work(recipe, input, std::move(budget), thread_count);
  work.companion_names_ = {recipe.label};
  for (const auto& name : {recipe.split.time_column, recipe.split.group_column}) {
    const bool is_new =
        name && std::ranges::find(work.companion_names_, *name) == work.companion_names_.end();
    if (is_new && raw.find(*name)) work.companion_names_.push_back(*name);
  }
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
  if (Status status = check_label_untouched(config); !status.ok())
    return in_step(std::move(status).error(), index);
  if (needs_rows(config)) {
    TRY(is_read_ ? run_chain() : read());
    return learn(config, index);
  }
  if (is_read_) return fit_and_add(config, index, nullptr);
  first_steps_.push_back(index);
  return {};
}

Status RowsInWork::learn(const contract::StepConfig& config, std::size_t index) {
  std::vector<std::uint32_t> train_rows;
  if (contract::learns_from_rows(config)) {
    TRY(split());
    TRY(check_both_sides());
    train_rows = side_rows(false);
  }
  const auto data_row_count = std::ranges::count_if(
      raw_rows_, [&](std::uint32_t raw_row) { return raw_row < input_->data_row_count(); });
  const LearningRows rows(store_, schema_, label(), train_rows, static_cast<std::size_t>(data_row_count),
                          thread_count_);
  return fit_and_add(config, index, &rows);
}

Status RowsInWork::fit_and_add(const contract::StepConfig& config, std::size_t index,
                               const LearningRows* rows) {
  auto fitted = fit_step(config, {.schema = schema_,
                                  .label = recipe_->label,
                                  .task = recipe_->train.task,
                                  .folder = recipe_->folder,
                                  .rows = rows});
  if (!fitted.ok()) return in_step(std::move(fitted).error(), index);
  for (const transform::StepPointer& step : fitted->steps) {
    if (Status status = add(step, index); !status.ok()) return in_step(std::move(status).error(), index);
  }
  if (!fitted->training_values.empty()) {
    TRY(run_chain());
    TRY(set_training_values(fitted->training_values));
  }
  if (fitted->rows) TRY(keep(*fitted->rows));
  inputs_.merge(fitted->inputs);
  return {};
}

Status RowsInWork::add(const transform::StepPointer& step, std::size_t index) {
  auto bound = step->bind(schema_);
  if (bound.ok()) {
    std::vector<std::string> taken_out = split_columns_lost(schema_, (*bound)->output());
    schema_ = (*bound)->output();
    steps_.push_back(step);
    chain_.add({.step = *std::move(bound), .config_index = index, .taken_out = std::move(taken_out)});
    return {};
  }
  // Does it fail only because the label is not among the features?
  contract::Schema with_label = schema_;
  with_label.columns.push_back(label_schema_);
  auto bound_with_label = step->bind(with_label);
  const bool drops_rows = is_filter(recipe_->preprocess[index]);
  if (!bound_with_label.ok()) return drops_rows ? bound_with_label.error() : bound.error();
  if (!drops_rows) {
    return Error{
        .message = fmt::format("{} is the label: a feature made from it would tell the model the answer, "
                               "which no record has when it is predicted",
                               base::quoted(recipe_->label)),
        .hint = "use the other columns; only a filter may look at the label"};
  }
  chain_.add({.step = *std::move(bound_with_label), .config_index = index, .sees_label = true});
  return {};
}

/// The companions behind the label that are among the features in front of a step but not behind it.
std::vector<std::string> RowsInWork::split_columns_lost(const contract::Schema& before,
                                                        const contract::Schema& after) const {
  std::vector<std::string> lost;
  for (std::size_t i = 1; i < companion_names_.size() && !is_split_; ++i) {
    const std::string& name = companion_names_[i];
    if (before.find(name) && !after.find(name)) lost.push_back(name);
  }
  return lost;
}

Status RowsInWork::read() {
  while (true) {
    if (Status status = add_first_steps(); !status.ok()) {
      // Perhaps only because a kind was guessed from too few rows.
      if (input_->kinds_are_known()) return with_doubtful_texts(std::move(status).error(), *input_, *recipe_);
      TRY(input_->learn_kinds());
      continue;
    }
    std::vector<Arrival> arrivals;
    const auto take = [&](std::size_t block, table::Table rows) -> Status {
      arrivals[block] = TRY(arrive(block, std::move(rows)));
      return {};
    };
    store_.restart();
    store_.grow(input_->block_count());
    arrivals.resize(input_->block_count());
    const bool as_guessed = TRY(input_->read_data(take));
    if (!as_guessed) continue;
    TRY(input_->open_test());
    store_.grow(input_->block_count());
    arrivals.resize(input_->block_count());
    TRY(input_->read_test(take));
    is_read_ = true;
    TRY(collect(arrivals));
    return bind_again();
  }
}

Status RowsInWork::add_first_steps() {
  schema_ = input_->schema();
  const auto label = schema_.columns.begin() + static_cast<std::ptrdiff_t>(*schema_.find(recipe_->label));
  label_schema_ = *label;
  schema_.columns.erase(label);
  steps_.clear();
  chain_.clear();
  for (const std::size_t index : first_steps_) TRY(fit_and_add(recipe_->preprocess[index], index, nullptr));
  return {};
}

Result<RowsInWork::Arrival> RowsInWork::arrive(std::size_t block, table::Table rows) {
  Arrival arrival;
  arrival.doubtful_texts = DoubtfulTexts(rows, *recipe_);
  std::vector<table::Column> features;
  for (const table::Column& column : rows.columns()) {
    if (column.name() != recipe_->label) features.push_back(column);
  }
  std::vector<table::Column> companions;
  companions.reserve(companion_names_.size());
  for (const std::string& name : companion_names_) companions.push_back(*rows.find(name));
  BlockInWork work{.features = TRY(table::Table::from_columns(std::move(features))),
                   .companions = TRY(table::Table::from_columns(std::move(companions))),
                   .positions = counted_from(0, rows.row_count())};
  rows = table::Table();
  arrival.fault = chain_.apply(work, arrival.notes);
  if (arrival.fault) return arrival;
  TRY(store_.put(block, std::move(work.features)));
  arrival.companions = std::move(work.companions);
  arrival.positions = std::move(work.positions);
  return arrival;
}

Status RowsInWork::collect(std::vector<Arrival>& arrivals) {
  ChainNotes notes;
  std::vector<table::Table> companions;
  for (std::size_t block = 0; block < arrivals.size(); ++block) {
    Arrival& arrival = arrivals[block];
    const auto first_row = static_cast<std::uint32_t>(input_->first_row(block));
    if (arrival.fault) {
      return in_step(std::move(arrival.fault->error), arrival.fault->config_index,
                     [&](std::size_t row) { return first_row + row; });
    }
    for (const std::uint32_t position : arrival.positions) raw_rows_.push_back(first_row + position);
    companions.push_back(std::move(arrival.companions));
    doubtful_texts_.add(arrival.doubtful_texts);
    notes.add(arrival.notes);
    arrival = Arrival();
  }
  TRY(check_some_left(notes));
  unknown_categories_ = notes.unknown_categories;
  dropped_count_ = input_->row_count() - raw_rows_.size();
  companions_ = TRY(stacked(companions));
  chain_.clear();
  return {};
}

/// Now that it is known which columns have missing values.
Status RowsInWork::bind_again() {
  schema_ = input_->schema();
  const auto label = schema_.columns.begin() + static_cast<std::ptrdiff_t>(*schema_.find(recipe_->label));
  label_schema_ = *label;
  schema_.columns.erase(label);
  for (const transform::StepPointer& step : steps_) {
    const auto bound = TRY(step->bind(schema_));
    schema_ = bound->output();
  }
  return {};
}

table::Table RowsInWork::companions_of(std::size_t first_row, std::size_t row_count) const {
  return companions_.gathered(counted_from(first_row, row_count));
}

Status RowsInWork::run_chain() {
  if (chain_.empty()) return {};
  const std::vector<std::size_t> offsets = store_.row_offsets();
  std::vector<std::vector<std::uint32_t>> kept(store_.block_count());
  std::vector<ChainNotes> notes(store_.block_count());
  std::vector<table::Table> companions(store_.block_count());
  const bool need_companions = chain_.sees_label() || chain_.takes_out_companions();
  store_.start_pass();
  const auto go_through = [&](std::size_t block) -> Status {
    const std::size_t row_count = store_.row_count(block);
    if (row_count == 0) return {};
    BlockInWork work{
        .features = TRY(store_.get(block)),
        .companions = need_companions ? companions_of(offsets[block], row_count) : table::Table(),
        .positions = counted_from(0, row_count)};
    if (auto fault = chain_.apply(work, notes[block])) {
      return in_step(std::move(fault->error), fault->config_index,
                     [&](std::size_t row) { return raw_rows_[offsets[block] + row]; });
    }
    kept[block] = std::move(work.positions);
    if (chain_.takes_out_companions()) companions[block] = std::move(work.companions);
    return store_.put(block, std::move(work.features));
  };
  TRY(base::parallel_for(store_.block_count(), thread_count_, go_through));
  ChainNotes all_notes;
  std::vector<std::uint32_t> rows;
  for (std::size_t block = 0; block < kept.size(); ++block) {
    for (const std::uint32_t position : kept[block])
      rows.push_back(static_cast<std::uint32_t>(offsets[block]) + position);
    all_notes.add(notes[block]);
  }
  TRY(check_some_left(all_notes));
  for (const auto& [column, count] : all_notes.unknown_categories) unknown_categories_[column] += count;
  if (rows.size() < raw_rows_.size()) keep_companions(rows);
  if (chain_.takes_out_companions()) companions_ = TRY(stacked(companions));
  chain_.clear();
  return {};
}

Status RowsInWork::check_some_left(const ChainNotes& notes) const {
  for (std::size_t link = 0; link < notes.rows_out.size(); ++link) {
    if (notes.rows_out[link] > 0) continue;
    return in_step({.message = "no row is left: the condition is true for none of the " +
                               base::with_thousands(notes.rows_in[link]),
                    .hint = "`archmlp inspect` shows what the columns hold"},
                   chain_.links()[link].config_index);
  }
  return {};
}

void RowsInWork::keep_companions(const std::vector<std::uint32_t>& rows) {
  std::size_t distinct_count = rows.empty() ? 0 : 1;
  for (std::size_t i = 1; i < rows.size(); ++i) distinct_count += rows[i] != rows[i - 1] ? 1 : 0;
  dropped_count_ += raw_rows_.size() - distinct_count;
  companions_ = companions_.gathered(rows, thread_count_);
  raw_rows_ = gathered(raw_rows_, rows);
  if (is_split_) is_test_ = gathered(is_test_, rows);
}

Status RowsInWork::keep(const std::vector<std::uint32_t>& rows) {
  const std::vector<std::size_t> offsets = store_.row_offsets();
  store_.start_pass();
  const auto gather = [&](std::size_t block) -> Status {
    const auto begin = std::ranges::lower_bound(rows, offsets[block]);
    const auto end = std::ranges::lower_bound(begin, rows.end(), offsets[block + 1]);
    std::vector<std::uint32_t> positions(begin, end);
    for (std::uint32_t& position : positions) position -= static_cast<std::uint32_t>(offsets[block]);
    const table::Table all = TRY(store_.get(block));
    return store_.put(block, all.gathered(positions));
  };
  TRY(base::parallel_for(store_.block_count(), thread_count_, gather));
  keep_companions(rows);
  return {};
}

Status RowsInWork::set_training_values(const std::vector<table::Column>& values) {
  const std::vector<std::size_t> offsets = store_.row_offsets();
  std::vector<std::size_t> train_offsets(offsets.size(), 0);
  for (std::size_t block = 0; block + 1 < offsets.size(); ++block) {
    const auto begin = is_test_.begin() + static_cast<std::ptrdiff_t>(offsets[block]);
    const auto end = is_test_.begin() + static_cast<std::ptrdiff_t>(offsets[block + 1]);
    train_offsets[block + 1] =
        train_offsets[block] + static_cast<std::size_t>(std::count(begin, end, std::uint8_t{0}));
  }
  store_.start_pass();
  return base::parallel_for(store_.block_count(), thread_count_, [&](std::size_t block) -> Status {
    if (store_.row_count(block) == 0) return {};
    const table::Table rows = TRY(store_.get(block));
    std::vector<table::Column> columns(rows.columns().begin(), rows.columns().end());
    for (const table::Column& given : values) {
      table::Column& column = columns[*schema_.find(given.name())];
      table::RealCells cells = column.reals();
      std::size_t next = train_offsets[block];
      for (std::size_t row = 0; row < cells.values.size(); ++row)
        if (is_test_[offsets[block] + row] == 0) cells.values[row] = given.reals().values[next++];
      column = table::Column(given.name(), std::move(cells));
    }
    table::Table changed = TRY(table::Table::from_columns(std::move(columns)));
    return store_.put(block, std::move(changed));
  });
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

Error RowsInWork::in_split(Error error) const {
  if (const std::optional<ErrorRow> place = row_of(error))
    error.where = "split.time_column: " + input_->row_name(raw_rows_[place->row]) + place->rest;
  return error;
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

Status RowsInWork::check_columns() const {
  if (schema_.columns.empty()) {
    return Error{
        .message = "the steps leave no feature", .where = "preprocess", .hint = "keep at least one column"};
  }
  const std::map<std::string, table::NumbersInText> doubtful = doubtful_texts_.found();
  for (const contract::ColumnSchema& column : schema_.columns) {
    const auto found = doubtful.find(column.name);
    if (column.kind != contract::ColumnKind::kText || found == doubtful.end()) continue;
    return Error{.message = describe_doubt(*input_, column.name, found->second) +
                            "; the model would take its numbers for categories",
                 .hint = table::hint_for_numbers_in_text(column.name, found->second)};
  }
  return {};
}

Status RowsInWork::finish() {
  if (!is_read_) TRY(read());
  const bool drops_rows = std::ranges::any_of(chain_.links(), [&](const StepChain::Link& link) {
    return may_drop_rows(recipe_->preprocess[link.config_index]);
  });
  const bool split_looks = !is_split_ && (recipe_->split.time_column || recipe_->split.group_column);
  if (drops_rows || split_looks) TRY(run_chain());
  TRY(split());
  TRY(check_labels_present());
  TRY(check_both_sides());
  TRY(check_columns());
  last_notes_.resize(store_.block_count());
  return {};
}

Result<table::Table> RowsInWork::features(std::size_t block) {
  BlockInWork work{.features = TRY(store_.get(block)), .companions = {}, .positions = {}};
  if (store_.row_count(block) == 0) return std::move(work.features);
  work.positions = counted_from(0, store_.row_count(block));
  last_notes_[block] = {};
  if (auto fault = chain_.apply(work, last_notes_[block])) {
    const std::size_t first_row = store_.row_offsets()[block];
    return in_step(std::move(fault->error), fault->config_index,
                   [&](std::size_t row) { return raw_rows_[first_row + row]; });
  }
  assert(work.positions.size() == store_.row_count(block));
  return std::move(work.features);
}

void RowsInWork::add_last_notes() {
  for (const ChainNotes& notes : last_notes_) {
    for (const auto& [column, count] : notes.unknown_categories) unknown_categories_[column] += count;
  }
  last_notes_.clear();
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
  for (const auto& [column, found] : doubtful_texts_.found()) {
    if (std::find(removed.begin(), removed.end(), column) != removed.end()) continue;
    warnings.push_back(fmt::format("{}. Hint: {}", describe_doubt(*input_, column, found),
                                   table::hint_for_numbers_in_text(column, found)));
  }
  return warnings;
}

Error RowsInWork::in_step(Error error, std::size_t index) const {
  return in_step(std::move(error), index, [&](std::size_t row) { return raw_rows_[row]; });
}

/// A step counts the rows that it was given; people count those of their file.
Error RowsInWork::in_step(Error error, std::size_t index,
                          const std::function<std::size_t(std::size_t row)>& raw_row_of) const {
  const std::optional<ErrorRow> place_in_data = row_of(error);
  const std::string key = place_in_data || error.where.empty() ? "" : "." + error.where;
  const std::string place = index < recipe_->step_places.size() ? recipe_->step_places[index] + ": " : "";
  const contract::StepConfig& config = recipe_->preprocess[index];
  const std::string step =
      fmt::format("{}step {} ({}{})", place, index + 1, contract::step_name(config), key);
  error.where = step;
  if (place_in_data)
    error.where += ": " + input_->row_name(raw_row_of(place_in_data->row)) + place_in_data->rest;
  return error;
}

}  // namespace archmlp::preprocess
