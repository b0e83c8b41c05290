#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/model/kernel.h"
#include "archmlp/model/svm.h"
#include "archmlp/svm/dual_problem.h"
#include "archmlp/svm/time_budget.h"
#include "archmlp/svm/training_rows.h"

namespace archmlp::svm {

/// What is the same for the machines of all pairs of classes.
struct PairSettings {
  model::Kernel kernel;
  double c = 1;                      // times a row's weight and that of its class
  std::vector<double> class_weight;  // [classes]; rows of a class without weight count as absent
  SolveOptions solve;                // its deadline is that of the time budget
};

/// Two classes, by their index.
struct ClassPair {
  std::uint32_t first = 0, second = 1;
};

/// The machine of two classes: what each of its rows adds to the decision, positive for the second class.
struct PairFit {
  std::vector<std::uint32_t> rows;
  std::vector<double> betas;
  double intercept = 0;
  model::SvmCertificate certificate;
};

/// `candidates`: the rows to train on, if they are of the pair. Swapping the classes turns the signs and
/// changes no other bit. Where all rows are of one class, the decision is 1 for it. Errors: as solve_dual.
base::Result<PairFit> fit_pair(const TrainingRows& rows, std::span<const std::uint32_t> candidates,
                               ClassPair pair, const PairSettings& settings, TimeBudget& time);

struct SigmoidFit {
  model::SvmSigmoid sigmoid;
  bool converged = true;  // the machines of all parts
};

/// The sigmoid of a pair, from the decisions on each of five parts by a machine that was trained on the
/// others. The parts have about equally many rows of each class; `seed` draws them. Errors: as fit_pair.
base::Result<SigmoidFit> fit_pair_sigmoid(const TrainingRows& rows, std::span<const std::uint32_t> candidates,
                                          ClassPair pair, const PairSettings& settings, TimeBudget& time,
                                          std::uint64_t seed);

/// What a fit of so many rows takes, and what all of a sigmoid do, for a TimeBudget.
double expected_work(std::size_t row_count) noexcept;
double expected_sigmoid_work(std::size_t row_count) noexcept;

/// The sigmoid that makes the decisions most likely; is_second: of each, 1 if the row is of the second class.
/// Source: Lin, Lin, Weng 2007, "A note on Platt's probabilistic outputs for support vector machines".
model::SvmSigmoid fit_sigmoid(std::span<const double> decisions, std::span<const std::uint8_t> is_second);

}  // namespace archmlp::svm
