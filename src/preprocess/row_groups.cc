#include "archmlp/preprocess/row_groups.h"

#include <bit>
#include <unordered_map>

#include "archmlp/base/rng.h"

namespace archmlp::preprocess {
namespace {

/// Equal for equal cells of one column; `missing` has bits of its own only together with the flag.
struct CellBits {
  std::uint64_t bits = 0;
  bool missing = true;
  bool operator==(const CellBits&) const = default;
};

CellBits bits_at(const table::Column& column, std::size_t row) {
  if (column.is_missing(row)) return {};
  switch (column.kind()) {
    case contract::ColumnKind::kInteger:
      return {static_cast<std::uint64_t>(column.integers().values[row]), false};
    case contract::ColumnKind::kReal:
      return {std::bit_cast<std::uint64_t>(column.reals().values[row] + 0.0), false};  // -0.0 + 0.0 is 0.0
    case contract::ColumnKind::kBoolean:
      return {static_cast<std::uint64_t>(column.booleans().values[row]), false};
    case contract::ColumnKind::kText:
      break;
  }
  return {static_cast<std::uint64_t>(column.texts().codes[row]), false};  // levels are distinct
}

}  // namespace

std::vector<std::uint32_t> first_equal_rows(const std::vector<const table::Column*>& columns,
                                            std::size_t row_count) {
  std::vector<std::uint64_t> hashes(row_count, 0);
  for (const table::Column* column : columns) {
    for (std::size_t row = 0; row < row_count; ++row) {
      const CellBits cell = bits_at(*column, row);
      hashes[row] = base::mix64(hashes[row] ^ base::mix64(cell.bits + (cell.missing ? 1 : 0)));
    }
  }
  const auto equal = [&](std::size_t a, std::size_t b) {
    for (const table::Column* column : columns) {
      if (bits_at(*column, a) != bits_at(*column, b)) return false;
    }
    return true;
  };
  std::unordered_multimap<std::uint64_t, std::uint32_t> rows_of_hash;
  rows_of_hash.reserve(row_count);
  std::vector<std::uint32_t> first(row_count);
  for (std::uint32_t row = 0; row < row_count; ++row) {
    first[row] = row;
    const auto [begin, end] = rows_of_hash.equal_range(hashes[row]);
    for (auto candidate = begin; candidate != end; ++candidate) {
      if (equal(candidate->second, row)) first[row] = candidate->second;
    }
    if (first[row] == row) rows_of_hash.emplace(hashes[row], row);
  }
  return first;
}

}  // namespace archmlp::preprocess
