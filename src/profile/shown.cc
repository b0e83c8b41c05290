#include "archmlp/profile/shown.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "archmlp/base/text.h"
#include "archmlp/table/terminal_text.h"

namespace archmlp::profile {

std::string shown(double number) {
  const double size = std::abs(number);
  return 1e6 <= size && size < 1e15 ? fmt::format("{:.0f}", number) : fmt::format("{:.6g}", number);
}

std::string shown(const contract::Value& value) {
  if (const auto* real = std::get_if<double>(&value)) return shown(*real);
  return table::printable(contract::to_text(value));
}

std::string shown(const std::optional<contract::Value>& value) { return value ? shown(*value) : "-"; }

std::string beginning_of(std::string_view text) {
  if (text.size() <= kLongestText) return std::string(text);
  std::size_t size = kLongestText;
  while ((static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
  return std::string(text.substr(0, size)) + "…";
}

std::string text_of_cell(const table::Column& column, std::size_t row) {
  if (column.kind() != contract::ColumnKind::kText || column.is_missing(row))
    return contract::to_text(column.value(row));
  const table::TextCells& cells = column.texts();
  return beginning_of(cells.levels[static_cast<std::size_t>(cells.codes[row])]);
}

std::string percent(std::size_t part, std::size_t whole) {
  const double share = whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  if (part > 0 && share < 0.1) return "<0.1 %";
  if (part < whole && share > 99.9) return ">99.9 %";
  return part == whole && whole > 0 ? "100 %" : fmt::format("{:.1f} %", share);
}

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", base::with_thousands(count), count == 1 ? one : many);
}

std::string_view name_of(Measure measure) noexcept {
  switch (measure) {
    case Measure::kPearson:
      return "Pearson's r";
    case Measure::kCramersV:
      return "Cramér's V";
    case Measure::kCorrelationRatio:
      return "correlation ratio";
  }
  return "";
}

std::vector<std::size_t> coarsened(const Histogram& histogram, std::size_t limit) {
  const std::size_t bin_count = histogram.counts.size();
  const std::size_t together = std::max<std::size_t>((bin_count + limit - 1) / limit, 1);
  std::vector<std::size_t> bars((bin_count + together - 1) / together);
  for (std::size_t bin = 0; bin < bin_count; ++bin) bars[bin / together] += histogram.counts[bin];
  return bars;
}

std::vector<ColumnPair> strongest_pairs(const Associations& associations, double least, std::size_t limit) {
  std::vector<ColumnPair> pairs;
  for (const ColumnPair& pair : associations.pairs) {
    if (std::abs(pair.association.value) >= least) pairs.push_back(pair);
  }
  std::stable_sort(pairs.begin(), pairs.end(), [](const ColumnPair& a, const ColumnPair& b) {
    return std::abs(a.association.value) > std::abs(b.association.value);
  });
  if (pairs.size() > limit) pairs.resize(limit);
  return pairs;
}

}  // namespace archmlp::profile
