#include "archmlp/svm/svm_trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/svm/dual_problem.h"
#include "archmlp/svm/pair_fit.h"
#include "archmlp/svm/time_budget.h"
#include "archmlp/svm/training_rows.h"

namespace archmlp::svm {
namespace {

using base::Error;
using base::Result;
using base::Status;
using contract::SvmParams;
using contract::Task;

/// Precondition: checked parameters.
model::Kernel kernel_of(const SvmParams& params, const TrainingRows& rows) {
  model::Kernel kernel;
  for (const auto kind : {model::KernelKind::kLinear, model::KernelKind::kRbf, model::KernelKind::kPoly,
                          model::KernelKind::kSigmoid}) {
    if (params.kernel == model::to_string(kind)) kernel.kind = kind;
  }
  if (const auto* gamma = std::get_if<double>(&params.gamma)) {
    kernel.gamma = *gamma;
  } else if (std::get<contract::Gamma>(params.gamma) == contract::Gamma::kAuto) {
    kernel.gamma = 1.0 / static_cast<double>(rows.expanded_cols());
  } else {
    kernel.gamma = scaled_gamma(rows);
  }
  kernel.coef0 = params.coef0;
  kernel.degree = static_cast<std::uint32_t>(params.degree);
  return kernel;
}

/// Whoever fills the parameters in by program gets the checks of recipes and flags.
Status check_params(const SvmParams& params, Task task) {
  SvmParams read_back;
  TRY(contract::set_fields(contract::svm_fields(), &read_back,
                           contract::get_fields(contract::svm_fields(), &params), ""));
  if (params.probability && task == Task::kRegression) {
    return Error{
        .message = "a regression has no probabilities", .where = "probability", .hint = "leave it out"};
  }
  if (params.break_ties && params.decision_function_shape == "ovo") {
    return Error{.message = "ties are broken among decisions of classes, not of pairs",
                 .where = "break_ties",
                 .hint = "use decision_function_shape ovr, or leave it out"};
  }
  return {};
}

/// The weight of each class. balanced: n / (k · rows of the class), as scikit-learn counts.
Result<std::vector<double>> class_weights(const SvmParams& params, const SvmLabels& labels,
                                          const TrainingRows& rows) {
  std::vector<double> weights(labels.classes.size(), 1.0);
  if (const auto* mode = std::get_if<contract::ClassWeight>(&params.class_weight)) {
    if (*mode == contract::ClassWeight::kNone) return weights;
    std::vector<std::size_t> counts(weights.size());
    for (const std::uint32_t index : rows.class_indices) ++counts[index];
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (counts[i] == 0) continue;
      weights[i] = static_cast<double>(rows.count()) /
                   (static_cast<double>(weights.size()) * static_cast<double>(counts[i]));
    }
    return weights;
  }
  for (const auto& [value, weight] : std::get<contract::ClassWeightList>(params.class_weight)) {
    const auto found = std::find(labels.classes.begin(), labels.classes.end(), value);
    if (found == labels.classes.end()) {
      return Error{.message = base::quoted(contract::to_text(value)) + " is none of the classes",
                   .where = "class_weight"};
    }
    weights[static_cast<std::size_t>(found - labels.classes.begin())] = weight;
  }
  return weights;
}

SolveOptions solve_options(const SvmParams& params, const SvmFitOptions& options) {
  return {.tol = params.tol,
          .cache_bytes = static_cast<std::size_t>(std::min(params.cache_size, 1e9) * 1048576.0),
          .max_iter = params.max_iter,
          .shrinking = params.shrinking,
          .thread_count = options.thread_count,
          .deadline = options.deadline,
          .progress = options.progress};
}

model::SvmParts make_parts(const SvmParams& params, const SvmLabels& labels, const model::Kernel& kernel,
                           const TrainingRows& rows) {
  model::SvmParts parts;
  parts.task = labels.task;
  parts.kernel = kernel;
  parts.shape =
      params.decision_function_shape == "ovo" ? model::DecisionShape::kOvo : model::DecisionShape::kOvr;
  parts.break_ties = params.break_ties;
  parts.feature_count = static_cast<std::uint32_t>(rows.cols);
  parts.category_counts = rows.category_counts;
  return parts;
}

void append_vector(model::SvmParts& parts, const TrainingRows& rows, std::size_t row) {
  parts.support_vectors.insert(parts.support_vectors.end(), rows.row(row), rows.row(row) + rows.cols);
}

/// What a row may cost at most, with room for sums over all rows.
Status check_costs(const TrainingRows& rows, const SvmParams& params,
                   const std::vector<double>& class_weight) {
  constexpr double kMostCost = 1e100;
  for (std::size_t row = 0; row < rows.count(); ++row) {
    const double of_class = class_weight.empty() ? 1.0 : class_weight[rows.class_indices[row]];
    if (params.C * rows.weights[row] * of_class <= kMostCost) continue;
    return Error{
        .message = fmt::format("C times the weight of a row is {:.3g}, more than can be computed with",
                               params.C * rows.weights[row] * of_class),
        .where = "C",
        .hint = "lower C, class_weight or the rows' weights"};
  }
  return {};
}

Result<model::SvmParts> fit_regression(const TrainingRows& rows, const SvmLabels& labels,
                                       const model::Kernel& kernel, const SvmParams& params,
                                       const SvmFitOptions& options) {
  TRY(check_costs(rows, params, {}));
  const auto count = static_cast<std::uint32_t>(rows.count());
  DualProblem problem{
      .x = rows.view(), .category_counts = rows.category_counts, .kernel = kernel, .variables = {}};
  for (const int sign : {1, -1}) {
    for (std::uint32_t row = 0; row < count; ++row) {
      problem.variables.push_back({.row = row,
                                   .sign = static_cast<std::int8_t>(sign),
                                   .linear = params.epsilon - sign * rows.values[row],
                                   .upper = params.C * rows.weights[row]});
    }
  }
  const DualSolution solution = TRY(solve_dual(problem, solve_options(params, options)));
  model::SvmParts parts = make_parts(params, labels, kernel, rows);
  for (std::uint32_t row = 0; row < count; ++row) {
    const double beta = solution.alpha[row] - solution.alpha[count + row];
    if (beta == 0) continue;
    append_vector(parts, rows, row);
    parts.coefficients.push_back(beta);
  }
  parts.class_begins = {0, parts.coefficients.size()};
  parts.intercepts = {-solution.rho};
  parts.certificates = {solution.certificate};
  return parts;
}

/// Rows of some pair's machine become the support vectors, by class and then in their order.
void assemble(const std::vector<PairFit>& pairs, const TrainingRows& rows, std::size_t class_count,
              model::SvmParts& parts) {
  std::vector<std::vector<double>> by_row(class_count - 1, std::vector<double>(rows.count()));
  std::vector<std::uint8_t> used(rows.count());
  std::size_t place = 0;
  for (std::size_t i = 0; i < class_count; ++i) {
    for (std::size_t j = i + 1; j < class_count; ++j, ++place) {
      const PairFit& pair = pairs[place];
      for (std::size_t k = 0; k < pair.rows.size(); ++k) {
        if (pair.betas[k] == 0) continue;
        used[pair.rows[k]] = 1;
        by_row[rows.class_indices[pair.rows[k]] == i ? j - 1 : i][pair.rows[k]] = pair.betas[k];
      }
      parts.intercepts.push_back(pair.intercept);
      parts.certificates.push_back(pair.certificate);
    }
  }
  std::vector<std::size_t> order;
  parts.class_begins.push_back(0);
  for (std::size_t c = 0; c < class_count; ++c) {
    for (std::size_t row = 0; row < rows.count(); ++row) {
      if (used[row] == 0 || rows.class_indices[row] != c) continue;
      order.push_back(row);
      append_vector(parts, rows, row);
    }
    parts.class_begins.push_back(order.size());
  }
  for (const std::vector<double>& betas : by_row) {
    for (const std::size_t row : order) parts.coefficients.push_back(betas[row]);
  }
}

double whole_work(const TrainingRows& rows, const std::vector<ClassPair>& pairs, bool with_probabilities) {
  std::vector<std::size_t> counts;
  for (const std::uint32_t index : rows.class_indices) {
    counts.resize(std::max<std::size_t>(counts.size(), index + 1));
    ++counts[index];
  }
  double work = 0;
  for (const ClassPair pair : pairs) {
    if (pair.second >= counts.size()) continue;  // the last classes have no rows
    const std::size_t count = counts[pair.first] + counts[pair.second];
    work += expected_work(count) + (with_probabilities ? expected_sigmoid_work(count) : 0);
  }
  return work;
}

/// Two classes have rows that weigh something.
Status check_classes(const TrainingRows& rows, const std::vector<double>& class_weight) {
  std::optional<std::uint32_t> first;
  for (const std::uint32_t index : rows.class_indices) {
    if (class_weight[index] == 0) continue;
    if (!first) first = index;
    if (index != *first) return {};
  }
  return Error{.message = fmt::format(
                   "{}: a support vector machine needs two classes",
                   first ? "all rows that weigh something have the same label" : "no class has a weight"),
               .hint = "train on rows of another class as well"};
}

Result<model::SvmParts> fit_classes(const TrainingRows& rows, const SvmLabels& labels,
                                    const model::Kernel& kernel, const SvmParams& params,
                                    const SvmFitOptions& options) {
  const auto class_count = static_cast<std::uint32_t>(labels.classes.size());
  const PairSettings settings = {.kernel = kernel,
                                 .c = params.C,
                                 .class_weight = TRY(class_weights(params, labels, rows)),
                                 .solve = solve_options(params, options)};
  TRY(check_classes(rows, settings.class_weight));
  TRY(check_costs(rows, params, settings.class_weight));
  std::vector<std::uint32_t> all(rows.count());
  std::iota(all.begin(), all.end(), 0U);
  std::vector<ClassPair> class_pairs(std::size_t{class_count} * (class_count - 1) / 2);
  auto next = class_pairs.begin();
  for (std::uint32_t i = 0; i < class_count; ++i) {
    for (std::uint32_t j = i + 1; j < class_count; ++j) *next++ = {i, j};
  }
  TimeBudget time(options.deadline, whole_work(rows, class_pairs, params.probability));
  std::vector<PairFit> fits;
  fits.reserve(class_pairs.size());
  for (const ClassPair pair : class_pairs) fits.push_back(TRY(fit_pair(rows, all, pair, settings, time)));
  model::SvmParts parts = make_parts(params, labels, kernel, rows);
  assemble(fits, rows, class_count, parts);
  if (!params.probability) return parts;
  bool converged = true, reversed = false;
  for (const ClassPair pair : class_pairs) {
    const SigmoidFit fit = TRY(fit_pair_sigmoid(rows, all, pair, settings, time, params.random_state));
    converged = converged && fit.converged;
    reversed = reversed || fit.sigmoid.slope >= 0;
    parts.sigmoids.push_back(fit.sigmoid);
  }
  if (options.warnings == nullptr) return parts;
  if (!converged) {
    options.warnings->emplace_back(
        "some of the fits that the probabilities come from stopped too soon: the probabilities are rough");
  }
  if (reversed) {
    options.warnings->emplace_back(
        "on rows that were held out the decisions point the wrong way, so that probabilities contradict the "
        "labels: there are too few rows, or the features say nothing");
  }
  return parts;
}

}  // namespace

Result<std::unique_ptr<const model::Svm>> fit_svm(model::MatrixView x, const SvmLabels& labels,
                                                  const SvmParams& params, const SvmFitOptions& options) {
  TRY(check_params(params, labels.task));
  if (x.rows == 0 || x.cols == 0) return Error{.message = "there are no rows or no features to train on"};
  TrainingRows rows = TRY(rows_with_weight(x, labels, options.category_counts));
  std::vector<model::SvmScale> scales;
  if (params.scale) {
    scales = standardize(rows);
  } else if (params.kernel == "linear") {
    scales = centre(rows);
  }
  const model::Kernel kernel = kernel_of(params, rows);
  model::SvmParts parts = labels.task == Task::kRegression
                              ? TRY(fit_regression(rows, labels, kernel, params, options))
                              : TRY(fit_classes(rows, labels, kernel, params, options));
  parts.scales = std::move(scales);
  auto svm = model::Svm::from_parts(std::move(parts));
  if (!svm.ok()) {
    svm.error().hint =
        "the fit came to numbers beyond those that can be stored: scale the features, or lower C";
  }
  return svm;
}

}  // namespace archmlp::svm
