#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/svm/box.h"
#include "archmlp/svm/dual_problem.h"
#include "archmlp/svm/kernel_rows.h"
#include "archmlp/svm/row_cache.h"
#include "archmlp/svm/subproblem.h"

namespace archmlp::svm {

/// Working sets over kernel rows of the precision T: in each round half of the set is replaced by those that
/// violate the KKT conditions most, and the dual of the set is solved.
template <typename T>
class Decomposition {
 public:
  enum class Outcome { kReached, kStalled, kMaxIter, kDeadline };

  Decomposition(const DualProblem& problem, const Box& box, std::span<const double> centre,
                const SolveOptions& options);

  /// From `beta` on until the violation, by this precision's kernel values, is at most `target`.
  /// sums: Σ_w β_w K(row w, row) of every row of x, as exact as it is known; what comes of them is not handed
  /// back. `iterations` counts on. Errors: kCancelled.
  base::Result<Outcome> run(std::vector<double>& beta, std::span<const double> sums, double target,
                            std::uint64_t& iterations);

 private:
  struct Limits {
    double most_up = 0, least_down = 0;
    double violation() const noexcept { return most_up - least_down; }
  };

  void activate_all(std::span<const double> sums);
  void pack_active();
  Limits find_limits(const std::vector<double>& beta) const;
  void choose_working_set(const std::vector<double>& beta, const Limits& limits);
  void add_candidates(std::vector<std::pair<double, std::uint32_t>>& candidates, std::size_t count);
  base::Status load_kernel_rows();
  void fill_subproblem(const std::vector<double>& beta);
  bool apply_steps(std::vector<double>& beta);
  void shrink(const std::vector<double>& beta, const Limits& limits);
  std::string note_on(const std::vector<double>& beta, const Limits& limits) const;
  double gradient(std::uint32_t variable) const noexcept {
    return sums_[place_of_[box_.row[variable]]] + box_.linear[variable];
  }

  const DualProblem& problem_;
  const Box& box_;
  const SolveOptions& options_;
  int threads_;

  std::vector<std::uint32_t> active_rows_, active_variables_;  // ascending
  std::vector<std::uint32_t> place_of_;                        // of a row among the active ones
  std::vector<std::uint8_t> idle_;                             // checks in which a variable could be left out
  std::vector<double> sums_;                                   // [places, padded]
  KernelRows<T> kernel_rows_;
  RowCache<T> cache_;
  bool all_active_ = false;

  std::size_t set_size_ = 0;                   // the most variables of a working set
  std::vector<std::uint32_t> working_, next_;  // variables, the longest in the set first
  std::vector<std::uint8_t> in_set_;           // [variables]
  std::vector<std::uint32_t> set_places_;      // rows of the working set, each once
  std::vector<std::uint32_t> set_index_;       // of each variable of the set, in set_places_
  std::vector<T*> rows_;                       // kernel rows of set_places_
  Subproblem<T> subproblem_;
};

extern template class Decomposition<float>;
extern template class Decomposition<double>;

}  // namespace archmlp::svm
