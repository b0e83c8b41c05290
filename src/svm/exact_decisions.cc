#include "archmlp/svm/exact_decisions.h"

#include <algorithm>
#include <numeric>

#include "archmlp/base/parallel.h"
#include "archmlp/svm/packed_rows.h"

namespace archmlp::svm {
namespace {

constexpr std::size_t kBlockRows = 256;  // of x; their kernel values with a group fit into L1

/// All groups of `rows`, packed once: [groups, depth, kGroupRows].
struct Groups {
  std::vector<double> values, norms;

  Groups(const PackedRows<double>& packed, std::size_t count) {
    const std::size_t group_count = (count + kGroupRows - 1) / kGroupRows;
    const std::size_t group_values = packed.depth() * kGroupRows;
    values.resize(group_count * group_values);
    norms.resize(group_count * kGroupRows);
    std::vector<std::uint32_t> places(kGroupRows);
    for (std::size_t group = 0; group < group_count; ++group) {
      const std::size_t size = std::min(kGroupRows, count - group * kGroupRows);
      std::iota(places.begin(), places.end(), static_cast<std::uint32_t>(group * kGroupRows));
      packed.copy_group(std::span(places).first(size), values.data() + group * group_values,
                        norms.data() + group * kGroupRows);
    }
  }
};

}  // namespace

base::Status add_exact_decisions(const DualProblem& problem, std::span<const double> centre,
                                 std::span<const std::uint32_t> rows, std::span<const double> factors,
                                 std::span<double> sums, int thread_count) {
  if (rows.empty()) return {};
  const model::MatrixView x = problem.x;
  PackedRows<double> packed;
  packed.pack(x, rows, centre, thread_count, problem.category_counts);
  const Groups groups(packed, rows.size());
  const std::size_t block_count = (x.rows + kBlockRows - 1) / kBlockRows;
  return base::parallel_for(block_count, thread_count, [&](std::size_t block) -> base::Status {
    const std::size_t begin = block * kBlockRows, count = std::min(kBlockRows, x.rows - begin);
    std::vector<std::uint32_t> places(count);
    std::iota(places.begin(), places.end(), static_cast<std::uint32_t>(begin));
    PackedRows<double> columns;
    columns.pack(x, places, centre, 1, problem.category_counts);
    std::vector<double> values(kGroupRows * kBlockRows), totals(kBlockRows);
    std::copy_n(sums.data() + begin, count, totals.data());
    KernelBlock<double> part{.kernel = problem.kernel,
                             .depth = x.cols,
                             .category_depth = columns.category_depth(),
                             .panel_count = columns.panel_count(),
                             .panels = columns.panels(),
                             .panel_norms = columns.norms()};
    for (std::size_t row = 0; row < kGroupRows; ++row) part.out[row] = values.data() + row * kBlockRows;
    for (std::size_t first = 0; first < rows.size(); first += kGroupRows) {
      part.group = groups.values.data() + first * x.cols;
      part.group_norms = groups.norms.data() + first;
      part.group_size = std::min(kGroupRows, rows.size() - first);
      compute_kernel(part);
      add_rows(part.out.data(), factors.data() + first, part.group_size, kBlockRows, totals.data());
    }
    std::copy_n(totals.data(), count, sums.data() + begin);
    return {};
  });
}

}  // namespace archmlp::svm
