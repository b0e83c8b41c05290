#include "archmlp/table/profile.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <new>
#include <nlohmann/json.hpp>

#include "archmlp/base/parallel.h"

namespace archmlp::table {
namespace {

constexpr std::size_t kTopCount = 5;

__extension__ using Wide = __int128;

/// Keeps the most frequent values. Equal counts: the value that is offered first stays first.
template <typename T>
class TopValues {
 public:
  void offer(const T& value, std::size_t count) {
    if (count == 0 || (top_.size() == kTopCount && top_.back().second >= count)) return;
    const auto place =
        std::find_if(top_.begin(), top_.end(), [&](const auto& other) { return other.second < count; });
    top_.insert(place, {value, count});
    if (top_.size() > kTopCount) top_.pop_back();
  }
  const std::vector<std::pair<T, std::size_t>>& values() const { return top_; }

 private:
  std::vector<std::pair<T, std::size_t>> top_;
};

/// Fills what follows from the sorted values without gaps.
template <typename T>
void profile_sorted(const std::vector<T>& sorted, ColumnProfile& profile) {
  if (sorted.empty()) return;
  TopValues<T> top;
  for (auto run = sorted.begin(); run != sorted.end();) {
    const auto next = std::find_if(run, sorted.end(), [&](const T& value) { return value != *run; });
    top.offer(*run, static_cast<std::size_t>(next - run));
    ++profile.distinct_count;
    run = next;
  }
  profile.min.emplace(std::in_place_type<T>, sorted.front());
  profile.max.emplace(std::in_place_type<T>, sorted.back());
  for (const auto& [value, count] : top.values()) {
    profile.top.emplace_back().first.template emplace<T>(value);
    profile.top.back().second = count;
  }
}

double mean_of(const std::vector<std::int64_t>& values) {
  Wide sum = 0;
  for (const std::int64_t value : values) sum += value;
  return static_cast<double>(sum) / static_cast<double>(values.size());
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  const auto count = static_cast<double>(values.size());
  if (std::isfinite(sum)) return sum / count;
  double mean = 0;  // the sum overflows, its parts do not
  for (const double value : values) mean += value / count;
  return mean;
}

void profile_cells(const IntegerCells& cells, ColumnProfile& profile) {
  std::vector<std::int64_t> present;
  present.reserve(cells.values.size());
  for (std::size_t row = 0; row < cells.values.size(); ++row) {
    if (cells.missing.empty() || cells.missing[row] == 0) present.push_back(cells.values[row]);
  }
  profile.missing_count = cells.values.size() - present.size();
  if (!present.empty()) profile.mean = mean_of(present);
  std::sort(present.begin(), present.end());
  profile_sorted(present, profile);
}

void profile_cells(const RealCells& cells, ColumnProfile& profile) {
  std::vector<double> present;
  present.reserve(cells.values.size());
  for (const double value : cells.values) {
    if (!std::isnan(value)) present.push_back(value + 0.0);  // -0.0 becomes 0.0: they are one value
  }
  profile.missing_count = cells.values.size() - present.size();
  std::sort(present.begin(), present.end());
  if (!present.empty()) profile.mean = mean_of(present);
  profile_sorted(present, profile);
}

void profile_cells(const BooleanCells& cells, ColumnProfile& profile) {
  const auto count = [&](std::int8_t wanted) {
    return static_cast<std::size_t>(std::count(cells.values.begin(), cells.values.end(), wanted));
  };
  const std::size_t no = count(0);
  const std::size_t yes = count(1);
  profile.missing_count = count(-1);
  profile.distinct_count = (no > 0 ? 1U : 0U) + (yes > 0 ? 1U : 0U);
  if (profile.distinct_count == 0) return;
  profile.min = contract::Value(no == 0);
  profile.max = contract::Value(yes > 0);
  profile.mean = static_cast<double>(yes) / static_cast<double>(no + yes);
  TopValues<bool> top;
  top.offer(false, no);
  top.offer(true, yes);
  for (const auto& [value, times] : top.values()) profile.top.emplace_back(value, times);
}

void profile_cells(const TextCells& cells, ColumnProfile& profile) {
  std::vector<std::size_t> counts(cells.levels.size());
  for (const std::int32_t code : cells.codes) {
    if (code < 0) {
      ++profile.missing_count;
    } else {
      ++counts[static_cast<std::size_t>(code)];
    }
  }
  // By count, and bytes only where counts are equal: cheaper than to sort millions of names.
  std::vector<std::size_t> used;
  for (std::size_t level = 0; level < counts.size(); ++level) {
    if (counts[level] > 0) used.push_back(level);
  }
  profile.distinct_count = used.size();
  if (used.empty()) return;
  const auto by_bytes = [&](std::size_t a, std::size_t b) { return cells.levels[a] < cells.levels[b]; };
  const auto [min, max] = std::minmax_element(used.begin(), used.end(), by_bytes);
  profile.min = contract::Value(cells.levels[*min]);
  profile.max = contract::Value(cells.levels[*max]);
  const auto top_end = used.begin() + static_cast<std::ptrdiff_t>(std::min(kTopCount, used.size()));
  std::partial_sort(used.begin(), top_end, used.end(), [&](std::size_t a, std::size_t b) {
    return counts[a] != counts[b] ? counts[a] > counts[b] : by_bytes(a, b);
  });
  for (auto level = used.begin(); level != top_end; ++level) {
    profile.top.emplace_back(contract::Value(cells.levels[*level]), counts[*level]);
  }
}

}  // namespace

TableProfile profile_table(const Table& table, int thread_count) {
  TableProfile profile;
  profile.row_count = table.row_count();
  profile.columns.resize(table.columns().size());
  const base::Status done =
      base::parallel_for(profile.columns.size(), thread_count, [&](std::size_t index) -> base::Status {
        const Column& column = table.column(index);
        ColumnProfile& of_column = profile.columns[index];
        of_column.name = column.name();
        of_column.kind = column.kind();
        std::visit([&](const auto& cells) { profile_cells(cells, of_column); }, column.cells());
        return {};
      });
  if (!done.ok()) throw std::bad_alloc();  // the only way for a profile to fail
  return profile;
}

nlohmann::ordered_json to_json(const TableProfile& profile) {
  const auto value_or_null = [](const std::optional<contract::Value>& value) {
    return value ? contract::to_json(*value) : nlohmann::ordered_json();
  };
  nlohmann::ordered_json json;
  json["row_count"] = profile.row_count;
  json["columns"] = nlohmann::ordered_json::array();
  for (const ColumnProfile& column : profile.columns) {
    nlohmann::ordered_json entry;
    entry["name"] = column.name;
    entry["kind"] = contract::to_string(column.kind);
    entry["missing_count"] = column.missing_count;
    entry["distinct_count"] = column.distinct_count;
    entry["min"] = value_or_null(column.min);
    entry["max"] = value_or_null(column.max);
    entry["mean"] = column.mean ? nlohmann::ordered_json(*column.mean) : nlohmann::ordered_json();
    entry["top"] = nlohmann::ordered_json::array();
    for (const auto& [value, count] : column.top) {
      nlohmann::ordered_json of_value;
      of_value["value"] = contract::to_json(value);
      of_value["count"] = count;
      entry["top"].push_back(std::move(of_value));
    }
    json["columns"].push_back(std::move(entry));
  }
  return json;
}

}  // namespace archmlp::table
