#include "archmlp/transform/replaced_columns.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace archmlp::transform {

ReplacedColumns::ReplacedColumns(const contract::Schema& input, const std::vector<std::size_t>& sources)
    : sources_(sources), input_count_(input.columns.size()) {
  std::vector<bool> is_source(input_count_, false);
  for (const std::size_t index : sources) is_source[index] = true;
  for (std::size_t index = 0; index < input_count_; ++index) {
    if (!is_source[index]) kept_.push_back(index);
  }
}

contract::Schema ReplacedColumns::kept(const contract::Schema& input) const {
  contract::Schema schema;
  for (const std::size_t index : kept_) schema.columns.push_back(input.columns[index]);
  return schema;
}

std::vector<table::Column> ReplacedColumns::kept(const table::Table& rows) const {
  std::vector<table::Column> columns;
  for (const std::size_t index : kept_) columns.push_back(rows.column(index));
  return columns;
}

void ReplacedColumns::keep(const table::Record& record, table::Record& out) const {
  out.clear();
  for (const std::size_t index : kept_) out.push_back(record[index]);
}

std::vector<bool> ReplacedColumns::inputs_needed(const std::vector<bool>& needed,
                                                 const std::vector<std::size_t>& made_counts) const {
  assert(made_counts.size() == sources_.size());
  std::vector<bool> result(input_count_, false);
  for (std::size_t i = 0; i < kept_.size(); ++i) result[kept_[i]] = needed[i];
  auto made = needed.begin() + static_cast<std::ptrdiff_t>(kept_.size());
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    const auto end = made + static_cast<std::ptrdiff_t>(made_counts[i]);
    result[sources_[i]] = std::find(made, end, true) != end;
    made = end;
  }
  return result;
}

base::Result<table::Table> table_of(std::vector<table::Column> columns, std::size_t row_count) {
  if (columns.empty()) return table::Table::without_columns(row_count);
  return table::Table::from_columns(std::move(columns));
}

}  // namespace archmlp::transform
