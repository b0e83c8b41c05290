#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "archmlp/svm/row_box.h"

namespace archmlp::svm {

/// Which rows of a large problem are solved for: near the margin, while all others stand at the bound where a
/// first guess has them. Rows that turn out to stand at the wrong one join, so that in the end none does.
class Sifting {
 public:
  Sifting(const RowBox& box, bool bias) : box_(box), bias_(bias) {}

  /// Rows spread over all, and for each how many it stands for; as many of either sign if there are.
  void sample(std::vector<std::uint32_t>& rows, std::vector<double>& factors) const;

  /// From the decisions of a first guess: sets β to bounds, and chooses the rows nearest to the margin, so
  /// many that they can make Σ β = 0.
  void choose(std::span<const double> decisions, std::vector<double>& beta);
  void choose_all();

  /// Lets rows join if more than `few` of the others violate KKT conditions by more than `tol`. False: none
  /// did.
  bool grow(std::span<const double> decisions, std::span<const double> beta, double tol, std::size_t few);

  const std::vector<std::uint32_t>& rows() const noexcept { return rows_; }  // ascending
  bool all() const noexcept { return rows_.size() == row_count(); }

 private:
  std::size_t row_count() const noexcept { return box_.begins.size() - 1; }
  bool can_balance(std::span<const double> beta) const;

  const RowBox& box_;
  bool bias_;
  std::vector<std::uint32_t> rows_;
};

}  // namespace archmlp::svm
