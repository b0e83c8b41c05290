#include "archmlp/svm/certificate.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace archmlp::svm {
namespace {

constexpr double kUnbounded = std::numeric_limits<double>::infinity();

/// Violation and rho.
Certified measure_pulls(const Box& box, std::span<const double> sums, std::span<const double> beta,
                        bool bias) {
  double most_up = bias ? -kUnbounded : 0.0, least_down = bias ? kUnbounded : 0.0, free_sum = 0;
  std::size_t free_count = 0;
  for (std::size_t v = 0; v < box.size(); ++v) {
    const double gradient = sums[box.row[v]] + box.linear[v];
    const bool grows = beta[v]<box.high[v], falls = beta[v]> box.low[v];
    if (grows) most_up = std::max(most_up, -gradient);
    if (falls) least_down = std::min(least_down, -gradient);
    if (grows && falls) {
      free_sum += gradient;
      ++free_count;
    }
  }
  Certified found;
  found.violation = std::max(0.0, most_up - least_down);
  if (std::isinf(found.violation)) found.violation = 0;  // nothing can move
  if (!bias) return found;
  if (free_count > 0) {
    found.rho = free_sum / static_cast<double>(free_count);
  } else if (std::isfinite(most_up) && std::isfinite(least_down)) {
    found.rho = -(most_up + least_down) / 2;
  } else {
    found.rho = std::isfinite(most_up) ? -most_up : std::isfinite(least_down) ? -least_down : 0.0;
  }
  return found;
}

}  // namespace

Certified certify(const Box& box, std::span<const double> weights, std::span<const double> sums,
                  std::span<const double> beta, bool bias) {
  Certified found = measure_pulls(box, sums, beta, bias);
  double norm = 0, loss = 0, linear = 0;
  for (std::size_t row = 0; row < sums.size(); ++row) norm += weights[row] * sums[row];
  for (std::size_t v = 0; v < box.size(); ++v) {
    const double gradient = sums[box.row[v]] + box.linear[v] - found.rho;
    // High is 0 or C, low -C or 0: the sign of what β may be decides which side costs.
    loss += box.high[v] > 0 ? box.high[v] * std::max(0.0, -gradient) : -box.low[v] * std::max(0.0, gradient);
    linear += box.linear[v] * beta[v];
  }
  found.primal = norm / 2 + loss;
  found.dual = -(norm / 2 + linear);
  return found;
}

}  // namespace archmlp::svm
