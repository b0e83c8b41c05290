#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "archmlp/svm/box.h"

namespace archmlp::svm {

/// A box whose variables stand in the order of their rows.
struct RowBox {
  Box box;
  std::vector<std::uint32_t> order;   // of the variables in the problem; empty: as they are
  std::vector<std::uint32_t> begins;  // [rows + 1]: the variables of each row

  static RowBox of(std::span<const DualVariable> variables, std::size_t row_count) {
    RowBox rows;
    const auto before = [&](std::uint32_t a, std::uint32_t b) { return variables[a].row < variables[b].row; };
    const auto in_order = [](const DualVariable& a, const DualVariable& b) { return a.row < b.row; };
    if (!std::is_sorted(variables.begin(), variables.end(), in_order)) {
      rows.order.resize(variables.size());
      std::iota(rows.order.begin(), rows.order.end(), 0U);
      std::stable_sort(rows.order.begin(), rows.order.end(), before);
    }
    rows.begins.assign(row_count + 1, 0);
    for (std::size_t i = 0; i < variables.size(); ++i) {
      rows.box.add(variables[rows.place(i)]);
      ++rows.begins[rows.box.row.back() + 1];
    }
    std::partial_sum(rows.begins.begin(), rows.begins.end(), rows.begins.begin());
    return rows;
  }
  /// The variables of `rows`, ascending, which are numbered anew; what they may be is widened by `factors`.
  RowBox subset(std::span<const std::uint32_t> rows, std::span<const double> factors) const {
    RowBox part;
    part.begins.push_back(0);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      for (std::size_t v = begins[rows[i]]; v < begins[rows[i] + 1]; ++v) {
        part.box.row.push_back(static_cast<std::uint32_t>(i));
        part.box.linear.push_back(box.linear[v]);
        part.box.low.push_back(box.low[v] * factors[i]);
        part.box.high.push_back(box.high[v] * factors[i]);
      }
      part.begins.push_back(static_cast<std::uint32_t>(part.box.size()));
    }
    return part;
  }
  std::size_t size() const noexcept { return box.size(); }
  std::size_t place(std::size_t variable) const noexcept {
    return order.empty() ? variable : order[variable];
  }

  /// Σ β of each row's variables.
  std::vector<double> row_weights(std::span<const double> beta) const {
    std::vector<double> weights(begins.size() - 1, 0.0);
    for (std::size_t v = 0; v < beta.size(); ++v) weights[box.row[v]] += beta[v];
    return weights;
  }
};

}  // namespace archmlp::svm
