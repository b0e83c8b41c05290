#include "archmlp/svm/pair_fit.h"

#include <algorithm>

#include "archmlp/base/try.h"

namespace archmlp::svm {

double expected_work(std::size_t row_count) noexcept {
  return static_cast<double>(row_count) * static_cast<double>(row_count);
}

base::Result<PairFit> fit_pair(const TrainingRows& rows, std::span<const std::uint32_t> candidates,
                               ClassPair pair, const PairSettings& settings, TimeBudget& time) {
  PairFit fit;
  for (const std::uint32_t row : candidates) {
    const std::uint32_t index = rows.class_indices[row];
    if ((index == pair.first || index == pair.second) && settings.class_weight[index] > 0)
      fit.rows.push_back(row);
  }
  fit.betas.resize(fit.rows.size());
  fit.certificate.tol = settings.solve.tol;
  if (fit.rows.empty()) return fit;
  DualProblem problem{.x = {}, .kernel = settings.kernel, .variables = {}};
  for (const std::uint32_t row : fit.rows) {
    // The solver does not treat the signs alike to the bit: they go by the rows, not by the names of classes.
    const bool as_first_row = rows.class_indices[row] == rows.class_indices[fit.rows.front()];
    problem.variables.push_back(
        {.row = static_cast<std::uint32_t>(problem.variables.size()),
         .sign = static_cast<std::int8_t>(as_first_row ? 1 : -1),
         .linear = -1,
         .upper = settings.c * rows.weights[row] * settings.class_weight[rows.class_indices[row]]});
  }
  const double turn = rows.class_indices[fit.rows.front()] == pair.second ? 1.0 : -1.0;
  const bool one_sided = std::all_of(problem.variables.begin(), problem.variables.end(),
                                     [](const DualVariable& variable) { return variable.sign > 0; });
  if (one_sided) {  // there is nothing on the other side: every row is on this one
    fit.intercept = turn;
    return fit;
  }
  std::vector<float> gathered;
  problem.x = rows.view();
  if (fit.rows.size() < rows.count()) {
    gathered.reserve(fit.rows.size() * rows.cols);
    for (const std::uint32_t row : fit.rows)
      gathered.insert(gathered.end(), rows.row(row), rows.row(row) + rows.cols);
    problem.x = model::MatrixView::row_major(gathered.data(), fit.rows.size(), rows.cols);
  }
  SolveOptions options = settings.solve;
  options.deadline = time.next(expected_work(fit.rows.size()));
  const DualSolution solution = TRY(solve_dual(problem, options));
  for (std::size_t i = 0; i < fit.rows.size(); ++i)
    fit.betas[i] = turn * problem.variables[i].sign * solution.alpha[i];
  fit.intercept = -turn * solution.rho;
  fit.certificate = solution.certificate;
  return fit;
}

}  // namespace archmlp::svm
