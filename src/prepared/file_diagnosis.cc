#include "archmlp/prepared/file_diagnosis.h"

#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "archmlp/base/text.h"
#include "archmlp/table/csv_reader.h"

namespace archmlp::prepared {
namespace {

std::vector<std::string> not_in(const std::vector<std::string>& names,
                                const std::vector<std::string>& others) {
  std::vector<std::string> missing;
  for (const std::string& name : names) {
    if (std::find(others.begin(), others.end(), name) == others.end()) missing.push_back(name);
  }
  return missing;
}

/// Empty if the names agree, in order.
std::string names_differ(const std::vector<std::string>& expected, const std::vector<std::string>& found) {
  const std::vector<std::string> missing = not_in(expected, found);
  const std::vector<std::string> added = not_in(found, expected);
  if (!missing.empty() && !added.empty()) {
    const std::vector<std::string> near = base::nearest_names(missing[0], added, 1);
    return fmt::format("column {} is missing; {} is there, which preprocessing did not write",
                       base::quoted(missing[0]), base::quoted(near.empty() ? added[0] : near[0]));
  }
  if (!missing.empty()) return fmt::format("column {} is missing", base::quoted(missing[0]));
  if (!added.empty()) {
    return fmt::format("column {} is there, which preprocessing did not write", base::quoted(added[0]));
  }
  if (expected != found) return "its columns stand in another order than preprocessing wrote them";
  return {};
}

/// Empty if every column reads as the kind that the contract says.
std::string kinds_differ(const contract::Schema& expected, const table::CsvTable& found) {
  for (const contract::ColumnSchema& column : expected.columns) {
    const table::Column* actual = found.table.find(column.name);
    if (actual == nullptr || actual->kind() == column.kind) continue;
    if (actual->missing_count() == actual->row_count()) continue;
    return fmt::format("column {} is {} now; preprocessing wrote {}", base::quoted(column.name),
                       contract::to_string(actual->kind()), contract::to_string(column.kind));
  }
  return {};
}

}  // namespace

base::Error contract_broken(const std::filesystem::path& path, std::string message) {
  return {.code = base::ErrorCode::kContractBroken,
          .message = std::move(message),
          .where = path.string(),
          .hint = "run preprocess again, and leave the files that it writes as they are",
          .component = "preprocess"};
}

base::Error diagnose_prepared_file(const std::filesystem::path& path, const contract::Schema& schema,
                                   const contract::FileRecord& record) {
  contract::CsvOptions options;
  for (const contract::ColumnSchema& column : schema.columns) {
    if (!column.missing_values.empty()) options.column_missing_values[column.name] = column.missing_values;
  }
  base::Result<table::CsvTable> csv = table::read_csv(path, options);
  if (!csv.ok()) {
    options.column_missing_values.clear();  // they may name columns that are not there
    csv = table::read_csv(path, options);
  }
  if (!csv.ok()) {
    base::Error error = contract_broken(path, csv.error().message);
    if (!csv.error().where.empty()) error.where = csv.error().where;
    return error;
  }
  if (std::string message = names_differ(schema.names(), csv->table.names()); !message.empty()) {
    return contract_broken(path, std::move(message));
  }
  if (std::string message = kinds_differ(schema, *csv); !message.empty()) {
    return contract_broken(path, std::move(message));
  }
  if (csv->table.row_count() != record.row_count) {
    return contract_broken(path, fmt::format("the file has {} rows; preprocessing wrote {}",
                                             csv->table.row_count(), record.row_count));
  }
  return contract_broken(path, "the file was changed after preprocessing wrote it");
}

}  // namespace archmlp::prepared
