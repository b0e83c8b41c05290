#include "archmlp/prepared/prepared_data.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>
#include <map>
#include <utility>

#include "archmlp/base/file.h"
#include "archmlp/base/hash.h"
#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/prepared/file_diagnosis.h"
#include "archmlp/table/csv_reader.h"
#include "archmlp/table/numbers_in_text.h"
#include "archmlp/table/value_ranks.h"
#include "archmlp/transform/contract_check.h"

namespace archmlp::prepared {
namespace {

namespace fs = std::filesystem;
using contract::ColumnKind;
using contract::ColumnSchema;
using contract::DatasetContract;

fs::path folder_of(const fs::path& path) {
  return path.parent_path().empty() ? fs::path(".") : path.parent_path();
}

bool is_same_folder(const fs::path& a, const fs::path& b) {
  std::error_code error;
  return a == b || fs::equivalent(a, b, error);
}

/// "train" of "x_train.csv" where `role` is "x"; empty if the name is not that of a prepared file of the
/// role.
std::string part_of(const fs::path& path, std::string_view role) {
  const std::string name = path.filename().string();
  const bool is_known = std::find(contract::kDatasetFiles.begin(), contract::kDatasetFiles.end(), name) !=
                        contract::kDatasetFiles.end();
  if (!is_known || !name.starts_with(role)) return {};
  return name.substr(2, name.size() - 6);
}

/// Does contract.json in the folder of x speak of these two files?
enum class Applies { kYes, kNo, kMixed };
Applies applies_to(const PreparedDataOptions& options) {
  if (!is_same_folder(folder_of(options.x), folder_of(options.y))) return Applies::kNo;
  if (!part_of(options.x, "y").empty() && !part_of(options.y, "x").empty()) return Applies::kMixed;
  const std::string x_part = part_of(options.x, "x");
  const std::string y_part = part_of(options.y, "y");
  if (x_part.empty() || y_part.empty()) return Applies::kNo;
  return x_part == y_part ? Applies::kYes : Applies::kMixed;
}

contract::Schema schema_of_file(const DatasetContract& contract, std::string_view name) {
  if (name.starts_with('x')) return contract.features;
  return {.columns = {label_column(contract.label)}};
}

base::Status check_files_exist(const PreparedDataOptions& options, const DatasetContract& contract) {
  const fs::path folder = folder_of(options.x);
  for (const std::string_view name : contract::kDatasetFiles) {
    if (contract.files.find(name) == contract.files.end()) {
      return contract_broken(folder / contract::kContractFile, fmt::format("it does not record {}", name));
    }
    const fs::path path = folder / name;
    const bool is_needed = options.require_all_files || path.filename() == options.x.filename() ||
                           path.filename() == options.y.filename();
    std::error_code error;
    if (!is_needed || fs::exists(path, error)) continue;
    base::Error broken = contract_broken(path, "the file is missing");
    if (options.require_all_files) {
      broken.hint = fmt::format("run preprocess again; {} needs all four CSV files", options.reader);
    }
    return broken;
  }
  return {};
}

/// Row counts that the contract itself gives: features and labels of a part go together.
base::Status check_row_counts(const fs::path& folder, const DatasetContract& contract) {
  for (const std::string part : {"train", "test"}) {
    const contract::FileRecord& x = contract.files.find("x_" + part + ".csv")->second;
    const contract::FileRecord& y = contract.files.find("y_" + part + ".csv")->second;
    if (x.row_count == y.row_count) continue;
    return contract_broken(folder / contract::kContractFile,
                           fmt::format("it records {} rows of x_{}.csv and {} of y_{}.csv", x.row_count, part,
                                       y.row_count, part));
  }
  return {};
}

/// The files of the dataset that are not read: whole all the same?
base::Status check_other_files(const PreparedDataOptions& options, const DatasetContract& contract) {
  for (const auto& [name, record] : contract.files) {
    const fs::path path = folder_of(options.x) / name;
    if (path.filename() == options.x.filename() || path.filename() == options.y.filename()) continue;
    const std::string sha256 = TRY(base::sha256_of_file(path));
    if (sha256 != record.sha256) return diagnose_prepared_file(path, schema_of_file(contract, name), record);
  }
  return {};
}

base::Result<DatasetContract> read_contract(const fs::path& path) {
  const std::string text = TRY(base::read_text(path));
  DatasetContract contract = TRY(contract::contract_from_text(text, path.string()));
  const auto plan = transform::check_contract(contract);
  if (plan.ok()) return contract;
  base::Error error =
      contract_broken(path, plan.error().where.empty() ? plan.error().message
                                                       : plan.error().where + ": " + plan.error().message);
  if (!plan.error().hint.empty()) error.hint = plan.error().hint;
  return error;
}

base::Result<table::CsvTable> read_recorded_file(const fs::path& path, const DatasetContract& contract,
                                                 int thread_count, base::Progress& progress) {
  const std::string name = path.filename().string();
  const contract::FileRecord& record = contract.files.find(name)->second;
  const contract::Schema schema = schema_of_file(contract, name);
  table::KnownSchemaOptions reading;
  reading.allow_header_only = true;
  reading.thread_count = thread_count;
  base::Result<table::CsvTable> csv = table::read_csv_as(path, schema, reading, progress);
  if (csv.ok() && csv->sha256 == record.sha256 && csv->table.row_count() == record.row_count) return csv;
  if (!csv.ok() && csv.error().code != base::ErrorCode::kInvalidInput) return std::move(csv).error();
  return diagnose_prepared_file(path, schema, record);
}

/// Numbers that are text because of a few other cells would become categories.
base::Status check_no_numbers_in_text(const table::CsvTable& csv, const fs::path& path) {
  for (const table::Column& column : csv.table.columns()) {
    if (column.kind() != ColumnKind::kText) continue;
    const table::NumbersInText found = table::count_numbers_in_text(column);
    if (!found.is_suspicious()) continue;
    return base::Error{.message = table::describe_numbers_in_text(column.name(), found) +
                                  "; the model would take its numbers for categories",
                       .where = fmt::format("{}: row {}", path.string(), found.first_other_row + 1),
                       .hint = "leave the cell empty where the value is missing, or put numbers there"};
  }
  return {};
}

/// A guessed integer is no promise that fractions never come, and the model sees float32 either way.
contract::Schema feature_schema(contract::Schema guessed) {
  for (ColumnSchema& column : guessed.columns) {
    if (column.kind == ColumnKind::kInteger) column.kind = ColumnKind::kReal;
  }
  return guessed;
}

base::Status check_single_column(const table::CsvTable& csv, const fs::path& path) {
  if (csv.table.columns().size() == 1) return {};
  return base::Error{.message = fmt::format("the file has {} columns; one is expected, the label",
                                            csv.table.columns().size()),
                     .where = path.string(),
                     .hint = "keep the label alone in this file, and the features in the other"};
}

base::Status check_labels(const PreparedData& data, const PreparedDataOptions& options) {
  const table::Column& label = data.y.column(0);
  if (data.x.row_count() != data.y.row_count()) {
    return base::Error{.message = fmt::format("{} has {} rows, {} has {}", options.x.string(),
                                              data.x.row_count(), options.y.string(), data.y.row_count()),
                       .hint = "give features and labels of the same rows, in the same order"};
  }
  if (data.features.find(label.name())) {
    return base::Error{
        .message = fmt::format("the label {} is one of the features", base::quoted(label.name())),
        .where = options.x.string(),
        .hint = "remove it there: a model must not see what it predicts"};
  }
  for (std::size_t row = 0; label.missing_count() > 0 && row < label.row_count(); ++row) {
    if (!label.is_missing(row)) continue;
    return base::Error{.message = fmt::format("column {}: the label is missing", base::quoted(label.name())),
                       .where = fmt::format("{}: row {}", options.y.string(), row + 1),
                       .hint = "remove the rows without a label from both files"};
  }
  return {};
}

/// Features that are not the asked ones, in any order: the dataset is another one.
base::Status check_same_names(const contract::Schema& wanted, const DatasetContract& contract,
                              const std::string& label, const fs::path& x) {
  const auto other_dataset = [&](std::string message) {
    return base::Error{
        .message = "this dataset is not the one of the model: " + std::move(message),
        .where = (folder_of(x) / contract::kContractFile).string(),
        .hint = "give the test files that were prepared together with the model's training files"};
  };
  const std::vector<std::string> found = contract.features.names();
  for (const std::string& name : wanted.names()) {
    if (!contract.features.find(name)) {
      return other_dataset(fmt::format("it has no feature {}", base::quoted(name)));
    }
  }
  for (const std::string& name : found) {
    if (!wanted.find(name)) {
      return other_dataset(fmt::format("the model knows no feature {}", base::quoted(name)));
    }
  }
  if (contract.label.name != label) {
    return other_dataset(fmt::format("its label is {}, the model's {}", base::quoted(contract.label.name),
                                     base::quoted(label)));
  }
  return {};
}

}  // namespace

ColumnSchema label_column(const contract::LabelSchema& label) {
  return {.name = label.name,
          .kind = label.kind,
          .nullable = true,  // a missing label is refused with its own words
          .missing_values = contract::default_missing_values()};
}

base::Result<PreparedReader> PreparedReader::open(const PreparedDataOptions& options) {
  PreparedReader reader;
  reader.options_ = options;
  const fs::path path = folder_of(options.x) / contract::kContractFile;
  std::error_code error;
  if (!fs::exists(path, error)) return reader;
  switch (applies_to(options)) {
    case Applies::kMixed:
      return base::Error{.message = fmt::format("{} and {} do not go together as features and labels",
                                                options.x.filename().string(), options.y.filename().string()),
                         .hint = "give x_train.csv with y_train.csv, or x_test.csv with y_test.csv"};
    case Applies::kNo:
      reader.warnings_.push_back(
          fmt::format("{} was not used: it speaks of x_*.csv and y_*.csv beside it, not of {} and {}",
                      path.string(), options.x.string(), options.y.string()));
      return reader;
    case Applies::kYes:
      break;
  }
  reader.contract_ = TRY(read_contract(path));
  TRY(check_files_exist(options, *reader.contract_));
  TRY(check_row_counts(folder_of(options.x), *reader.contract_));
  return reader;
}

base::Result<PreparedData> PreparedReader::read(base::Progress& progress) const {
  if (contract_) return read_as(contract_->features, label_column(contract_->label), progress);
  contract::CsvOptions reading;
  reading.thread_count = options_.thread_count;
  table::CsvTable x = TRY(table::read_csv(options_.x, reading, progress));
  TRY(check_no_numbers_in_text(x, options_.x));
  table::CsvTable y = TRY(table::read_csv(options_.y, reading, progress));
  TRY(check_single_column(y, options_.y));
  PreparedData data{.x = std::move(x.table),
                    .features = feature_schema(std::move(x.schema)),
                    .y = std::move(y.table),
                    .label = y.schema.columns[0],
                    .x_sha256 = std::move(x.sha256),
                    .y_sha256 = std::move(y.sha256),
                    .contract = {},
                    .warnings = warnings_};
  TRY(check_labels(data, options_));
  return data;
}

base::Result<PreparedData> PreparedReader::read_as(const contract::Schema& features,
                                                   const ColumnSchema& label,
                                                   base::Progress& progress) const {
  PreparedData data;
  data.warnings = warnings_;
  data.label = label;
  table::CsvTable x;
  table::CsvTable y;
  if (contract_) {
    TRY(check_same_names(features, *contract_, label.name, options_.x));
    x = TRY(read_recorded_file(options_.x, *contract_, options_.thread_count, progress));
    y = TRY(read_recorded_file(options_.y, *contract_, options_.thread_count, progress));
    if (options_.require_all_files) TRY(check_other_files(options_, *contract_));
    data.features = contract_->features;
    data.contract = contract_;
  } else {
    table::KnownSchemaOptions reading;
    reading.thread_count = options_.thread_count;
    x = TRY(table::read_csv_as(options_.x, features, reading, progress));
    y = TRY(table::read_csv_as(options_.y, {.columns = {label}}, reading, progress));
    data.features = features;
  }
  data.x = std::move(x.table);
  data.y = std::move(y.table);
  data.x_sha256 = std::move(x.sha256);
  data.y_sha256 = std::move(y.sha256);
  TRY(check_labels(data, options_));
  return data;
}

std::vector<contract::Value> distinct_values(const table::Column& label) {
  std::vector<contract::Value> values;
  for (const std::uint32_t row : table::rank_values(label).first_rows) values.push_back(label.value(row));
  return values;
}

base::Result<std::vector<std::uint32_t>> class_indices(const table::Column& label,
                                                       const std::vector<contract::Value>& classes,
                                                       const std::string& source_name) {
  assert(label.missing_count() == 0);
  std::map<contract::Value, std::uint32_t, decltype(&contract::value_less)> index_of(&contract::value_less);
  for (std::uint32_t i = 0; i < classes.size(); ++i) index_of.emplace(classes[i], i);
  const table::TextCells* texts = std::get_if<table::TextCells>(&label.cells());
  constexpr std::uint32_t kUnseen = 0xFFFFFFFF;
  std::vector<std::uint32_t> index_of_level(texts != nullptr ? texts->levels.size() : 0, kUnseen);
  std::vector<std::uint32_t> indices(label.row_count());
  for (std::size_t row = 0; row < indices.size(); ++row) {
    std::uint32_t* cached =
        texts != nullptr ? &index_of_level[static_cast<std::size_t>(texts->codes[row])] : nullptr;
    if (cached != nullptr && *cached != kUnseen) {
      indices[row] = *cached;
      continue;
    }
    const contract::Value value = label.value(row);
    const auto found = index_of.find(value);
    if (found == index_of.end()) {
      std::vector<std::string> names;
      names.reserve(classes.size());
      for (const contract::Value& known : classes) names.push_back(contract::to_text(known));
      return base::Error{
          .message = fmt::format("column {}: {} is none of the classes", base::quoted(label.name()),
                                 base::quoted(contract::to_text(value))),
          .where = fmt::format("{}: row {}", source_name, row + 1),
          .hint = base::suggest_names(contract::to_text(value), names)};
    }
    indices[row] = found->second;
    if (cached != nullptr) *cached = found->second;
  }
  return indices;
}

}  // namespace archmlp::prepared
