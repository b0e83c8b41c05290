#include <fmt/format.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/preprocess/fit_steps.h"
#include "archmlp/preprocess/numbers.h"
#include "archmlp/transform/steps.h"

namespace archmlp::preprocess {
namespace {

using base::Error;
using base::Result;

/// The covariances of more columns would take too long.
constexpr std::size_t kMaxColumns = 2000;

/// The training rows of the columns around their means.
struct Centered {
  std::vector<double> mean;                 // [p]
  std::vector<std::vector<double>> values;  // [p, n]
};

Result<Centered> center(const std::vector<const contract::ColumnSchema*>& columns, const FitInput& input) {
  Centered centered;
  for (const contract::ColumnSchema* column : columns) {
    std::vector<double> numbers = TRY(training_numbers(column->name, input));
    if (numbers.size() < input.rows->train_rows().size()) {
      return Error{.message = fmt::format("column {} has missing values, which have no place in a projection",
                                          base::quoted(column->name)),
                   .where = "columns",
                   .hint = "impute it first, or leave it out"};
    }
    const double mean = moments(numbers).mean;
    for (double& number : numbers) number -= mean;
    centered.mean.push_back(mean);
    centered.values.push_back(std::move(numbers));
  }
  return centered;
}

/// Summed in the order of the rows: a matrix product would depend on the machine's caches.
Result<Eigen::MatrixXd> covariance(const Centered& centered) {
  const auto count = static_cast<Eigen::Index>(centered.values.size());
  Eigen::MatrixXd result(count, count);
  for (std::size_t i = 0; i < centered.values.size(); ++i) {
    for (std::size_t k = 0; k <= i; ++k) {
      const std::vector<double>& a = centered.values[i];
      const std::vector<double>& b = centered.values[k];
      double total = 0.0;
      for (std::size_t row = 0; row < a.size(); ++row) total += a[row] * b[row];
      const double value = total / static_cast<double>(a.size() - 1);
      result(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(k)) = value;
      result(static_cast<Eigen::Index>(k), static_cast<Eigen::Index>(i)) = value;
    }
  }
  if (result.allFinite()) return result;
  return Error{
      .message = "a covariance is beyond the range of a double", .where = "columns", .hint = "scale them"};
}

/// How many components are kept; `variances` descend.
std::size_t component_count(const std::vector<double>& variances, const contract::PcaStep& step) {
  if (!step.n_components) return variances.size();
  if (*step.n_components >= 1.0) return static_cast<std::size_t>(*step.n_components);
  const double total = sum(variances);
  double kept = 0.0;
  std::size_t count = 0;
  while (count < variances.size() && !(kept / total > *step.n_components)) kept += variances[count++];
  return std::max<std::size_t>(count, 1);
}

/// Its largest loading, the first of equal ones, becomes positive.
void fix_sign(std::vector<double>& loadings) {
  const auto largest = std::max_element(loadings.begin(), loadings.end(),
                                        [](double a, double b) { return std::abs(a) < std::abs(b); });
  if (*largest >= 0.0) return;
  for (double& loading : loadings) loading = -loading;
}

}  // namespace

Fitted fit(const contract::PcaStep& step, const FitInput& input) {
  const auto columns = TRY(number_columns(step.columns, input));
  if (columns.empty()) return FittedStep();
  if (columns.size() > kMaxColumns) {
    return Error{
        .code = base::ErrorCode::kResourceLimit,
        .message = fmt::format("{} columns are too many; {} is the most",
                               base::with_thousands(columns.size()), base::with_thousands(kMaxColumns)),
        .where = "columns",
        .hint = "select columns first"};
  }
  const std::size_t most = std::min(columns.size(), input.rows->train_rows().size());
  if (step.n_components && *step.n_components > static_cast<double>(most)) {
    return Error{.message = fmt::format("there are only {} components", most), .where = "n_components"};
  }
  if (input.rows->train_rows().size() < 2) {
    return Error{.message = "one training row has no directions", .hint = "give more rows"};
  }
  Centered centered = TRY(center(columns, input));
  const Eigen::MatrixXd matrix = TRY(covariance(centered));
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(matrix);
  if (solver.info() != Eigen::Success) {
    return Error{
        .message = "the principal components cannot be computed", .where = "columns", .hint = "scale them"};
  }
  // The solver's order is ascending.
  std::vector<double> variances(solver.eigenvalues().data(), solver.eigenvalues().data() + columns.size());
  std::reverse(variances.begin(), variances.end());
  variances.resize(most);
  transform::PrincipalComponents fitted{.columns = {}, .mean = std::move(centered.mean), .components = {}};
  for (const contract::ColumnSchema* column : columns) fitted.columns.push_back(column->name);
  const std::size_t count = component_count(variances, step);
  for (std::size_t component = 0; component < count; ++component) {
    const auto position = static_cast<Eigen::Index>(columns.size() - 1 - component);
    const double* first = solver.eigenvectors().col(position).data();
    fix_sign(fitted.components.emplace_back(first, first + columns.size()));
  }
  return FittedStep(transform::make_pca(std::move(fitted)));
}

}  // namespace archmlp::preprocess
