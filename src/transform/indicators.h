#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "archmlp/contract/schema.h"
#include "archmlp/table/record.h"
#include "archmlp/table/table.h"

// Columns of 0 and 1 that are made of one column.

namespace archmlp::transform {

/// Appends `count` columns, named as those of `output` behind what `columns` has. `made_of(row)`: which of
/// them is 1, negative for none.
template <typename MadeOf>
void append_indicators(const contract::Schema& output, std::size_t count, std::size_t row_count,
                       const MadeOf& made_of, std::vector<table::Column>& columns) {
  std::vector<table::IntegerCells> indicators(count);
  for (table::IntegerCells& cells : indicators) cells.values.resize(row_count, 0);
  for (std::size_t row = 0; row < row_count; ++row) {
    const auto made = made_of(row);
    if (made >= 0) indicators[static_cast<std::size_t>(made)].values[row] = 1;
  }
  for (table::IntegerCells& cells : indicators)
    columns.emplace_back(output.columns[columns.size()].name, std::move(cells));
}

/// The same for a record.
inline void append_indicators(std::size_t count, std::int32_t made, table::Record& record) {
  // Copied many at a time, and from cells that were not written just now, which the processor would wait for.
  static const auto kZeros = [] {
    std::array<table::Cell, 64> zeros;
    zeros.fill(table::Cell::of(std::int64_t{0}));
    return zeros;
  }();
  const std::size_t first = record.size();
  for (std::size_t done = 0; done < count; done += kZeros.size()) {
    const std::size_t some = std::min(count - done, kZeros.size());
    record.insert(record.end(), kZeros.begin(), kZeros.begin() + static_cast<std::ptrdiff_t>(some));
  }
  if (made >= 0) record[first + static_cast<std::size_t>(made)].integer = 1;
}

}  // namespace archmlp::transform
