#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/preprocess/fit_steps.h"
#include "archmlp/table/csv_reader.h"
#include "archmlp/table/value_ranks.h"
#include "archmlp/transform/steps.h"

namespace archmlp::preprocess {
namespace {

using base::Error;
using base::Result;
using base::Status;
using contract::ColumnKind;

/// The file of a join and what of it is meant.
struct OtherFile {
  std::string name;
  std::vector<std::string> keys;
  table::CsvTable csv;
};

/// Keys that the rows have as text are read as text, whatever they look like: 007 is not 7.
Result<OtherFile> read_other(const contract::JoinStep& step, const FitInput& input) {
  const std::vector<std::string>& on = step.on.empty() ? step.left_on : step.on;
  OtherFile other{.name = (input.folder / step.file).string(),
                  .keys = step.on.empty() ? step.right_on : step.on};
  contract::CsvOptions reading;
  for (std::size_t i = 0; i < on.size(); ++i) {
    const auto column = input.schema.find(on[i]);
    if (!column) {
      return Error{.message = fmt::format("there is no column {} here", base::quoted(on[i])),
                   .where = step.on.empty() ? "left_on" : "on",
                   .hint = base::suggest_names(on[i], input.schema.names())};
    }
    if (input.schema.columns[*column].kind == ColumnKind::kText)
      reading.types[other.keys[i]] = ColumnKind::kText;
  }
  auto csv = table::read_csv(input.folder / step.file, reading);
  if (!csv.ok()) return base::located("file", std::move(csv).error());
  other.csv = std::move(csv).value();
  return other;
}

Result<std::vector<table::Column>> columns_of(const OtherFile& other, const std::vector<std::string>& names,
                                              std::string_view key) {
  std::vector<table::Column> columns;
  for (const std::string& name : names) {
    if (const table::Column* column = other.csv.table.find(name)) {
      columns.push_back(*column);
      continue;
    }
    return Error{.message = fmt::format("{} has no column {}", other.name, base::quoted(name)),
                 .where = std::string(key),
                 .hint = base::suggest_names(name, other.csv.table.names())};
  }
  return columns;
}

/// The rows with whole keys, by key. Errors: a key that is there twice.
Result<std::vector<std::uint32_t>> rows_by_key(const std::vector<table::Column>& keys,
                                               const OtherFile& other) {
  std::vector<std::uint32_t> rows;
  for (std::uint32_t row = 0; row < keys.front().row_count(); ++row) {
    const bool is_whole = std::none_of(keys.begin(), keys.end(),
                                       [row](const table::Column& key) { return key.is_missing(row); });
    if (is_whole) rows.push_back(row);
  }
  std::vector<table::ValueRanks> ranks;
  ranks.reserve(keys.size());
  for (const table::Column& key : keys) ranks.push_back(table::rank_values(key));
  const auto compare = [&ranks](std::uint32_t a, std::uint32_t b) {
    for (const table::ValueRanks& of_key : ranks) {
      if (of_key.of_row[a] != of_key.of_row[b]) return of_key.of_row[a] < of_key.of_row[b] ? -1 : 1;
    }
    return 0;
  };
  std::stable_sort(rows.begin(), rows.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return compare(a, b) < 0; });
  for (std::size_t i = 1; i < rows.size(); ++i) {
    if (compare(rows[i - 1], rows[i]) != 0) continue;
    std::string found;
    for (const table::Column& key : keys) {
      found += fmt::format("{}{} = {}", found.empty() ? "" : ", ", key.name(),
                           contract::to_text(key.value(rows[i])));
    }
    return Error{.message = fmt::format("{} has the key {} in its rows {} and {}: a join would multiply rows",
                                        other.name, found, rows[i - 1] + 1, rows[i] + 1),
                 .where = "file",
                 .hint = "leave one row for each key, or name more keys"};
  }
  return rows;
}

/// All columns but the keys, unless some are named.
std::vector<std::string> wanted_names(const contract::JoinStep& step, const OtherFile& other) {
  if (!step.columns.empty()) return step.columns;
  std::vector<std::string> names = other.csv.table.names();
  std::erase_if(names, [&other](const std::string& name) {
    return std::find(other.keys.begin(), other.keys.end(), name) != other.keys.end();
  });
  return names;
}

/// Gives the columns the names that they get beside those of the rows.
Status rename_made(std::vector<table::Column>& columns, const contract::JoinStep& step,
                   const FitInput& input) {
  for (table::Column& column : columns) {
    const auto is_taken = [&input](const std::string& name) {
      return input.schema.find(name) || name == input.label;
    };
    if (is_taken(column.name()) && step.suffix) column = column.renamed(column.name() + *step.suffix);
    if (!is_taken(column.name())) continue;
    return Error{
        .message = fmt::format("there is a column {} already{}", base::quoted(column.name()),
                               column.name() == input.label ? ", the label" : ""),
        .where = "columns",
        .hint = step.suffix ? "use another suffix" : "name the `columns` to take, or give them a suffix"};
  }
  return {};
}

}  // namespace

Fitted fit(const contract::JoinStep& step, const FitInput& input) {
  const OtherFile other = TRY(read_other(step, input));
  const std::vector<table::Column> keys =
      TRY(columns_of(other, other.keys, step.on.empty() ? "right_on" : "on"));
  std::vector<table::Column> columns = TRY(columns_of(other, wanted_names(step, other), "columns"));
  const std::vector<std::uint32_t> rows = TRY(rows_by_key(keys, other));
  TRY(rename_made(columns, step, input));
  transform::Join join{.how = step.how == "inner" ? transform::JoinKind::kInner : transform::JoinKind::kLeft,
                       .on = step.on.empty() ? step.left_on : step.on};
  join.keys = TRY(table::Table::from_columns(keys)).gathered(rows);
  join.columns = columns.empty() ? table::Table::without_columns(rows.size())
                                 : TRY(table::Table::from_columns(std::move(columns))).gathered(rows);
  TRY(transform::check_join_size(join.keys, join.columns));
  FittedStep fitted(transform::make_join(std::move(join)));
  fitted.inputs["join:" + contract::joined_file_name(step)] = other.csv.sha256;
  return fitted;
}

}  // namespace archmlp::preprocess
