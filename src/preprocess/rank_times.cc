#include "archmlp/preprocess/rank_times.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/transform/date_format.h"

namespace archmlp::preprocess {
namespace {

using base::Error;
using base::Result;
using Time = std::pair<std::int64_t, std::int32_t>;  // seconds, nanoseconds

Error not_iso(const table::Column& times, std::size_t row, const std::string& text) {
  return Error{
      .message =
          fmt::format("column {}: {} is no date in ISO 8601, such as 2024-05-01 or 2024-05-01T13:00, so "
                      "the rows cannot be put in time order",
                      base::quoted(times.name()), base::quoted(text)),
      .where = fmt::format("row {}", row + 1),
      .hint = fmt::format("say how it is written, in a step: `- cast: {{columns: [{}], type: date, format: "
                          "\"%d/%m/%Y\"}}` with the format of these dates",
                          times.name())};
}

/// The time that each level names, if a row has it.
Result<std::vector<std::optional<Time>>> times_of_levels(const table::Column& times) {
  const transform::DateFormat iso = TRY(transform::DateFormat::compile(transform::kIso8601));
  const table::TextCells& cells = times.texts();
  std::vector<std::optional<Time>> of_level(cells.levels.size());
  for (std::size_t row = 0; row < cells.codes.size(); ++row) {
    if (cells.codes[row] < 0) continue;
    const auto level = static_cast<std::size_t>(cells.codes[row]);
    if (of_level[level]) continue;
    const std::optional<transform::Instant> instant = iso.parse(cells.levels[level]);
    if (!instant) return not_iso(times, row, cells.levels[level]);
    of_level[level] = Time(instant->seconds, instant->nanoseconds);
  }
  return of_level;
}

}  // namespace

Result<table::ValueRanks> rank_times(const table::Column& times) {
  if (times.kind() != contract::ColumnKind::kText) return table::rank_values(times);
  const auto of_level = TRY(times_of_levels(times));
  std::vector<Time> distinct;
  for (const std::optional<Time>& time : of_level)
    if (time) distinct.push_back(*time);
  std::ranges::sort(distinct);
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  std::vector<double> place_of_level(of_level.size(), table::kMissingReal);
  for (std::size_t level = 0; level < of_level.size(); ++level) {
    if (!of_level[level]) continue;
    const auto place = std::ranges::lower_bound(distinct, *of_level[level]);
    place_of_level[level] = static_cast<double>(place - distinct.begin());
  }
  table::RealCells places;
  places.values.reserve(times.row_count());
  for (const std::int32_t code : times.texts().codes)
    places.values.push_back(code < 0 ? table::kMissingReal : place_of_level[static_cast<std::size_t>(code)]);
  return table::rank_values({times.name(), table::Cells(std::move(places))});
}

}  // namespace archmlp::preprocess
