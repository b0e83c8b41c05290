#include "archmlp/preprocess/preprocess_stage.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

#include "archmlp/base/atomic_output.h"
#include "archmlp/base/cancel.h"
#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/base/version.h"
#include "archmlp/preprocess/columns.h"
#include "archmlp/preprocess/dataset_writer.h"
#include "archmlp/preprocess/rows_in_work.h"
#include "archmlp/preprocess/unread_columns.h"
#include "archmlp/table/csv_reader.h"
#include "archmlp/table/csv_writer.h"
#include "archmlp/table/value_ranks.h"
#include "archmlp/transform/plan.h"

namespace archmlp::preprocess {
namespace {

namespace fs = std::filesystem;
using base::Error;
using base::Result;
using base::Status;
using contract::ColumnKind;

constexpr std::array<std::string_view, 5> kFolderNames = {
    contract::kDatasetFiles[0], contract::kDatasetFiles[1], contract::kDatasetFiles[2],
    contract::kDatasetFiles[3], contract::kContractFile};

/// CSVs show a missing value as an empty cell, so every column that can read one so must.
void accept_empty_cells(contract::Schema& schema) {
  for (contract::ColumnSchema& column : schema.columns) {
    std::vector<std::string>& tokens = column.missing_values;
    const bool has_empty = std::find(tokens.begin(), tokens.end(), "") != tokens.end();
    if (column.kind != ColumnKind::kText && !has_empty) tokens.insert(tokens.begin(), "");
  }
}

/// The given test file, read as the data was.
Result<table::CsvTable> read_test_file(const PreprocessOptions& options, const contract::Schema& schema,
                                       base::Progress& progress) {
  const contract::Recipe& recipe = options.recipe;
  if (!recipe.read.header) {
    return Error{.message = "a test file is matched by column names, but the data has no header line",
                 .where = "split.test_file",
                 .hint = "add a header line to both files"};
  }
  contract::Schema relaxed = schema;
  for (contract::ColumnSchema& column : relaxed.columns) column.nullable = true;
  table::KnownSchemaOptions reading;
  reading.delimiter = recipe.read.delimiter;
  if (!options.test_rows_out) reading.unread = unread_columns(recipe);
  reading.thread_count = options.thread_count;
  return table::read_csv_as(recipe.folder / *recipe.split.test_file, relaxed, reading, progress);
}

Result<RawData> read_raw(const PreprocessOptions& options, base::Progress& progress) {
  contract::CsvOptions reading = options.recipe.read;
  if (!options.test_rows_out) reading.unread = unread_columns(options.recipe);
  reading.thread_count = options.thread_count;
  table::CsvTable data = TRY(table::read_csv(options.data, reading, progress));
  RawData raw{.rows = std::move(data.table), .schema = std::move(data.schema)};
  raw.data_row_count = raw.rows.row_count();
  raw.data_name = options.data == "-" ? "standard input" : options.data.string();
  raw.inputs["data"] = std::move(data.sha256);
  accept_empty_cells(raw.schema);
  if (options.recipe.split.test_file) {
    TRY(base::check_cancelled());
    const table::CsvTable test = TRY(read_test_file(options, raw.schema, progress));
    for (std::size_t index = 0; index < raw.schema.columns.size(); ++index) {
      if (test.table.column(index).missing_count() > 0) raw.schema.columns[index].nullable = true;
    }
    raw.rows = TRY(append_rows(raw.rows, test.table));
    raw.test_name = (options.recipe.folder / *options.recipe.split.test_file).string();
    raw.inputs["test_data"] = test.sha256;
  }
  return raw;
}

/// Raw test rows must read back as they are: an empty cell has to mean "missing" wherever one is.
Status check_test_rows_output(const PreprocessOptions& options, const RawData& raw) {
  if (!options.test_rows_out) return {};
  std::error_code error;
  const fs::path folder = fs::absolute(*options.test_rows_out, error).lexically_normal().parent_path();
  const fs::path out = (fs::absolute(options.out, error) / "").lexically_normal().parent_path();
  if (folder == out) {
    return Error{
        .message =
            "the raw test rows cannot be written into the prepared folder, which holds the four CSVs "
            "and the contract only",
        .where = options.test_rows_out->string(),
        .hint = "choose a path beside the folder"};
  }
  for (const contract::ColumnSchema& column : raw.schema.columns) {
    const std::vector<std::string>& tokens = column.missing_values;
    if (!column.nullable || std::find(tokens.begin(), tokens.end(), "") != tokens.end()) continue;
    return Error{
        .message = fmt::format("column {}: the raw test rows would show missing values as empty cells, which "
                               "mean empty text in this column",
                               base::quoted(column.name)),
        .where = "read.column_missing_values",
        .hint = "add \"\" to its missing values"};
  }
  return {};
}

/// Distinct labels of all rows, so that a class which only test rows have can still be scored.
Result<contract::LabelSchema> describe_label(const table::Column& label, const contract::TrainConfig& train) {
  const table::ValueRanks values = table::rank_values(label);
  contract::LabelSchema schema{.name = label.name(), .kind = label.kind()};
  schema.task =
      train.task.value_or(contract::guess_task(label.kind(), values.distinct_count(), label.row_count()));
  TRY(contract::check_task(label.name(), label.kind(), table::real_values(label), schema.task));
  if (schema.task == contract::Task::kRegression) return schema;
  for (const std::uint32_t row : values.first_rows) schema.classes.push_back(label.value(row));
  return schema;
}

Status check_training_classes(const contract::LabelSchema& schema, const table::Column& label,
                              const std::vector<std::uint32_t>& train_rows) {
  if (schema.task == contract::Task::kRegression) return {};
  const table::Column training = label.gathered(train_rows);
  if (table::rank_values(training).distinct_count() > 1) return {};
  return Error{
      .message = fmt::format("all training rows have the same label, {}: there is nothing to learn",
                             base::quoted(contract::to_text(training.value(0)))),
      .where = "label",
      .hint = schema.classes.size() > 1 ? "stratify the split, or give more rows" : "check the filters"};
}

/// What the x files hold: as the steps promise, and nullable where a value is missing in fact.
contract::Schema feature_schema(const RowsInWork& work) {
  contract::Schema schema = work.schema();
  for (std::size_t index = 0; index < schema.columns.size(); ++index) {
    contract::ColumnSchema& column = schema.columns[index];
    column.missing_values = {""};
    column.nullable = column.nullable || work.features().column(index).missing_count() > 0;
  }
  return schema;
}

/// The fitted steps, bound once more from the raw schema as a server will: what they make is what was
/// written.
Status check_plan(const RowsInWork& work, const contract::Schema& raw, const std::string& label) {
  contract::Schema input = raw;
  input.columns.erase(input.columns.begin() + static_cast<std::ptrdiff_t>(*input.find(label)));
  const transform::Plan plan = TRY(transform::Plan::bind(work.steps(), input));
  assert(plan.output().names() == work.schema().names());
  return {};
}

Result<contract::DatasetContract> make_contract(const PreprocessOptions& options, const RowsInWork& work,
                                                RawData& raw, contract::LabelSchema label) {
  TRY(check_plan(work, raw.schema, label.name));
  contract::DatasetContract contract;
  contract.program_version = base::program_version();
  contract.has_raw = true;
  contract.raw = raw.schema;
  for (const std::string& name : unread_columns(options.recipe)) {  // even where they were read, to be copied
    if (const auto column = contract.raw.find(name))
      contract.raw.columns[*column] = table::unread_column(name);
  }
  contract.steps = transform::to_json(work.steps());
  contract.features = feature_schema(work);
  contract.label = std::move(label);
  contract.inputs = raw.inputs;
  contract.inputs.insert(work.inputs().begin(), work.inputs().end());
  contract.recipe = contract::to_json(options.recipe);
  contract.seed = options.recipe.split.seed;
  return contract;
}

Result<base::AtomicFile> write_test_rows(const fs::path& path, const table::Table& raw,
                                         const RowsInWork& work, const std::vector<std::uint32_t>& test_rows,
                                         int thread_count) {
  std::vector<std::uint32_t> raw_rows;
  raw_rows.reserve(test_rows.size());
  for (const std::uint32_t row : test_rows) raw_rows.push_back(work.raw_row(row));
  base::AtomicFile file = TRY(base::AtomicFile::create(path));
  const auto sink = [&file](std::string_view bytes) { return file.write(bytes); };
  TRY(table::write_csv(raw, raw_rows, sink, thread_count));
  return file;
}

/// Everything is written before anything is published; then each output appears whole.
Status publish(const PreprocessOptions& options, const RowsInWork& work, const RawData& raw,
               contract::DatasetContract& contract, base::Progress& progress) {
  const std::vector<std::uint32_t> train_rows = work.side_rows(false);
  const std::vector<std::uint32_t> test_rows = work.side_rows(true);
  base::AtomicFolder folder = TRY(base::AtomicFolder::create(options.out, kFolderNames));
  progress.update("writing", 0, work.features().row_count(), "");
  TRY(write_dataset(folder.path(), work.features(), work.label(), {.train = train_rows, .test = test_rows},
                    contract, options.thread_count));
  progress.update("writing", work.features().row_count(), work.features().row_count(), "");
  std::optional<base::AtomicFile> test_rows_file;
  if (options.test_rows_out) {
    test_rows_file =
        TRY(write_test_rows(*options.test_rows_out, raw.rows, work, test_rows, options.thread_count));
  }
  TRY(base::check_cancelled());
  TRY(folder.commit());
  if (test_rows_file) TRY(test_rows_file->commit());
  return {};
}

}  // namespace

Result<PreprocessReport> run_preprocess_stage(const PreprocessOptions& options, base::Progress& progress) {
  const contract::Recipe& recipe = options.recipe;
  RawData raw = TRY(read_raw(options, progress));
  TRY(check_test_rows_output(options, raw));
  RowsInWork work = TRY(RowsInWork::start(recipe, raw, options.thread_count));
  const std::size_t rows_read = raw.rows.row_count();
  if (!options.test_rows_out) raw.rows = table::Table();  // columns that the steps remove are freed with them

  for (std::size_t index = 0; index < recipe.preprocess.size(); ++index) {
    TRY(base::check_cancelled());
    progress.update("steps", index, recipe.preprocess.size(), contract::step_name(recipe.preprocess[index]));
    TRY(work.apply(recipe.preprocess[index], index));
  }
  TRY(work.split());
  TRY(work.check_complete());
  contract::LabelSchema label = TRY(describe_label(work.label(), recipe.train));
  TRY(check_training_classes(label, work.label(), work.side_rows(false)));

  PreprocessReport report;
  report.contract = TRY(make_contract(options, work, raw, std::move(label)));
  report.rows_read = rows_read;
  report.rows_dropped = work.dropped_count();
  report.unknown_categories = work.unknown_categories();
  report.warnings = work.warnings();
  TRY(publish(options, work, raw, report.contract, progress));
  return report;
}

}  // namespace archmlp::preprocess
