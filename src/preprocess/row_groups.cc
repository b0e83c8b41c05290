#include "archmlp/preprocess/row_groups.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <span>
#include <tuple>

#include "archmlp/base/hash.h"
#include "archmlp/base/parallel.h"
#include "archmlp/base/try.h"

namespace archmlp::preprocess {
namespace {

using base::Hash128;
using base::Result;
using base::Status;

constexpr std::uint64_t kMissing =
    0x6D697373696E6700;  // "missing": cells with a value differ in the flag too

/// The hashes of the texts of a column, once a level.
std::vector<Hash128> hash_levels(const table::Column& column) {
  std::vector<Hash128> hashes;
  if (column.kind() != contract::ColumnKind::kText) return hashes;
  hashes.reserve(column.texts().levels.size());
  for (const std::string& level : column.texts().levels)
    hashes.push_back(base::hash128(std::as_bytes(std::span(level))));
  return hashes;
}

/// What stands for a cell: equal for equal cells of one column.
using CellWords = std::array<std::uint64_t, 3>;

CellWords words_at(const table::Column& column, const std::vector<Hash128>& level_hashes, std::size_t row) {
  if (column.is_missing(row)) return {kMissing, 0, 0};
  switch (column.kind()) {
    case contract::ColumnKind::kInteger:
      return {1, static_cast<std::uint64_t>(column.integers().values[row]), 0};
    case contract::ColumnKind::kReal:
      return {1, std::bit_cast<std::uint64_t>(column.reals().values[row] + 0.0), 0};  // -0.0 + 0.0 is 0.0
    case contract::ColumnKind::kBoolean:
      return {1, static_cast<std::uint64_t>(column.booleans().values[row]), 0};
    case contract::ColumnKind::kText:
      break;
  }
  const Hash128& hash = level_hashes[static_cast<std::size_t>(column.texts().codes[row])];
  return {1, hash.high, hash.low};
}

/// Two integer columns: the halves of each row's hash. `label` starts at the block's first row.
table::Table hash_rows(const std::vector<const table::Column*>& columns, const table::Column* label,
                       std::size_t first_row, std::size_t row_count) {
  std::vector<std::vector<Hash128>> level_hashes;
  level_hashes.reserve(columns.size());
  for (const table::Column* column : columns) level_hashes.push_back(hash_levels(*column));
  const std::vector<Hash128> label_hashes = label != nullptr ? hash_levels(*label) : std::vector<Hash128>();
  table::IntegerCells high{std::vector<std::int64_t>(row_count), {}};
  table::IntegerCells low = high;
  std::vector<CellWords> words(columns.size() + (label != nullptr ? 1 : 0));
  for (std::size_t row = 0; row < row_count; ++row) {
    for (std::size_t i = 0; i < columns.size(); ++i) words[i] = words_at(*columns[i], level_hashes[i], row);
    if (label != nullptr) words.back() = words_at(*label, label_hashes, first_row + row);
    const Hash128 hash = base::hash128(std::as_bytes(std::span(words)));
    high.values[row] = static_cast<std::int64_t>(hash.high);
    low.values[row] = static_cast<std::int64_t>(hash.low);
  }
  return table::Table::from_columns({{"high", std::move(high)}, {"low", std::move(low)}}).value();
}

struct HashedRow {
  Hash128 hash;
  std::uint32_t row;
};

/// The rows whose hash lies in one of `part_count` equal ranges, equal ones side by side.
Result<std::vector<HashedRow>> sorted_part(const RowStore& hashes, std::size_t row_count, std::size_t part,
                                           std::size_t part_count) {
  std::vector<HashedRow> found;
  found.reserve(row_count / part_count + row_count / part_count / 16 + 16);
  std::uint32_t first_row = 0;
  for (std::size_t block = 0; block < hashes.block_count(); ++block) {
    if (hashes.row_count(block) == 0) continue;
    const table::Table rows = TRY(hashes.get(block));
    const auto& high = rows.column(0).integers().values;
    const auto& low = rows.column(1).integers().values;
    for (std::uint32_t row = 0; row < high.size(); ++row) {
      const Hash128 hash{static_cast<std::uint64_t>(high[row]), static_cast<std::uint64_t>(low[row])};
      if ((hash.high >> 32U) * part_count >> 32U == part) found.push_back({hash, first_row + row});
    }
    first_row += static_cast<std::uint32_t>(high.size());
  }
  std::ranges::sort(found, {}, [](const HashedRow& hashed) {
    return std::tuple(hashed.hash.high, hashed.hash.low, hashed.row);
  });
  return found;
}

/// More parts than this many rows each would cost more than they save.
constexpr std::size_t kRowsOfAPart = 1U << 16U;

/// So many that all that are worked on at a time fit the budget.
std::size_t part_count_for(std::size_t row_count, const MemoryBudget& budget, int thread_count) {
  const auto threads = static_cast<std::size_t>(base::resolve_thread_count(thread_count));
  if (!budget.bytes) return threads;
  const std::size_t needed = row_count * sizeof(HashedRow) * 5 / 4 * threads;
  const std::size_t most = row_count / kRowsOfAPart + 1;
  return std::max(threads, std::min(most, needed / std::max<std::size_t>(*budget.bytes, 1) + 1));
}

}  // namespace

Result<std::vector<std::uint32_t>> first_equal_rows(const LearningRows& rows,
                                                    const std::vector<std::size_t>& columns,
                                                    bool with_label) {
  RowStore hashes(rows.budget());
  hashes.grow(rows.block_count());
  const auto hash = [&](std::size_t block, std::size_t first_row, const table::Table& table) -> Status {
    if (first_row >= rows.data_row_count()) return {};
    std::vector<const table::Column*> compared;
    compared.reserve(columns.size());
    for (const std::size_t index : columns) compared.push_back(&table.column(index));
    return hashes.put(block, hash_rows(compared, with_label ? &rows.label() : nullptr, first_row,
                                       std::min(table.row_count(), rows.data_row_count() - first_row)));
  };
  TRY(rows.for_each_block(hash));
  std::vector<std::uint32_t> first(rows.data_row_count());
  std::iota(first.begin(), first.end(), 0U);
  const std::size_t part_count = part_count_for(first.size(), rows.budget(), rows.thread_count());
  const auto find = [&](std::size_t part) -> Status {
    const std::vector<HashedRow> found = TRY(sorted_part(hashes, first.size(), part, part_count));
    for (std::size_t i = 1; i < found.size(); ++i)
      if (found[i].hash == found[i - 1].hash) first[found[i].row] = first[found[i - 1].row];
    return {};
  };
  TRY(base::parallel_for(part_count, rows.thread_count(), find));
  return first;
}

}  // namespace archmlp::preprocess
