#include "archmlp/table/value_ranks.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace archmlp::table {
namespace {

/// Ranks of numbers; `is_missing(row)` marks the rows without one.
template <typename Number, typename IsMissing>
std::vector<std::uint32_t> rank_numbers(const std::vector<Number>& values, IsMissing is_missing) {
  std::vector<Number> distinct;
  distinct.reserve(values.size());
  for (std::size_t row = 0; row < values.size(); ++row) {
    if (!is_missing(row)) distinct.push_back(values[row]);
  }
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  std::vector<std::uint32_t> ranks(values.size(), ValueRanks::kMissing);
  for (std::size_t row = 0; row < values.size(); ++row) {
    if (is_missing(row)) continue;
    ranks[row] = static_cast<std::uint32_t>(std::lower_bound(distinct.begin(), distinct.end(), values[row]) -
                                            distinct.begin());
  }
  return ranks;
}

std::vector<std::uint32_t> rank_texts(const TextCells& cells) {
  std::vector<std::uint8_t> used(cells.levels.size(), 0);
  for (const std::int32_t code : cells.codes) {
    if (code >= 0) used[static_cast<std::size_t>(code)] = 1;
  }
  std::vector<std::uint32_t> order;
  for (std::uint32_t level = 0; level < used.size(); ++level) {
    if (used[level] != 0) order.push_back(level);
  }
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return cells.levels[a] < cells.levels[b]; });
  std::vector<std::uint32_t> rank_of_level(used.size(), ValueRanks::kMissing);
  for (std::uint32_t rank = 0; rank < order.size(); ++rank) rank_of_level[order[rank]] = rank;
  std::vector<std::uint32_t> ranks(cells.codes.size(), ValueRanks::kMissing);
  for (std::size_t row = 0; row < ranks.size(); ++row) {
    if (cells.codes[row] >= 0) ranks[row] = rank_of_level[static_cast<std::size_t>(cells.codes[row])];
  }
  return ranks;
}

struct RankCells {
  std::vector<std::uint32_t> operator()(const IntegerCells& cells) const {
    return rank_numbers(cells.values,
                        [&](std::size_t row) { return !cells.missing.empty() && cells.missing[row] != 0; });
  }
  std::vector<std::uint32_t> operator()(const RealCells& cells) const {
    return rank_numbers(cells.values, [&](std::size_t row) { return std::isnan(cells.values[row]); });
  }
  std::vector<std::uint32_t> operator()(const BooleanCells& cells) const {
    return rank_numbers(cells.values, [&](std::size_t row) { return cells.values[row] < 0; });
  }
  std::vector<std::uint32_t> operator()(const TextCells& cells) const { return rank_texts(cells); }
};

}  // namespace

ValueRanks rank_values(const Column& column) {
  ValueRanks ranks;
  ranks.of_row = std::visit(RankCells(), column.cells());
  for (std::uint32_t row = 0; row < ranks.of_row.size(); ++row) {
    const std::uint32_t rank = ranks.of_row[row];
    if (rank == ValueRanks::kMissing) {
      ++ranks.missing_count;
      continue;
    }
    if (rank >= ranks.row_counts.size()) {
      ranks.row_counts.resize(rank + 1, 0);
      ranks.first_rows.resize(rank + 1, ValueRanks::kMissing);
    }
    ++ranks.row_counts[rank];
    if (ranks.first_rows[rank] == ValueRanks::kMissing) ranks.first_rows[rank] = row;
  }
  return ranks;
}

}  // namespace archmlp::table
