#include "archmlp/profile/class_split.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "archmlp/profile/column_profile.h"

namespace archmlp::profile {
namespace {

using contract::ColumnKind;
using contract::Value;

/// A number for each distinct value, the same for equal ones. Precondition: not missing, not real.
std::int64_t key_at(const table::Column& column, std::size_t row) {
  switch (column.kind()) {
    case ColumnKind::kInteger:
      return column.integers().values[row];
    case ColumnKind::kBoolean:
      return column.booleans().values[row];
    case ColumnKind::kText:
      return column.texts().codes[row];
    case ColumnKind::kReal:
      break;
  }
  return 0;
}

/// The bin of a histogram that holds a number, if one does.
std::optional<std::size_t> bin_of(const Histogram& histogram, double value) {
  const std::vector<double>& edges = histogram.edges;
  if (value < edges.front() || value > edges.back()) return std::nullopt;
  const auto after = std::upper_bound(edges.begin(), edges.end(), value);
  const auto bin = static_cast<std::size_t>(after - edges.begin()) - 1;
  return std::min(bin, histogram.counts.size() - 1);
}

/// Which of the top values each level is; -1 for none.
std::vector<std::int32_t> places_of_levels(const table::TextCells& cells) {
  std::vector<std::int32_t> places(cells.levels.size(), -1);
  std::int32_t place = 0;
  for (const std::size_t level : top_levels(cells, count_levels(cells))) places[level] = place++;
  return places;
}

/// Calls `count(row, bar)` for every row that falls on a bin.
template <typename Count>
void for_each_bin(const table::Column& column, const Histogram& histogram, const Count& count) {
  const bool real = column.kind() == ColumnKind::kReal;
  for (std::size_t row = 0; row < column.row_count(); ++row) {
    if (column.is_missing(row)) continue;
    const double value =
        real ? column.reals().values[row] : static_cast<double>(column.integers().values[row]);
    if (const auto bin = bin_of(histogram, value)) count(row, *bin);
  }
}

/// The same for every row: the top values, all others, the missing ones.
template <typename Count>
void for_each_value(const table::Column& column, const ColumnProfile& profile, const Count& count) {
  const std::size_t others = profile.top.size();
  const std::size_t missing = others + 1;
  if (column.kind() == ColumnKind::kText) {
    const std::vector<std::int32_t> places = places_of_levels(column.texts());
    for (std::size_t row = 0; row < column.row_count(); ++row) {
      const std::int32_t code = column.texts().codes[row];
      const std::int32_t place = code < 0 ? -1 : places[static_cast<std::size_t>(code)];
      count(row, code < 0 ? missing : place < 0 ? others : static_cast<std::size_t>(place));
    }
    return;
  }
  for (std::size_t row = 0; row < column.row_count(); ++row) {  // of two values at most
    const Value value = column.value(row);
    const auto place = std::find_if(profile.top.begin(), profile.top.end(),
                                    [&](const ValueCount& top) { return top.value == value; });
    count(row, column.is_missing(row) ? missing : static_cast<std::size_t>(place - profile.top.begin()));
  }
}

}  // namespace

LabelClasses classes_of(const table::Column& label) {
  LabelClasses found;
  found.of_row.assign(label.row_count(), -1);
  std::unordered_map<std::int64_t, std::int32_t> numbers;
  for (std::size_t row = 0; row < label.row_count(); ++row) {
    if (label.is_missing(row)) continue;
    const auto [place, is_new] =
        numbers.try_emplace(key_at(label, row), static_cast<std::int32_t>(found.classes.size()));
    if (is_new) found.classes.push_back({label.value(row), 0});
    found.of_row[row] = place->second;
    ++found.classes[static_cast<std::size_t>(place->second)].count;
  }

  std::vector<std::size_t> order(found.classes.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const ValueCount& first = found.classes[a];
    const ValueCount& second = found.classes[b];
    return first.count != second.count ? first.count > second.count
                                       : contract::value_less(first.value, second.value);
  });
  std::vector<ValueCount> sorted(order.size());
  std::vector<std::int32_t> rank(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    sorted[i] = std::move(found.classes[order[i]]);
    rank[order[i]] = static_cast<std::int32_t>(i);
  }
  found.classes = std::move(sorted);
  for (std::int32_t& number : found.of_row)
    number = number < 0 ? number : rank[static_cast<std::size_t>(number)];
  return found;
}

std::vector<std::vector<std::size_t>> split_by_class(const table::Column& column,
                                                     const ColumnProfile& profile,
                                                     std::span<const std::int32_t> class_of_row,
                                                     std::size_t class_count) {
  const bool binned = shows_histogram(profile);
  const std::size_t bar_count = binned ? profile.numbers->histogram.counts.size() : profile.top.size() + 2;
  std::vector<std::vector<std::size_t>> counts(class_count, std::vector<std::size_t>(bar_count));
  const auto count = [&](std::size_t row, std::size_t bar) {
    if (class_of_row[row] >= 0) ++counts[static_cast<std::size_t>(class_of_row[row])][bar];
  };
  if (binned) {
    for_each_bin(column, profile.numbers->histogram, count);
  } else {
    for_each_value(column, profile, count);
  }
  return counts;
}

}  // namespace archmlp::profile
