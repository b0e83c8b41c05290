#include "archmlp/bundle/feature_matrix.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "archmlp/base/text.h"

namespace archmlp::bundle {
namespace {

static_assert(std::numeric_limits<float>::is_iec559 && std::numeric_limits<double>::is_iec559,
              "a number beyond float32 must become an infinity, and rounding be to the nearest");

constexpr std::size_t kBlockRows = 1024;  // a column is converted by blocks that stay in the cache

/// Rows [begin, begin + out.size()) of a numeric column, as copy_as_doubles gives them.
void copy_block(const table::Column& column, std::size_t begin, std::span<double> out) {
  constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
  if (const auto* integers = std::get_if<table::IntegerCells>(&column.cells())) {
    for (std::size_t i = 0; i < out.size(); ++i) {
      const bool missing = !integers->missing.empty() && integers->missing[begin + i] != 0;
      out[i] = missing ? kMissing : static_cast<double>(integers->values[begin + i]);
    }
  } else if (const auto* booleans = std::get_if<table::BooleanCells>(&column.cells())) {
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = booleans->values[begin + i] < 0 ? kMissing : booleans->values[begin + i];
    }
  } else {
    const auto from = column.reals().values.begin() + static_cast<std::ptrdiff_t>(begin);
    std::copy_n(from, out.size(), out.begin());
  }
}

}  // namespace

float to_feature(double value) noexcept { return static_cast<float>(value); }

base::Error beyond_float32(std::string_view column, double value) {
  return {.message = fmt::format("column {}: {} is beyond the range of a feature (float32, ±3.4e38)",
                                 base::quoted(column), value),
          .hint = "scale the column, or treat the value as missing"};
}

base::Result<std::vector<float>> to_matrix(const table::Table& rows, std::span<const std::string> features,
                                           std::span<const std::uint8_t> skipped) {
  const std::size_t width = features.size();
  std::vector<float> matrix(rows.row_count() * width);
  std::array<double, kBlockRows> block{};
  for (std::size_t feature = 0; feature < width; ++feature) {
    const table::Column* column = rows.find(features[feature]);
    if (column == nullptr) {
      return base::Error{.message = fmt::format("column {} is missing", base::quoted(features[feature])),
                         .hint = base::suggest_names(features[feature], rows.names())};
    }
    if (column->kind() == contract::ColumnKind::kText) {
      return base::Error{
          .message = fmt::format("column {} is text, which a model cannot use", base::quoted(column->name())),
          .hint = fmt::format("encode it when preprocessing, `one_hot: {{columns: [{}]}}`, or remove it",
                              column->name())};
    }
    for (std::size_t begin = 0; begin < rows.row_count(); begin += kBlockRows) {
      const std::size_t count = std::min(kBlockRows, rows.row_count() - begin);
      copy_block(*column, begin, std::span(block).first(count));
      for (std::size_t i = 0; i < count; ++i) {
        const float value = to_feature(block[i]);
        if (std::isinf(value) && (skipped.empty() || skipped[begin + i] == 0)) {
          base::Error error = beyond_float32(column->name(), block[i]);
          error.where = fmt::format("row {}", begin + i + 1);
          return error;
        }
        matrix[(begin + i) * width + feature] = value;
      }
    }
  }
  return matrix;
}

}  // namespace archmlp::bundle
