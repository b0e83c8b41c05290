#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "archmlp/base/progress.h"
#include "archmlp/base/result.h"
#include "archmlp/contract/schema.h"
#include "archmlp/contract/svm_params.h"
#include "archmlp/model/matrix_view.h"
#include "archmlp/model/svm.h"

namespace archmlp::svm {

/// What each row is labelled with: of a classification the index of its class, of a regression a number.
struct SvmLabels {
  contract::Task task = contract::Task::kClassification;
  std::vector<contract::Value> classes;          // sorted
  std::span<const std::uint32_t> class_indices;  // [n]
  std::span<const double> values;                // [n], finite
  std::span<const double> weights;               // [n], finite and >= 0, or empty: all 1
};

/// Only category_counts and a deadline that comes too soon change the model. The time until then is shared
/// out among the pairs of classes and the fits of probabilities.
struct SvmFitOptions {
  int thread_count = 0;
  /// Categories of each feature, 0 where it is a number: [p]; or empty. A row holds the category's number,
  /// and stands for a row of zeros with a one there; what is none stands for zeros alone. Part of the model.
  std::span<const std::uint32_t> category_counts = {};
  base::Progress* progress = &base::no_progress();
  /// Gets what there is to say of the model, a sentence each; or null.
  std::vector<std::string>* warnings = nullptr;
  std::optional<std::chrono::steady_clock::time_point> deadline;
};

/// Fits one machine for each pair of classes, or one for a regression. A row's C is C times its weight times
/// that of its class; rows without weight count as absent. Probabilities cost five more fits for each pair.
/// Swapping the names of two classes turns the signs of decisions and changes no other bit. Certificates are
/// in the model: a machine that stopped too soon says so. Shape: x [n, p], finite. Errors: kInvalidInput: no
/// rows with weight, fewer than two classes, a value that is not finite (row and column), a parameter outside
/// its range; kCancelled.
base::Result<std::unique_ptr<const model::Svm>> fit_svm(model::MatrixView x, const SvmLabels& labels,
                                                        const contract::SvmParams& params,
                                                        const SvmFitOptions& options = {});

}  // namespace archmlp::svm
