#include "archmlp/preprocess/raw_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "archmlp/base/cancel.h"
#include "archmlp/base/parallel.h"
#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/preprocess/unread_columns.h"
#include "archmlp/table/concatenate.h"
#include "archmlp/table/csv_reader.h"

namespace archmlp::preprocess {
namespace {

using base::Error;
using base::Result;
using base::Status;

constexpr std::size_t kBlockRows = 65536;

/// CSVs show a missing value as an empty cell, so every column that can read one so must.
void accept_empty_cells(contract::Schema& schema) {
  for (contract::ColumnSchema& column : schema.columns) {
    std::vector<std::string>& tokens = column.missing_values;
    const bool has_empty = std::find(tokens.begin(), tokens.end(), "") != tokens.end();
    if (column.kind != contract::ColumnKind::kText && !has_empty) tokens.insert(tokens.begin(), "");
  }
}

}  // namespace

Result<RawInput> RawInput::open(const PreprocessOptions& options, base::Progress& progress) {
  RawInput input(options, progress);
  contract::CsvOptions reading = options.recipe.read;
  if (!options.test_rows_out) reading.unread = unread_columns(options.recipe);
  reading.thread_count = options.thread_count;
  table::CsvTable data = TRY(table::read_csv(options.data, reading, progress));
  input.schema_ = std::move(data.schema);
  input.rows_ = std::move(data.table);
  input.data_row_count_ = input.rows_.row_count();
  input.inputs_["data"] = std::move(data.sha256);
  accept_empty_cells(input.schema_);
  input.row_count_ = input.rows_.row_count();
  if (options.recipe.split.test_file) TRY(input.read_test_file());
  return input;
}

Status RawInput::read_test_file() {
  const contract::Recipe& recipe = options_->recipe;
  if (!recipe.read.header) {
    return Error{.message = "a test file is matched by column names, but the data has no header line",
                 .where = "split.test_file",
                 .hint = "add a header line to both files"};
  }
  contract::Schema relaxed = schema_;
  for (contract::ColumnSchema& column : relaxed.columns) column.nullable = true;
  table::KnownSchemaOptions reading;
  reading.delimiter = recipe.read.delimiter;
  if (!options_->test_rows_out) reading.unread = unread_columns(recipe);
  reading.thread_count = options_->thread_count;
  const table::CsvTable test =
      TRY(table::read_csv_as(recipe.folder / *recipe.split.test_file, relaxed, reading, *progress_));
  std::vector<table::Column> columns;
  for (std::size_t index = 0; index < schema_.columns.size(); ++index) {
    if (test.table.column(index).missing_count() > 0) schema_.columns[index].nullable = true;
    const std::vector<table::Column> pieces = {rows_.column(index), test.table.column(index)};
    columns.push_back(TRY(table::concatenated(pieces)));
  }
  rows_ = TRY(table::Table::from_columns(std::move(columns)));
  row_count_ = rows_.row_count();
  inputs_["test_data"] = test.sha256;
  return {};
}

bool RawInput::kinds_are_known() const noexcept { return true; }
Status RawInput::learn_kinds() { return {}; }
std::size_t RawInput::block_count() const noexcept { return (row_count_ + kBlockRows - 1) / kBlockRows; }
std::size_t RawInput::first_row(std::size_t block) const noexcept { return block * kBlockRows; }

Result<bool> RawInput::read(const Take& take) {
  TRY(base::parallel_for(block_count(), options_->thread_count, [&](std::size_t block) -> Status {
    std::vector<std::uint32_t> rows(std::min(kBlockRows, row_count_ - first_row(block)));
    std::iota(rows.begin(), rows.end(), static_cast<std::uint32_t>(first_row(block)));
    return take(block, rows_.gathered(rows));
  }));
  return true;
}

std::string RawInput::row_name(std::size_t row) const {
  const std::string data = options_->data == "-" ? "standard input" : options_->data.string();
  if (row < data_row_count_) return fmt::format("{}: row {}", data, row + 1);
  const std::string test = (options_->recipe.folder / *options_->recipe.split.test_file).string();
  return fmt::format("{}: row {}", test, row - data_row_count_ + 1);
}

}  // namespace archmlp::preprocess
