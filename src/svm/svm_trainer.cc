#include "archmlp/svm/svm_trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/svm/dual_problem.h"

namespace archmlp::svm {
namespace {

using base::Error;
using base::Result;
using base::Status;
using contract::SvmParams;
using contract::Task;

/// The rows that weigh something, side by side.
struct Rows {
  std::vector<float> x;  // [n, p]
  std::vector<std::uint32_t> class_indices;
  std::vector<double> values, weights;
  std::size_t cols = 0;

  std::size_t count() const noexcept { return weights.size(); }
  model::MatrixView view() const noexcept { return model::MatrixView::row_major(x.data(), count(), cols); }
};

Result<Rows> rows_with_weight(model::MatrixView x, const SvmLabels& labels) {
  Rows rows;
  rows.cols = x.cols;
  for (std::size_t row = 0; row < x.rows; ++row) {
    const double weight = labels.weights.empty() ? 1.0 : labels.weights[row];
    if (weight == 0) continue;
    for (std::size_t col = 0; col < x.cols; ++col) {
      if (!std::isfinite(x.at(row, col))) {
        return Error{
            .message = fmt::format("a feature is {}", std::isnan(x.at(row, col)) ? "missing" : "infinite"),
            .where = fmt::format("row {}, feature {}", row + 1, col + 1),
            .hint = "impute missing values first: a support vector machine takes numbers alone"};
      }
      rows.x.push_back(x.at(row, col));
    }
    rows.weights.push_back(weight);
    if (labels.task == Task::kRegression) {
      rows.values.push_back(labels.values[row]);
    } else {
      rows.class_indices.push_back(labels.class_indices[row]);
    }
  }
  if (rows.count() == 0) return Error{.message = "there are no rows with a weight to train on"};
  return rows;
}

/// Source: scikit-learn's gamma='scale': the variance of all entries of the matrix.
double scaled_gamma(const Rows& rows) {
  const auto count = static_cast<double>(rows.x.size());
  double mean = 0, variance = 0;
  for (const float value : rows.x) mean += static_cast<double>(value);
  mean /= count;
  for (const float value : rows.x) {
    const double apart = static_cast<double>(value) - mean;
    variance += apart * apart;
  }
  variance /= count;
  return variance == 0 ? 1.0 : 1.0 / (static_cast<double>(rows.cols) * variance);
}

Result<model::Kernel> kernel_of(const SvmParams& params, const Rows& rows) {
  model::Kernel kernel;
  std::vector<std::string> names;
  bool known = false;
  for (const auto kind : {model::KernelKind::kLinear, model::KernelKind::kRbf, model::KernelKind::kPoly,
                          model::KernelKind::kSigmoid}) {
    names.emplace_back(model::to_string(kind));
    if (params.kernel != names.back()) continue;
    kernel.kind = kind;
    known = true;
  }
  if (!known) {
    return Error{.message = "unknown kernel " + base::quoted(params.kernel),
                 .where = "kernel",
                 .hint = base::suggest_names(params.kernel, names)};
  }
  if (const auto* gamma = std::get_if<double>(&params.gamma)) {
    kernel.gamma = *gamma;
  } else if (std::get<contract::Gamma>(params.gamma) == contract::Gamma::kAuto) {
    kernel.gamma = 1.0 / static_cast<double>(rows.cols);
  } else {
    kernel.gamma = scaled_gamma(rows);
  }
  kernel.coef0 = params.coef0;
  kernel.degree = static_cast<std::uint32_t>(params.degree);
  return kernel;
}

Status check_params(const SvmParams& params) {
  const auto refuse = [](std::string_view name, std::string_view range, double found) {
    return Error{.message = fmt::format("expected a number {}, found {}", range, found),
                 .where = std::string(name)};
  };
  const auto positive = [](double value) { return value > 0 && std::isfinite(value); };
  if (!positive(params.C)) return refuse("C", "> 0", params.C);
  if (!positive(params.tol)) return refuse("tol", "> 0", params.tol);
  if (!positive(params.cache_size)) return refuse("cache_size", "> 0", params.cache_size);
  if (!(params.epsilon >= 0) || !std::isfinite(params.epsilon))
    return refuse("epsilon", ">= 0", params.epsilon);
  if (!std::isfinite(params.coef0)) return refuse("coef0", "that is finite", params.coef0);
  if (params.degree < 0 || params.degree > 1000)
    return refuse("degree", "between 0 and 1000", static_cast<double>(params.degree));
  if (params.max_iter < -1 || params.max_iter == 0)
    return refuse("max_iter", "above 0, or -1 for no limit", static_cast<double>(params.max_iter));
  const auto* gamma = std::get_if<double>(&params.gamma);
  if (gamma != nullptr && (!(*gamma >= 0) || !std::isfinite(*gamma))) return refuse("gamma", ">= 0", *gamma);
  if (params.decision_function_shape != "ovr" && params.decision_function_shape != "ovo") {
    return Error{.message = "expected 'ovr' or 'ovo', found " + base::quoted(params.decision_function_shape),
                 .where = "decision_function_shape"};
  }
  if (params.break_ties && params.decision_function_shape == "ovo") {
    return Error{.message = "break_ties needs decision_function_shape ovr", .where = "break_ties"};
  }
  return {};
}

/// The weight of each class. balanced: n / (k · rows of the class), as scikit-learn counts.
Result<std::vector<double>> class_weights(const SvmParams& params, const SvmLabels& labels,
                                          const Rows& rows) {
  std::vector<double> weights(labels.classes.size(), 1.0);
  if (const auto* mode = std::get_if<contract::ClassWeight>(&params.class_weight)) {
    if (*mode == contract::ClassWeight::kNone) return weights;
    if (*mode == contract::ClassWeight::kBalancedSubsample) {
      return Error{
          .message = "balanced_subsample is for forests", .where = "class_weight", .hint = "use balanced"};
    }
    std::vector<std::size_t> counts(weights.size());
    for (const std::uint32_t index : rows.class_indices) ++counts[index];
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (counts[i] == 0) continue;
      weights[i] = static_cast<double>(rows.count()) /
                   (static_cast<double>(weights.size()) * static_cast<double>(counts[i]));
    }
    return weights;
  }
  using ClassWeights = std::vector<std::pair<contract::Value, double>>;
  for (const auto& [value, weight] : std::get<ClassWeights>(params.class_weight)) {
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
                           const Rows& rows) {
  model::SvmParts parts;
  parts.task = labels.task;
  parts.kernel = kernel;
  parts.shape =
      params.decision_function_shape == "ovo" ? model::DecisionShape::kOvo : model::DecisionShape::kOvr;
  parts.break_ties = params.break_ties;
  parts.feature_count = static_cast<std::uint32_t>(rows.cols);
  return parts;
}

void append_vector(model::SvmParts& parts, const Rows& rows, std::size_t row) {
  const auto begin = rows.x.begin() + static_cast<std::ptrdiff_t>(row * rows.cols);
  parts.support_vectors.insert(parts.support_vectors.end(), begin,
                               begin + static_cast<std::ptrdiff_t>(rows.cols));
}

Result<model::SvmParts> fit_regression(const Rows& rows, const SvmLabels& labels, const model::Kernel& kernel,
                                       const SvmParams& params, const SvmFitOptions& options) {
  const auto count = static_cast<std::uint32_t>(rows.count());
  DualProblem problem{.x = rows.view(), .kernel = kernel, .variables = {}};
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

/// The machine of two classes: what each of its rows adds to the decision, positive for the second class.
struct PairFit {
  std::vector<std::uint32_t> rows;
  std::vector<double> betas;
  double intercept = 0;
  model::SvmCertificate certificate;
};

Result<PairFit> fit_pair(const Rows& rows, const std::vector<double>& class_weight, std::uint32_t first,
                         std::uint32_t second, const model::Kernel& kernel, const SvmParams& params,
                         const SvmFitOptions& options) {
  PairFit pair;
  for (std::uint32_t row = 0; row < rows.count(); ++row) {
    const std::uint32_t index = rows.class_indices[row];
    if ((index == first || index == second) && class_weight[index] > 0) pair.rows.push_back(row);
  }
  std::vector<float> x;
  DualProblem problem{.x = {}, .kernel = kernel, .variables = {}};
  for (const std::uint32_t row : pair.rows) {
    // The solver does not treat the signs alike to the bit: they go by the rows, not by the names of classes.
    const bool as_first_row = rows.class_indices[row] == rows.class_indices[pair.rows.front()];
    problem.variables.push_back(
        {.row = static_cast<std::uint32_t>(problem.variables.size()),
         .sign = static_cast<std::int8_t>(as_first_row ? 1 : -1),
         .linear = -1,
         .upper = params.C * rows.weights[row] * class_weight[rows.class_indices[row]]});
    x.insert(x.end(), rows.x.begin() + static_cast<std::ptrdiff_t>(row * rows.cols),
             rows.x.begin() + static_cast<std::ptrdiff_t>((row + 1) * rows.cols));
  }
  pair.betas.resize(pair.rows.size());
  pair.certificate.tol = params.tol;
  if (pair.rows.empty()) return pair;
  const double turn = rows.class_indices[pair.rows.front()] == second ? 1.0 : -1.0;
  const bool one_sided = std::all_of(problem.variables.begin(), problem.variables.end(),
                                     [](const DualVariable& variable) { return variable.sign > 0; });
  if (one_sided) {  // there is nothing on the other side: every row is on this one
    pair.intercept = turn;
    return pair;
  }
  problem.x = model::MatrixView::row_major(x.data(), pair.rows.size(), rows.cols);
  const DualSolution solution = TRY(solve_dual(problem, solve_options(params, options)));
  for (std::size_t i = 0; i < pair.rows.size(); ++i)
    pair.betas[i] = turn * problem.variables[i].sign * solution.alpha[i];
  pair.intercept = -turn * solution.rho;
  pair.certificate = solution.certificate;
  return pair;
}

/// Rows of some pair's machine become the support vectors, by class and then in their order.
void assemble(const std::vector<PairFit>& pairs, const Rows& rows, std::size_t class_count,
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

Result<model::SvmParts> fit_classes(const Rows& rows, const SvmLabels& labels, const model::Kernel& kernel,
                                    const SvmParams& params, const SvmFitOptions& options) {
  const auto class_count = static_cast<std::uint32_t>(labels.classes.size());
  const std::vector<double> weights = TRY(class_weights(params, labels, rows));
  const bool one_class = std::adjacent_find(rows.class_indices.begin(), rows.class_indices.end(),
                                            std::not_equal_to<>()) == rows.class_indices.end();
  if (class_count < 2 || one_class) {
    return Error{.message = "all rows have the same label: a support vector machine needs two classes",
                 .hint = "train on rows of another class as well"};
  }
  std::vector<PairFit> pairs;
  for (std::uint32_t i = 0; i < class_count; ++i) {
    for (std::uint32_t j = i + 1; j < class_count; ++j)
      pairs.push_back(TRY(fit_pair(rows, weights, i, j, kernel, params, options)));
  }
  model::SvmParts parts = make_parts(params, labels, kernel, rows);
  assemble(pairs, rows, class_count, parts);
  return parts;
}

}  // namespace

Result<std::unique_ptr<const model::Svm>> fit_svm(model::MatrixView x, const SvmLabels& labels,
                                                  const SvmParams& params, const SvmFitOptions& options) {
  TRY(check_params(params));
  if (x.rows == 0 || x.cols == 0) return Error{.message = "there are no rows or no features to train on"};
  const Rows rows = TRY(rows_with_weight(x, labels));
  const model::Kernel kernel = TRY(kernel_of(params, rows));
  model::SvmParts parts = labels.task == Task::kRegression
                              ? TRY(fit_regression(rows, labels, kernel, params, options))
                              : TRY(fit_classes(rows, labels, kernel, params, options));
  return model::Svm::from_parts(std::move(parts));
}

}  // namespace archmlp::svm
