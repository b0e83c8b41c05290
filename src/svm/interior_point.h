#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/svm/linear_rows.h"
#include "archmlp/svm/row_box.h"

namespace archmlp::svm {

/// The dual of a linear machine by a primal-dual interior-point method: each step forms X'DX over all rows,
/// solves a system of as many unknowns as there are features, and moves all variables at once. Some tens of
/// steps do, whatever C is. w is a variable of its own, which meets Σ βx only in the end: it starts at 0, far
/// from no row, and where β is large, decisions keep digits that Σ βx would lose. Sources: Ferris, Munson
/// 2002, "Interior-point methods for massive support vector machines"; Mehrotra 1992, "On the implementation
/// of a primal-dual interior point method" (predictor and corrector).
class InteriorPoint {
 public:
  /// Variables that stand still.
  struct Fixed {
    std::vector<double> sum;  // Σ βx̃, [columns]
    double linear = 0;        // Σ linear β
  };

  InteriorPoint(const LinearRows& rows, const RowBox& box, Fixed fixed, int thread_count);

  /// To the middle of the box, with (w, rho) as guessed or, if that is empty, w = 0. Errors: kCancelled.
  base::Status start(std::span<const double> guess = {});
  /// False: rounding leaves no further step. Errors: kCancelled.
  base::Result<bool> step();

  /// Between the primal of (w, rho) and the dual of β, relative to the primal.
  double relative_gap() const noexcept;
  /// Σ of what products of slacks and multipliers are still; it falls where the gap cannot yet.
  double complementarity() const noexcept { return totals_.complementarity; }
  /// The multipliers' usual size.
  double scale() const noexcept { return totals_.multipliers / static_cast<double>(box_.size()); }
  std::span<const double> coefficients() const noexcept { return coefficients_; }
  std::span<const double> beta() const noexcept { return beta_; }
  std::span<const double> decisions() const noexcept { return decisions_; }  // [rows]

 private:
  struct Slacks;
  struct Move {
    double beta = 0, below = 0, above = 0;
  };
  struct Totals {
    double complementarity = 0, loss = 0, linear = 0, multipliers = 0;
  };

  Slacks slacks_of(std::size_t variable) const noexcept;
  Move affine_move(const Slacks& slacks, std::size_t variable, double change) const noexcept;
  Move full_move(const Slacks& slacks, std::size_t variable, const Move& affine, double change,
                 double pull) const noexcept;
  void add_variable(Totals& totals, std::size_t variable) const noexcept;
  base::Status move_rows(double length, double pull);
  base::Result<bool> factorize();
  bool factorize(const std::vector<double>& gram);
  std::vector<double> solve(std::span<const double> right) const;
  base::Result<double> predict();
  base::Result<double> correct(double pull);

  const LinearRows& rows_;
  const RowBox& box_;
  Fixed fixed_;
  int thread_count_;
  std::size_t columns_;
  std::vector<double> coefficients_;          // w and, with bias, rho
  std::vector<double> residual_;              // Σ βx̃ of all variables, less (w, 0)
  std::vector<double> beta_, below_, above_;  // [variables]: β and the multipliers of its bounds
  std::vector<double> decisions_;             // [rows]
  std::vector<double> affine_, full_;    // [rows]: how decisions change in the predictor's step, in the whole
  std::vector<double> factor_, scales_;  // Cholesky's, [columns, columns], of the scaled matrix
  std::vector<double> right_;            // [columns]: what the predictor's direction solves the system for
  std::vector<double> pull_right_, bend_right_;  // [columns]: what the corrector adds, the one times its pull
  std::vector<double> direction_;                // [columns]: of the whole step
  double second_order_ = 0;                      // of complementarity along the predictor's direction
  Totals totals_;
};

}  // namespace archmlp::svm
