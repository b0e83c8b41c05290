#include "archmlp/preprocess/categories.h"

#include <fmt/format.h>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/preprocess/columns.h"
#include "archmlp/table/value_ranks.h"

namespace archmlp::preprocess {

using base::Error;
using base::Result;
using contract::ColumnKind;

Result<std::vector<const contract::ColumnSchema*>> category_columns(const std::vector<std::string>& names,
                                                                    const FitInput& input) {
  if (!names.empty()) return find_columns(input.schema, names);
  std::vector<const contract::ColumnSchema*> columns;
  for (const contract::ColumnSchema& column : input.schema.columns) {
    if (column.kind == ColumnKind::kText) columns.push_back(&column);
  }
  return columns;
}

Result<Categories> learn_categories(const contract::ColumnSchema& column, const FitInput& input) {
  if (column.kind == ColumnKind::kReal) {
    return Error{.message = fmt::format("column {} holds real numbers, which are no categories",
                                        base::quoted(column.name)),
                 .where = "columns",
                 .hint = "read it as integer or text (read.types), bin it, or leave it as it is"};
  }
  const table::Column training = TRY(input.rows->training_cells(column.name));
  table::ValueRanks ranks = table::rank_values(training);
  if (ranks.distinct_count() == 0) return no_training_value(column.name);
  if (ranks.distinct_count() > kMaxKnownValues) {
    return Error{
        .code = base::ErrorCode::kResourceLimit,
        .message = fmt::format("column {} has {} values in the training rows; {} is the most",
                               base::quoted(column.name), base::with_thousands(ranks.distinct_count()),
                               base::with_thousands(kMaxKnownValues)),
        .where = "columns",
        .hint = "use text_hash, or remove it if it identifies rows"};
  }
  Categories categories;
  categories.values.reserve(ranks.distinct_count());
  for (const std::uint32_t row : ranks.first_rows) categories.values.push_back(training.value(row));
  categories.row_counts = std::move(ranks.row_counts);
  return categories;
}

}  // namespace archmlp::preprocess
