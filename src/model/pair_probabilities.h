#pragma once

#include <cstddef>
#include <span>

#include "archmlp/model/svm.h"

namespace archmlp::model {

/// The probability of the second class of a pair.
double sigmoid_probability(const SvmSigmoid& sigmoid, double decision) noexcept;

/// The probabilities of all classes that agree best with those of each pair.
/// pairs [k, k]: at (i, j) the probability of i among the two, not 0; the diagonal is not read. work [k, k +
/// 1] is what it needs room for. Source: Wu, Lin, Weng 2004, "Probability estimates for multi-class
/// classification by pairwise coupling", second method, as LIBSVM does it.
void couple_probabilities(std::span<const double> pairs, std::span<double> work,
                          std::span<double> probabilities) noexcept;

}  // namespace archmlp::model
