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
#include "archmlp/preprocess/dataset_writer.h"
#include "archmlp/preprocess/ordered_texts.h"
#include "archmlp/preprocess/raw_input.h"
#include "archmlp/preprocess/rows_in_work.h"
#include "archmlp/preprocess/unread_columns.h"
#include "archmlp/table/csv_writer.h"
#include "archmlp/table/value_ranks.h"
#include "archmlp/transform/plan.h"

namespace archmlp::preprocess {
namespace {

namespace fs = std::filesystem;
using base::Error;
using base::Result;
using base::Status;

constexpr std::array<std::string_view, 5> kFolderNames = {
    contract::kDatasetFiles[0], contract::kDatasetFiles[1], contract::kDatasetFiles[2],
    contract::kDatasetFiles[3], contract::kContractFile};

/// Raw test rows must read back as they are: an empty cell has to mean "missing" wherever one is.
Status check_test_rows_output(const PreprocessOptions& options, const contract::Schema& raw) {
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
  for (const contract::ColumnSchema& column : raw.columns) {
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

Status check_training_classes(const contract::LabelSchema& schema, const RowsInWork& work) {
  if (schema.task == contract::Task::kRegression) return {};
  std::vector<std::uint32_t> train_rows;
  for (std::uint32_t row = 0; row < work.is_test().size(); ++row)
    if (work.is_test()[row] == 0) train_rows.push_back(row);
  const table::Column training = work.label().gathered(train_rows);
  if (table::rank_values(training).distinct_count() > 1) return {};
  return Error{
      .message = fmt::format("all training rows have the same label, {}: there is nothing to learn",
                             base::quoted(contract::to_text(training.value(0)))),
      .where = "label",
      .hint = schema.classes.size() > 1 ? "stratify the split, or give more rows" : "check the filters"};
}

/// What the x files hold, as the steps promise.
contract::Schema feature_schema(const RowsInWork& work) {
  contract::Schema schema = work.schema();
  for (contract::ColumnSchema& column : schema.columns) column.missing_values = {""};
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
                                                const RawInput& input, contract::LabelSchema label) {
  TRY(check_plan(work, input.schema(), label.name));
  contract::DatasetContract contract;
  contract.program_version = base::program_version();
  contract.has_raw = true;
  contract.raw = input.schema();
  for (const std::string& name : unread_columns(options.recipe)) {  // even where they were read, to be copied
    if (const auto column = contract.raw.find(name))
      contract.raw.columns[*column] = table::unread_column(name);
  }
  contract.steps = transform::to_json(work.steps());
  contract.features = feature_schema(work);
  contract.label = std::move(label);
  contract.inputs = input.inputs();
  contract.inputs.insert(work.inputs().begin(), work.inputs().end());
  contract.recipe = contract::to_json(options.recipe);
  contract.seed = options.recipe.split.seed;
  return contract;
}

/// The raw rows of the test side, read once more.
Result<base::AtomicFile> write_test_rows(const PreprocessOptions& options, RawInput& input,
                                         const RowsInWork& work) {
  std::vector<std::uint32_t> wanted;
  for (std::size_t row = 0; row < work.is_test().size(); ++row)
    if (work.is_test()[row] != 0) wanted.push_back(work.raw_rows()[row]);
  base::AtomicFile file = TRY(base::AtomicFile::create(*options.test_rows_out));
  TRY(file.write(table::csv_header(input.schema().names())));
  OrderedTexts texts([&file](std::string_view text) { return file.write(text); });
  TRY(input.read_again([&](std::size_t block, const table::Table& rows) {
    const std::size_t first_row = input.first_row(block);
    const auto begin = std::ranges::lower_bound(wanted, first_row);
    const auto end = std::ranges::lower_bound(begin, wanted.end(), first_row + rows.row_count());
    std::vector<std::uint32_t> positions(begin, end);
    for (std::uint32_t& position : positions) position -= static_cast<std::uint32_t>(first_row);
    table::CsvText text;
    table::append_csv(rows, positions, text);
    return texts.put(block, std::string(text.text()));
  }));
  TRY(texts.finish());
  return file;
}

/// Everything is written before anything is published; then each output appears whole.
Status publish(const PreprocessOptions& options, RowsInWork& work, RawInput& input,
               contract::DatasetContract& contract, base::Progress& progress) {
  base::AtomicFolder folder = TRY(base::AtomicFolder::create(options.out, kFolderNames));
  TRY(write_dataset(folder.path(), work, contract, options.thread_count, progress));
  std::optional<base::AtomicFile> test_rows_file;
  if (options.test_rows_out) test_rows_file = TRY(write_test_rows(options, input, work));
  TRY(base::check_cancelled());
  TRY(folder.commit());
  if (test_rows_file) TRY(test_rows_file->commit());
  return {};
}

/// Rows in work take what is left beside the blocks on their way: two thirds are for those and for what is
/// held of each row.
MemoryBudget budget_for(const PreprocessOptions& options) {
  MemoryBudget budget{.bytes = std::nullopt, .spill_folder = fs::absolute(options.out).lexically_normal()};
  if (!budget.spill_folder.has_filename()) budget.spill_folder = budget.spill_folder.parent_path();
  budget.spill_folder = budget.spill_folder.parent_path();
  if (options.memory) budget.bytes = *options.memory / 3;
  return budget;
}

}  // namespace

Result<PreprocessReport> run_preprocess_stage(const PreprocessOptions& options, base::Progress& progress) {
  const contract::Recipe& recipe = options.recipe;
  RawInput input = TRY(RawInput::open(options, progress));
  RowsInWork work = TRY(RowsInWork::start(recipe, input, budget_for(options), options.thread_count));
  for (std::size_t index = 0; index < recipe.preprocess.size(); ++index) {
    TRY(base::check_cancelled());
    TRY(work.apply(recipe.preprocess[index], index));
    if (work.is_read())
      progress.update(contract::step_name(recipe.preprocess[index]), index + 1, recipe.preprocess.size(),
                      "steps");
  }
  TRY(work.finish());
  TRY(check_test_rows_output(options, input.schema()));
  contract::LabelSchema label = TRY(describe_label(work.label(), recipe.train));
  TRY(check_training_classes(label, work));

  PreprocessReport report;
  report.contract = TRY(make_contract(options, work, input, std::move(label)));
  TRY(publish(options, work, input, report.contract, progress));
  work.add_last_notes();
  report.rows_read = input.row_count();
  report.rows_dropped = work.dropped_count();
  report.unknown_categories = work.unknown_categories();
  report.warnings = work.warnings();
  return report;
}

}  // namespace archmlp::preprocess
