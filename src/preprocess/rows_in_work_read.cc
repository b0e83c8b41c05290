// RowsInWork: the rows come in, through the steps that need no row.

#include <algorithm>
#include <utility>

#include "archmlp/base/try.h"
#include "archmlp/preprocess/row_lists.h"
#include "archmlp/preprocess/rows_in_work.h"
#include "archmlp/table/concatenate.h"

namespace archmlp::preprocess {

using base::Result;
using base::Status;

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
  companions_ = TRY(table::concatenated(companions));
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

}  // namespace archmlp::preprocess
