#include "archmlp/profile/measures.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <vector>

namespace archmlp::profile {
namespace {

/// Whether a spread is more than rounding leaves of a constant.
bool varies(double squares, double count, double mean) {
  return squares > count * mean * mean * 1e-28 && squares > 0;
}

}  // namespace

std::optional<double> pearson(std::span<const double> x, std::span<const double> y) {
  assert(x.size() == y.size());
  double count = 0, sum_x = 0, sum_y = 0;
  for (std::size_t row = 0; row < x.size(); ++row) {
    const bool both = !std::isnan(x[row]) && !std::isnan(y[row]);
    count += both ? 1 : 0;
    sum_x += both ? x[row] : 0;
    sum_y += both ? y[row] : 0;
  }
  if (count < 2) return std::nullopt;
  const double mean_x = sum_x / count;
  const double mean_y = sum_y / count;
  double xx = 0, yy = 0, xy = 0;
  for (std::size_t row = 0; row < x.size(); ++row) {
    const bool both = !std::isnan(x[row]) && !std::isnan(y[row]);
    const double dx = both ? x[row] - mean_x : 0;
    const double dy = both ? y[row] - mean_y : 0;
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  if (!varies(xx, count, mean_x) || !varies(yy, count, mean_y)) return std::nullopt;
  const double r = xy / std::sqrt(xx) / std::sqrt(yy);
  if (!std::isfinite(r)) return std::nullopt;
  return std::clamp(r, -1.0, 1.0);
}

std::optional<double> cramers_v(Codes a, Codes b) {
  assert(a.codes.size() == b.codes.size());
  std::vector<std::uint32_t> cells(a.count * b.count);
  for (std::size_t row = 0; row < a.codes.size(); ++row) {
    if (a.codes[row] < 0 || b.codes[row] < 0) continue;
    ++cells[static_cast<std::size_t>(a.codes[row]) * b.count + static_cast<std::size_t>(b.codes[row])];
  }
  std::vector<double> of_a(a.count), of_b(b.count);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    of_a[i / b.count] += cells[i];
    of_b[i % b.count] += cells[i];
  }
  double total = 0, rows = 0, columns = 0;
  for (const double count : of_a) total += count, rows += count > 0 ? 1 : 0;
  for (const double count : of_b) columns += count > 0 ? 1 : 0;
  if (total < 2 || rows < 2 || columns < 2) return std::nullopt;
  double ratio = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (cells[i] == 0) continue;
    const double observed = cells[i];
    ratio += observed / of_a[i / b.count] * (observed / of_b[i % b.count]);
  }
  const double phi2 = std::max(0.0, ratio - 1 - (rows - 1) * (columns - 1) / (total - 1));
  const double least = std::min(rows - (rows - 1) * (rows - 1) / (total - 1),
                                columns - (columns - 1) * (columns - 1) / (total - 1));
  if (least <= 1) return std::nullopt;
  return std::min(1.0, std::sqrt(phi2 / (least - 1)));
}

std::optional<double> correlation_ratio(Codes categories, std::span<const double> values) {
  assert(categories.codes.size() == values.size());
  double count = 0, sum = 0;
  for (std::size_t row = 0; row < values.size(); ++row) {
    const bool both = categories.codes[row] >= 0 && !std::isnan(values[row]);
    count += both ? 1 : 0;
    sum += both ? values[row] : 0;
  }
  if (count < 2) return std::nullopt;
  const double mean = sum / count;
  std::vector<double> counts(categories.count), sums(categories.count);
  double total = 0;
  for (std::size_t row = 0; row < values.size(); ++row) {
    if (categories.codes[row] < 0 || std::isnan(values[row])) continue;
    const auto category = static_cast<std::size_t>(categories.codes[row]);
    const double deviation = values[row] - mean;
    counts[category] += 1;
    sums[category] += deviation;
    total += deviation * deviation;
  }
  double between = 0, used = 0;
  for (std::size_t category = 0; category < counts.size(); ++category) {
    if (counts[category] == 0) continue;
    used += 1;
    between += sums[category] / counts[category] * sums[category];
  }
  // As many categories as rows explain everything and say nothing.
  if (used < 2 || used == count || !varies(total, count, mean)) return std::nullopt;
  const double share = between / total;
  if (!std::isfinite(share)) return std::nullopt;
  return std::sqrt(std::clamp(share, 0.0, 1.0));
}

}  // namespace archmlp::profile
