#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/preprocess/categories.h"
#include "archmlp/preprocess/fit_steps.h"
#include "archmlp/transform/steps.h"

namespace archmlp::preprocess {
namespace {

using base::Error;
using base::Result;
using transform::UnknownPolicy;

/// 0/1 cells that one step may make: they take 8 bytes each.
constexpr std::size_t kMaxEncodedCells = 1'000'000'000;

/// 1 for the categories that share a column, as in scikit-learn's OneHotEncoder: those that are too rare, and
/// the rarest (ties: the first in value order) if there are too many columns.
std::vector<std::uint8_t> find_infrequent(const std::vector<std::size_t>& row_counts,
                                          const contract::OneHotStep& step, std::size_t train_count) {
  std::vector<std::uint8_t> infrequent(row_counts.size(), 0);
  if (step.min_frequency) {
    const double least = *step.min_frequency < 1.0 ? *step.min_frequency * static_cast<double>(train_count)
                                                   : *step.min_frequency;
    std::transform(row_counts.begin(), row_counts.end(), infrequent.begin(),
                   [least](std::size_t count) { return static_cast<double>(count) < least ? 1 : 0; });
  }
  const auto rare_count = static_cast<std::size_t>(std::count(infrequent.begin(), infrequent.end(), 1));
  const std::size_t column_count = row_counts.size() - rare_count + 1;  // with the shared one, used or not
  const auto most = static_cast<std::size_t>(step.max_categories.value_or(0));
  if (!step.max_categories || column_count <= most) return infrequent;
  std::vector<std::size_t> order(row_counts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return row_counts[a] < row_counts[b]; });
  for (std::size_t i = 0; i < order.size() - (most - 1); ++i) infrequent[order[i]] = 1;
  return infrequent;
}

UnknownPolicy policy_for(const std::string& column, const contract::OneHotStep& step) {
  const auto own = step.column_handle_unknown.find(column);
  const std::string& name = own == step.column_handle_unknown.end() ? step.handle_unknown : own->second;
  if (name == "error") return UnknownPolicy::kError;
  return name == "infrequent_if_exist" ? UnknownPolicy::kInfrequent : UnknownPolicy::kIgnore;
}

std::size_t made_count(const transform::EncodedColumn& column) {
  const std::size_t shared = column.infrequent.empty() ? 0 : 1;
  return column.categories.size() - column.infrequent.size() + shared - (column.drop_first ? 1 : 0);
}

Result<transform::EncodedColumn> fit_column(const contract::ColumnSchema& column,
                                            const contract::OneHotStep& step, const FitInput& input) {
  Categories categories = TRY(learn_categories(column, input));
  const std::vector<std::uint8_t> infrequent =
      find_infrequent(categories.row_counts, step, input.rows->train_rows().size());
  transform::EncodedColumn encoded{.name = column.name, .unknown = policy_for(column.name, step)};
  for (std::size_t i = 0; i < infrequent.size(); ++i) {
    if (infrequent[i] != 0) encoded.infrequent.push_back(categories.values[i]);
  }
  encoded.categories = std::move(categories.values);
  const std::size_t count = made_count(encoded);
  if (count > kMaxCategories) {
    return Error{
        .code = base::ErrorCode::kResourceLimit,
        .message = fmt::format("column {} has {} categories in the training rows; {} is the most",
                               base::quoted(column.name), base::with_thousands(count),
                               base::with_thousands(kMaxCategories)),
        .where = "columns",
        .hint = "set max_categories, use ordinal or text_hash instead, or remove it if it identifies rows"};
  }
  encoded.drop_first = step.drop == "first" || (step.drop == "if_binary" && count == 2);
  return encoded;
}

}  // namespace

Fitted fit(const contract::OneHotStep& step, const FitInput& input) {
  const auto columns = TRY(category_columns(step.columns, input));
  std::vector<transform::EncodedColumn> encoded;
  std::size_t column_count = 0;
  for (const contract::ColumnSchema* column : columns) {
    encoded.push_back(TRY(fit_column(*column, step, input)));
    column_count += made_count(encoded.back());
  }
  if (column_count > kMaxEncodedCells / std::max<std::size_t>(input.rows->row_count(), 1)) {
    return Error{.code = base::ErrorCode::kResourceLimit,
                 .message = fmt::format("{} categories would make a table of {} rows too large",
                                        base::with_thousands(column_count),
                                        base::with_thousands(input.rows->row_count())),
                 .where = "columns",
                 .hint = "set max_categories, or remove the columns with the most categories"};
  }
  for (const auto& [name, policy] : step.column_handle_unknown) {
    const bool used =
        std::any_of(encoded.begin(), encoded.end(),
                    [&name = name](const transform::EncodedColumn& column) { return column.name == name; });
    if (used) continue;
    return Error{.message = fmt::format("column {} is not encoded by this step", base::quoted(name)),
                 .where = "column_handle_unknown"};
  }
  if (encoded.empty()) return FittedStep();
  return FittedStep(transform::make_one_hot(std::move(encoded)));
}

}  // namespace archmlp::preprocess
