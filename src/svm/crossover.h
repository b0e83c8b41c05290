#pragma once

#include <Eigen/Cholesky>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/svm/certificate.h"
#include "archmlp/svm/linear_rows.h"
#include "archmlp/svm/row_box.h"

namespace archmlp::svm {

/// From the inside of the box to the face of the optimum: variables that end at a bound are set to it, and
/// the few others are solved for with these held, by an active-set method. What it keeps is the point of the
/// least violation, by exact sums, with Σ β = 0.
class Crossover {
 public:
  using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

  Crossover(const LinearRows& rows, const RowBox& box, const SolveOptions& options)
      : rows_(rows), box_(box), tol_(options.tol), deadline_(options.deadline) {}

  /// From β with these decisions; scale: of gradients, beside which a way to a bound counts as short. At most
  /// `rounds` passes over all rows, fewer where they no longer help or after the deadline. Errors:
  /// kCancelled.
  base::Status run(std::span<const double> beta, std::span<const double> decisions, double scale, int rounds);
  /// Keeps β as it is, as there is nothing better. Errors: kCancelled.
  base::Status keep_inside(std::span<const double> beta);

  bool found() const noexcept { return !best_beta_.empty(); }
  const Certified& best() const noexcept { return best_; }  // rho: of centred rows
  const std::vector<double>& best_beta() const noexcept { return best_beta_; }
  /// w of the best β.
  const std::vector<double>& best_weights() const noexcept { return best_w_; }

 private:
  /// Variables that may move, and their rows x̃.
  struct Face {
    std::vector<std::uint32_t> variables;
    Matrix rows;
  };

  void snap(std::span<const double> beta, std::span<const double> decisions, double scale);
  void spread_excess(std::size_t few);
  base::Result<Certified> certify_point();
  Face choose_face(const Certified& point) const;
  void add_violators(const Certified& point, std::vector<std::uint32_t>& variables) const;
  void add_counterweights(const Certified& point, std::vector<std::uint32_t>& variables) const;
  Eigen::VectorXd direction(const Face& face) const;
  bool advance(const Eigen::VectorXd& way, Face& face);
  base::Status move_on(Face& face);
  double gradient(std::uint32_t variable) const noexcept {
    return sums_[box_.box.row[variable]] + box_.box.linear[variable];
  }

  const LinearRows& rows_;
  const RowBox& box_;
  double tol_;
  std::optional<std::chrono::steady_clock::time_point> deadline_;
  std::vector<double> beta_, sums_, w_;
  double excess_ = 0, amount_ = 0;  // Σ β, Σ |β|
  Certified best_;
  std::vector<double> best_beta_, best_w_;
};

}  // namespace archmlp::svm
