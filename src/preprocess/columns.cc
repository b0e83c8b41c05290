#include "archmlp/preprocess/columns.h"

#include <fmt/format.h>

#include <cassert>
#include <unordered_map>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"

namespace archmlp::preprocess {
namespace {

template <typename T>
std::vector<T> concatenated(const std::vector<T>& first, const std::vector<T>& second) {
  std::vector<T> all;
  all.reserve(first.size() + second.size());
  all.insert(all.end(), first.begin(), first.end());
  all.insert(all.end(), second.begin(), second.end());
  return all;
}

table::Cells append(const table::IntegerCells& first, const table::IntegerCells& second) {
  table::IntegerCells all{concatenated(first.values, second.values), {}};
  if (first.missing.empty() && second.missing.empty()) return all;
  const auto flags = [](const table::IntegerCells& cells) {
    return cells.missing.empty() ? std::vector<std::uint8_t>(cells.values.size(), 0) : cells.missing;
  };
  all.missing = concatenated(flags(first), flags(second));
  return all;
}

table::Cells append(const table::RealCells& first, const table::RealCells& second) {
  return table::RealCells{concatenated(first.values, second.values)};
}

table::Cells append(const table::BooleanCells& first, const table::BooleanCells& second) {
  return table::BooleanCells{concatenated(first.values, second.values)};
}

table::Cells append(const table::TextCells& first, const table::TextCells& second) {
  table::TextCells all{first.codes, first.levels};
  std::unordered_map<std::string, std::int32_t> code_of;
  for (std::size_t level = 0; level < first.levels.size(); ++level) {
    code_of.emplace(first.levels[level], static_cast<std::int32_t>(level));
  }
  std::vector<std::int32_t> translation;
  translation.reserve(second.levels.size());
  for (const std::string& level : second.levels) {
    const auto [entry, is_new] = code_of.emplace(level, static_cast<std::int32_t>(all.levels.size()));
    if (is_new) all.levels.push_back(level);
    translation.push_back(entry->second);
  }
  all.codes.reserve(first.codes.size() + second.codes.size());
  for (const std::int32_t code : second.codes) {
    all.codes.push_back(code < 0 ? code : translation[static_cast<std::size_t>(code)]);
  }
  return all;
}

struct Append {
  template <typename T>
  table::Cells operator()(const T& first, const T& second) const {
    return append(first, second);
  }
  template <typename T, typename U>
  table::Cells operator()(const T& first, const U&) const {
    assert(false && "columns of different kinds");
    return first;
  }
};

}  // namespace

base::Result<const table::Column*> find_column(const table::Table& rows, std::string_view name) {
  if (const table::Column* column = rows.find(name)) return column;
  return base::Error{.message = fmt::format("there is no column {} here", base::quoted(name)),
                     .where = "columns",
                     .hint = base::suggest_names(name, rows.names())};
}

base::Result<std::vector<const table::Column*>> find_columns(const table::Table& rows,
                                                             const std::vector<std::string>& names) {
  std::vector<const table::Column*> columns;
  columns.reserve(names.size());
  for (const std::string& name : names) columns.push_back(TRY(find_column(rows, name)));
  return columns;
}

base::Error no_training_value(std::string_view column) {
  return base::Error{
      .message = fmt::format("column {} has no value in any training row", base::quoted(column)),
      .where = "columns",
      .hint = "remove the column"};
}

base::Result<table::Table> append_rows(const table::Table& first, const table::Table& second) {
  assert(first.columns().size() == second.columns().size());
  std::vector<table::Column> columns;
  columns.reserve(first.columns().size());
  for (std::size_t index = 0; index < first.columns().size(); ++index) {
    assert(first.column(index).name() == second.column(index).name());
    columns.emplace_back(first.column(index).name(),
                         std::visit(Append(), first.column(index).cells(), second.column(index).cells()));
  }
  return table::Table::from_columns(std::move(columns));
}

}  // namespace archmlp::preprocess
