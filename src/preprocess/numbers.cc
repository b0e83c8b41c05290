#include "archmlp/preprocess/numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/preprocess/columns.h"

namespace archmlp::preprocess {

using base::Error;
using base::Result;
using contract::ColumnKind;

Result<std::vector<const contract::ColumnSchema*>> number_columns(const std::vector<std::string>& names,
                                                                  const FitInput& input) {
  std::vector<const contract::ColumnSchema*> columns;
  if (names.empty()) {
    for (const contract::ColumnSchema& column : input.schema.columns) {
      if (column.kind == ColumnKind::kInteger || column.kind == ColumnKind::kReal) columns.push_back(&column);
    }
    return columns;
  }
  columns = TRY(find_columns(input.schema, names));
  for (const contract::ColumnSchema* column : columns) {
    if (column->kind != ColumnKind::kText) continue;
    return Error{.message = fmt::format("column {} is text, not numbers", base::quoted(column->name)),
                 .where = "columns",
                 .hint = "leave it out, or encode it first, as ordinal and one_hot do"};
  }
  return columns;
}

Result<std::vector<double>> training_numbers(const std::string& column, const FitInput& input) {
  const table::Column training = TRY(input.rows->training_cells(column));
  std::vector<double> numbers(training.row_count());
  table::copy_as_doubles(training, numbers);
  std::erase_if(numbers, [](double value) { return std::isnan(value); });
  if (numbers.empty()) return no_training_value(column);
  return numbers;
}

double sum(std::span<const double> values) noexcept {
  double total = 0.0;
  double lost = 0.0;
  for (const double value : values) {
    const double next = total + value;
    lost += std::abs(total) >= std::abs(value) ? (total - next) + value : (value - next) + total;
    total = next;
  }
  return total + lost;
}

Moments moments(std::span<const double> values) {
  const auto count = static_cast<double>(values.size());
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  if (*least == *most) return {.mean = *least};
  Moments result{.mean = sum(values) / count};
  std::vector<double> squares(values.size());
  std::transform(values.begin(), values.end(), squares.begin(),
                 [&](double value) { return (value - result.mean) * (value - result.mean); });
  result.standard_deviation = std::sqrt(sum(squares) / count);
  return result;
}

double quantile(std::span<const double> sorted, double share) noexcept {
  const double position = share * static_cast<double>(sorted.size() - 1);
  const double below = std::floor(position);
  const auto index = static_cast<std::size_t>(below);
  if (index + 1 >= sorted.size()) return sorted.back();
  const double weight = position - below;
  const double step = sorted[index + 1] - sorted[index];
  return weight < 0.5 ? sorted[index] + step * weight : sorted[index + 1] - step * (1.0 - weight);
}

Error beyond_double(std::string_view column, std::string_view statistic) {
  return {.message = fmt::format("the {} of column {} is beyond the range of a double", statistic,
                                 base::quoted(column)),
          .where = "columns",
          .hint = "clip the column first, or leave it out"};
}

}  // namespace archmlp::preprocess
