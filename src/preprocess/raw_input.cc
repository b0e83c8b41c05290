#include "archmlp/preprocess/raw_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <set>

#include "archmlp/base/cancel.h"
#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/preprocess/unread_columns.h"

namespace archmlp::preprocess {

using base::Error;
using base::Result;
using base::Status;

namespace {

constexpr std::size_t kMaxRows = std::numeric_limits<std::uint32_t>::max();

/// Columns that nobody looks at, unless the raw test rows are to be written as they are.
std::vector<std::string> unread_in(const PreprocessOptions& options) {
  return options.test_rows_out ? std::vector<std::string>() : unread_columns(options.recipe);
}

/// A file that is there twice would have its rows in both the training and the test set.
Status refuse_repeated(const PreprocessOptions& options) {
  std::vector<std::filesystem::path> files = options.data;
  if (options.recipe.split.test_file)
    files.push_back(options.recipe.folder / *options.recipe.split.test_file);
  std::set<std::filesystem::path> seen;
  for (std::size_t i = 0; i < files.size(); ++i) {
    std::error_code unknown;  // opening it says what is wrong
    const std::filesystem::path file = std::filesystem::canonical(files[i], unknown);
    if (seen.insert(unknown ? files[i] : file).second) continue;
    const bool is_test = i >= options.data.size();
    return Error{.message = base::quoted(files[i].string()) +
                            (is_test ? " is both data and the test file" : " is given twice"),
                 .where = is_test ? "split.test_file" : "data",
                 .hint = "its rows would be in both the training and the test set; give each file once"};
  }
  return {};
}

Status nothing_taken(std::size_t /*block*/, const table::Table& /*rows*/) { return {}; }

}  // namespace

Result<RawInput> RawInput::open(const PreprocessOptions& options, base::Progress& progress) {
  contract::CsvOptions reading = options.recipe.read;
  reading.unread = unread_in(options);
  reading.thread_count = options.thread_count;
  TRY(refuse_repeated(options));
  RawInput input(options, progress, TRY(table::CsvBlocks::open(options.data, reading, progress)));
  input.take_schema();
  return input;
}

/// CSVs show a missing value as an empty cell, so every column that can read one so must.
void RawInput::take_schema() {
  schema_ = data_.schema();
  for (contract::ColumnSchema& column : schema_.columns) {
    std::vector<std::string>& tokens = column.missing_values;
    const bool has_empty = std::find(tokens.begin(), tokens.end(), "") != tokens.end();
    if (column.kind != contract::ColumnKind::kText && !has_empty) tokens.insert(tokens.begin(), "");
  }
}

Status RawInput::learn_kinds() {
  TRY(data_.read(nothing_taken));
  kinds_are_known_ = true;
  take_schema();
  return {};
}

Result<bool> RawInput::read_data(const Take& take) {
  const bool as_guessed = TRY(data_.read(take));
  kinds_are_known_ = true;
  take_schema();
  return as_guessed;
}

Status RawInput::open_test() {
  const contract::Recipe& recipe = options_->recipe;
  if (!recipe.split.test_file) return {};
  TRY(base::check_cancelled());
  if (!recipe.read.header) {
    return Error{.message = "a test file is matched by column names, but the data has no header line",
                 .where = "split.test_file",
                 .hint = "add a header line to both files"};
  }
  contract::Schema relaxed = schema_;
  for (contract::ColumnSchema& column : relaxed.columns) column.nullable = true;
  table::KnownSchemaOptions reading;
  reading.delimiter = recipe.read.delimiter;
  reading.unread = unread_in(*options_);
  reading.thread_count = options_->thread_count;
  test_ =
      TRY(table::CsvBlocks::open_as(recipe.folder / *recipe.split.test_file, relaxed, reading, *progress_));
  return {};
}

Status RawInput::read_test(const Take& take) {
  if (test_) {
    std::vector<std::uint8_t> any_missing(schema_.columns.size(), 0);  // through std::atomic_ref
    TRY(test_->read([&](std::size_t block, table::Table rows) {
      for (std::size_t index = 0; index < any_missing.size(); ++index) {
        if (rows.column(index).missing_count() > 0)
          std::atomic_ref<std::uint8_t>(any_missing[index]).store(1);
      }
      return take(data_.block_count() + block, std::move(rows));
    }));
    for (std::size_t index = 0; index < any_missing.size(); ++index)
      if (any_missing[index] != 0) schema_.columns[index].nullable = true;
  }
  if (row_count() <= kMaxRows) return {};
  return Error{.code = base::ErrorCode::kResourceLimit,
               .message = fmt::format("{} rows are too many; {} is the most",
                                      base::with_thousands(row_count()), base::with_thousands(kMaxRows)),
               .hint = "split the file, or sample it first"};
}

Status RawInput::read_again(const Take& take) {
  TRY(data_.read(take));
  if (!test_) return {};
  TRY(test_->read([&](std::size_t block, table::Table rows) {
    return take(data_.block_count() + block, std::move(rows));
  }));
  return {};
}

std::size_t RawInput::block_count() const noexcept {
  return data_.block_count() + (test_ ? test_->block_count() : 0);
}

std::size_t RawInput::row_count() const noexcept {
  return data_.row_count() + (test_ ? test_->row_count() : 0);
}

std::size_t RawInput::first_row(std::size_t block) const noexcept {
  if (block < data_.block_count()) return data_.rows_before(block);
  return data_.row_count() + (test_ ? test_->rows_before(block - data_.block_count()) : 0);
}

std::string RawInput::row_name(std::size_t row) const {
  const bool is_data = row < data_.row_count();
  const table::CsvBlocks& source = is_data ? data_ : *test_;
  const auto place = source.place_of(is_data ? row : row - data_.row_count());
  return fmt::format("{}: row {}", source.file_name(place.file), place.row + 1);
}

std::map<std::string, std::string, std::less<>> RawInput::inputs() const {
  std::map<std::string, std::string, std::less<>> inputs;
  for (std::size_t file = 0; file < data_.file_count(); ++file)
    inputs[file == 0 ? "data" : fmt::format("data:{}", file + 1)] = data_.sha256()[file];
  if (test_) inputs["test_data"] = test_->sha256().front();
  return inputs;
}

}  // namespace archmlp::preprocess
