#include "archmlp/svm/sifting.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

namespace archmlp::svm {
namespace {

constexpr std::size_t kSampleRows = 16384;  // of either sign
constexpr std::size_t kLeastRows = 32768;   // near the margin
constexpr std::size_t kRowsOf = 16;         // one in so many, if that is more
constexpr std::size_t kJoiningRows = 1024;  // beyond as many again as violate
constexpr double kSpareBalance = 1e-6;      // of the width of what Σ β can be

/// The `count` rows of the least key, ascending.
std::vector<std::uint32_t> least_rows(std::vector<std::uint32_t> rows, std::size_t count,
                                      std::span<const double> keys) {
  if (count < rows.size()) {
    const auto end = rows.begin() + static_cast<std::ptrdiff_t>(count);
    std::nth_element(rows.begin(), end, rows.end(), [&](std::uint32_t a, std::uint32_t b) {
      return keys[a] < keys[b] || (keys[a] == keys[b] && a < b);
    });
    rows.resize(count);
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

}  // namespace

void Sifting::sample(std::vector<std::uint32_t>& rows, std::vector<double>& factors) const {
  std::array<std::vector<std::uint32_t>, 2> sides;
  for (std::uint32_t row = 0; row < row_count(); ++row) {
    if (box_.begins[row] == box_.begins[row + 1]) continue;
    sides[box_.box.high[box_.begins[row]] > 0 ? 1 : 0].push_back(row);
  }
  std::vector<std::pair<std::uint32_t, double>> chosen;
  for (const std::vector<std::uint32_t>& side : sides) {
    const std::size_t count = std::min(side.size(), kSampleRows);
    const double factor = static_cast<double>(side.size()) / static_cast<double>(count);
    for (std::size_t i = 0; i < count; ++i) chosen.emplace_back(side[i * side.size() / count], factor);
  }
  std::sort(chosen.begin(), chosen.end());
  for (const auto& [row, factor] : chosen) {
    rows.push_back(row);
    factors.push_back(factor);
  }
}

void Sifting::choose_all() {
  rows_.resize(row_count());
  std::iota(rows_.begin(), rows_.end(), 0U);
}

void Sifting::choose(std::span<const double> decisions, std::vector<double>& beta) {
  const Box& box = box_.box;
  std::vector<double> distances(row_count(), std::numeric_limits<double>::infinity());
  for (std::size_t v = 0; v < box.size(); ++v) {
    const double gradient = decisions[box.row[v]] + box.linear[v];
    beta[v] = gradient > 0 ? box.low[v] : box.high[v];
    distances[box.row[v]] = std::min(distances[box.row[v]], std::abs(gradient));
  }
  std::vector<std::uint32_t> all(row_count());
  std::iota(all.begin(), all.end(), 0U);
  for (std::size_t count = std::max(kLeastRows, row_count() / kRowsOf); count < row_count() / 2; count *= 2) {
    rows_ = least_rows(all, count, distances);
    if (!bias_ || can_balance(beta)) return;
  }
  choose_all();
}

bool Sifting::can_balance(std::span<const double> beta) const {
  double fixed = 0, least = 0, most = 0;
  for (const double value : beta) fixed += value;
  for (const std::uint32_t row : rows_) {
    for (std::size_t v = box_.begins[row]; v < box_.begins[row + 1]; ++v) {
      fixed -= beta[v];
      least += box_.box.low[v];
      most += box_.box.high[v];
    }
  }
  const double spare = kSpareBalance * (most - least);
  return least + spare <= -fixed && -fixed <= most - spare;
}

bool Sifting::grow(std::span<const double> decisions, std::span<const double> beta, double tol,
                   std::size_t few) {
  if (all()) return false;
  const Box& box = box_.box;
  std::vector<double> slacks(row_count(), std::numeric_limits<double>::infinity());
  std::vector<std::uint8_t> active(row_count(), 0);
  for (const std::uint32_t row : rows_) active[row] = 1;
  std::vector<std::uint32_t> others;
  std::size_t violators = 0;
  for (std::uint32_t row = 0; row < row_count(); ++row) {
    if (active[row] != 0) continue;
    for (std::size_t v = box_.begins[row]; v < box_.begins[row + 1]; ++v) {
      const double gradient = decisions[row] + box.linear[v];
      slacks[row] = std::min(slacks[row], beta[v] <= box.low[v] ? gradient : -gradient);
    }
    violators += slacks[row] < -tol ? 1 : 0;
    others.push_back(row);
  }
  if (violators <= few) return false;
  const std::size_t joining = 2 * violators + kJoiningRows;
  if (rows_.size() + joining > row_count() / 2) {
    choose_all();
    return true;
  }
  const std::vector<std::uint32_t> joined = least_rows(std::move(others), joining, slacks);
  const auto middle = static_cast<std::ptrdiff_t>(rows_.size());
  rows_.insert(rows_.end(), joined.begin(), joined.end());
  std::inplace_merge(rows_.begin(), rows_.begin() + middle, rows_.end());
  return true;
}

}  // namespace archmlp::svm
