#pragma once

#include <span>

#include "archmlp/svm/box.h"

namespace archmlp::svm {

/// What a certificate says of β, and rho.
struct Certified {
  double violation = 0, primal = 0, dual = 0, rho = 0;

  double gap() const noexcept { return primal - dual; }
};

/// From exact sums. weights, sums: of each row, Σ β of its variables and Σ_w β_w K(row w, row). Without bias,
/// rho is 0 and the violation as LIBLINEAR measures it.
Certified certify(const Box& box, std::span<const double> weights, std::span<const double> sums,
                  std::span<const double> beta, bool bias);

}  // namespace archmlp::svm
