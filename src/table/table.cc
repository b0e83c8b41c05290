#include "archmlp/table/table.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <new>
#include <numeric>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "archmlp/base/parallel.h"
#include "archmlp/base/text.h"
#include "archmlp/table/large_memory.h"

namespace archmlp::table {
namespace {

constexpr std::size_t kMaxRowCount = std::numeric_limits<std::uint32_t>::max();

template <typename T>
std::vector<T> gather(const std::vector<T>& values, std::span<const std::uint32_t> rows) {
  std::vector<T> gathered;
  reserve_large(gathered, rows.size());
  gathered.resize(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    assert(rows[i] < values.size());
    gathered[i] = values[rows[i]];
  }
  return gathered;
}

struct Gather {
  std::span<const std::uint32_t> rows;

  Cells operator()(const IntegerCells& cells) const {
    IntegerCells gathered{gather(cells.values, rows), {}};
    if (!cells.missing.empty()) {
      gathered.missing = gather(cells.missing, rows);
      if (std::ranges::count(gathered.missing, 0) == std::ssize(rows)) gathered.missing.clear();
    }
    return gathered;
  }
  Cells operator()(const RealCells& cells) const { return RealCells{gather(cells.values, rows)}; }
  Cells operator()(const BooleanCells& cells) const { return BooleanCells{gather(cells.values, rows)}; }
  Cells operator()(const TextCells& cells) const {
    return TextCells{gather(cells.codes, rows), cells.levels};
  }
};

struct RowCount {
  std::size_t operator()(const TextCells& cells) const noexcept { return cells.codes.size(); }
  template <typename T>
  std::size_t operator()(const T& cells) const noexcept {
    return cells.values.size();
  }
};

struct MissingCount {
  std::size_t operator()(const IntegerCells& cells) const noexcept {
    return static_cast<std::size_t>(
        std::ranges::count_if(cells.missing, [](std::uint8_t flag) { return flag != 0; }));
  }
  std::size_t operator()(const RealCells& cells) const noexcept {
    return static_cast<std::size_t>(
        std::ranges::count_if(cells.values, [](double v) { return std::isnan(v); }));
  }
  std::size_t operator()(const BooleanCells& cells) const noexcept {
    return static_cast<std::size_t>(std::ranges::count_if(cells.values, [](std::int8_t v) { return v < 0; }));
  }
  std::size_t operator()(const TextCells& cells) const noexcept {
    return static_cast<std::size_t>(
        std::ranges::count_if(cells.codes, [](std::int32_t code) { return code < 0; }));
  }
};

}  // namespace

std::size_t Column::row_count() const noexcept { return std::visit(RowCount{}, *cells_); }

bool Column::is_missing(std::size_t row) const noexcept {
  assert(row < row_count());
  switch (kind()) {
    case contract::ColumnKind::kInteger: {
      const auto& missing = std::get_if<IntegerCells>(cells_.get())->missing;
      return !missing.empty() && missing[row] != 0;
    }
    case contract::ColumnKind::kReal:
      return std::isnan(std::get_if<RealCells>(cells_.get())->values[row]);
    case contract::ColumnKind::kBoolean:
      return std::get_if<BooleanCells>(cells_.get())->values[row] < 0;
    case contract::ColumnKind::kText:
      return std::get_if<TextCells>(cells_.get())->codes[row] < 0;
  }
  return true;
}

std::size_t Column::missing_count() const noexcept { return std::visit(MissingCount{}, *cells_); }

contract::Value Column::value(std::size_t row) const {
  if (is_missing(row)) return std::monostate{};
  switch (kind()) {
    case contract::ColumnKind::kInteger:
      return integers().values[row];
    case contract::ColumnKind::kReal:
      return reals().values[row];
    case contract::ColumnKind::kBoolean:
      return booleans().values[row] != 0;
    case contract::ColumnKind::kText:
      return texts().levels[static_cast<std::size_t>(texts().codes[row])];
  }
  return std::monostate{};
}

Column Column::gathered(std::span<const std::uint32_t> rows) const {
  return {name_, std::visit(Gather{rows}, *cells_)};
}

std::span<const double> real_values(const Column& column) noexcept {
  if (column.kind() != contract::ColumnKind::kReal) return {};
  return column.reals().values;
}

void copy_as_doubles(const Column& column, std::span<double> out) {
  assert(column.kind() != contract::ColumnKind::kText);
  assert(out.size() == column.row_count());
  constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
  switch (column.kind()) {
    case contract::ColumnKind::kInteger: {
      const IntegerCells& cells = column.integers();
      std::ranges::transform(cells.values, out.begin(),
                             [](std::int64_t v) { return static_cast<double>(v); });
      for (std::size_t row = 0; row < cells.missing.size(); ++row) {
        if (cells.missing[row] != 0) out[row] = kMissing;
      }
      return;
    }
    case contract::ColumnKind::kReal:
      std::ranges::copy(column.reals().values, out.begin());
      return;
    case contract::ColumnKind::kBoolean:
      std::ranges::transform(column.booleans().values, out.begin(),
                             [](std::int8_t v) { return v < 0 ? kMissing : static_cast<double>(v); });
      return;
    case contract::ColumnKind::kText:
      return;
  }
}

base::Result<Table> Table::from_columns(std::vector<Column> columns) {
  std::unordered_set<std::string_view> names;
  for (std::size_t index = 0; index < columns.size(); ++index) {
    const Column& column = columns[index];
    if (column.name().empty()) {
      return base::Error{.message = "column " + std::to_string(index + 1) + " has no name",
                         .hint = "give every column a name"};
    }
    if (!names.insert(column.name()).second) {
      return base::Error{.message = "column name " + base::quoted(column.name()) + " occurs twice",
                         .hint = "rename one of the columns"};
    }
    if (column.row_count() != columns[0].row_count()) {
      return base::Error{.message = "column " + base::quoted(column.name()) + " has " +
                                    std::to_string(column.row_count()) + " rows, column " +
                                    base::quoted(columns[0].name()) + " has " +
                                    std::to_string(columns[0].row_count())};
    }
  }
  Table table;
  table.row_count_ = columns.empty() ? 0 : columns[0].row_count();
  if (table.row_count_ > kMaxRowCount) {
    return base::Error{
        .message = "a table holds at most 4294967295 rows, not " + std::to_string(table.row_count_),
        .hint = "split the data"};
  }
  table.columns_ = std::move(columns);
  return table;
}

Table Table::without_columns(std::size_t row_count) {
  assert(row_count <= kMaxRowCount);
  Table table;
  table.row_count_ = row_count;
  return table;
}

const Column* Table::find(std::string_view name) const noexcept {
  const auto found = std::ranges::find(columns_, name, &Column::name);
  return found == columns_.end() ? nullptr : &*found;
}

std::vector<std::string> Table::names() const {
  std::vector<std::string> names;
  names.reserve(columns_.size());
  for (const Column& column : columns_) names.push_back(column.name());
  return names;
}

Table Table::gathered(std::span<const std::uint32_t> rows, int thread_count) const {
  std::unordered_map<const Cells*, std::size_t> first_with;
  std::vector<std::size_t> source(columns_.size());  // the first column with the same cells
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    source[i] = first_with.emplace(&columns_[i].cells(), i).first->second;
  }
  std::vector<std::shared_ptr<const Cells>> cells(columns_.size());
  const base::Status status =
      base::parallel_for(columns_.size(), thread_count, [&](std::size_t i) -> base::Status {
        if (source[i] == i) cells[i] = columns_[i].gathered(rows).shared_cells();
        return {};
      });
  if (!status.ok()) throw std::bad_alloc();  // its only reason
  Table gathered;
  gathered.row_count_ = rows.size();
  gathered.columns_.reserve(columns_.size());
  for (std::size_t i = 0; i < columns_.size(); ++i)
    gathered.columns_.emplace_back(columns_[i].name(), cells[source[i]]);
  return gathered;
}

}  // namespace archmlp::table
