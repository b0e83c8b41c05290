#include <fmt/format.h>

#include <algorithm>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/preprocess/columns.h"
#include "archmlp/preprocess/fit_steps.h"
#include "archmlp/preprocess/value_ranks.h"
#include "archmlp/transform/steps.h"

namespace archmlp::preprocess {
namespace {

using base::Error;
using base::Result;
using contract::ColumnKind;

/// A column with more categories is an identifier rather than a category.
constexpr std::size_t kMaxCategories = 10'000;
/// 0/1 cells that one step may make: they take 8 bytes each.
constexpr std::size_t kMaxEncodedCells = 1'000'000'000;

Result<transform::EncodedColumn> fit_column(const table::Column& column, const contract::OneHotStep& step,
                                            const FitInput& input) {
  if (column.kind() == ColumnKind::kReal) {
    return Error{.message = fmt::format("column {} holds real numbers, which are no categories",
                                        base::quoted(column.name())),
                 .where = "columns",
                 .hint = "read it as integer or text (read.types), or leave it as it is"};
  }
  const table::Column training = column.gathered(input.train_rows);
  const ValueRanks values = rank_values(training);
  if (values.distinct_count() == 0) return no_training_value(column.name());
  if (values.distinct_count() > kMaxCategories) {
    return Error{
        .code = base::ErrorCode::kResourceLimit,
        .message = fmt::format("column {} has {} categories in the training rows; {} is the most",
                               base::quoted(column.name()), base::with_thousands(values.distinct_count()),
                               base::with_thousands(kMaxCategories)),
        .where = "columns",
        .hint = "remove it if it identifies rows"};
  }
  transform::EncodedColumn encoded{.name = column.name()};
  const auto own = step.column_handle_unknown.find(column.name());
  const std::string& policy = own == step.column_handle_unknown.end() ? step.handle_unknown : own->second;
  encoded.unknown = policy == "error" ? transform::UnknownPolicy::kError : transform::UnknownPolicy::kIgnore;
  encoded.categories.reserve(values.distinct_count());
  for (const std::uint32_t row : values.first_rows) encoded.categories.push_back(training.value(row));
  return encoded;
}

}  // namespace

Fitted fit(const contract::OneHotStep& step, const FitInput& input) {
  std::vector<const table::Column*> columns;
  if (step.columns.empty()) {
    for (const table::Column& column : input.rows.columns()) {
      if (column.kind() == ColumnKind::kText) columns.push_back(&column);
    }
  } else {
    columns = TRY(find_columns(input.rows, step.columns));
  }
  std::vector<transform::EncodedColumn> encoded;
  std::size_t category_count = 0;
  for (const table::Column* column : columns) {
    encoded.push_back(TRY(fit_column(*column, step, input)));
    category_count += encoded.back().categories.size();
  }
  if (category_count > kMaxEncodedCells / std::max<std::size_t>(input.rows.row_count(), 1)) {
    return Error{.code = base::ErrorCode::kResourceLimit,
                 .message = fmt::format("{} categories would make a table of {} rows too large",
                                        base::with_thousands(category_count),
                                        base::with_thousands(input.rows.row_count())),
                 .where = "columns",
                 .hint = "remove the columns with the most categories"};
  }
  for (const auto& [name, policy] : step.column_handle_unknown) {
    const bool used =
        std::any_of(encoded.begin(), encoded.end(),
                    [&name = name](const transform::EncodedColumn& column) { return column.name == name; });
    if (used) continue;
    return Error{.message = fmt::format("column {} is not encoded by this step", base::quoted(name)),
                 .where = "column_handle_unknown"};
  }
  if (encoded.empty()) return transform::StepPointer();
  return transform::make_one_hot(std::move(encoded));
}

}  // namespace archmlp::preprocess
