#include "archmlp/bundle/feature_encoder.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/model/forest.h"
#include "archmlp/table/value_ranks.h"

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

/// An infinite result means "out of range".
float to_feature(double value) noexcept { return static_cast<float>(value); }

base::Error beyond_float32(std::string_view column, double value, std::string where) {
  return {.message = fmt::format("column {}: {} is beyond the range of a feature (float32, ±3.4e38)",
                                 base::quoted(column), value),
          .where = std::move(where),
          .hint = "scale the column, or treat the value as missing"};
}

base::Error missing_value(std::string_view column, std::string where) {
  return {.message = fmt::format("column {} is missing, and this model takes no missing values",
                                 base::quoted(column)),
          .where = std::move(where),
          .hint = fmt::format(
              "impute it when preprocessing, as in `impute: {{columns: [{}], strategy: median}}`", column)};
}

base::Error too_many_categories(std::string_view column, std::size_t count) {
  return {.message = fmt::format("column {} has {} different values; a model holds at most {} categories",
                                 base::quoted(column), base::with_thousands(count),
                                 base::with_thousands(model::kMaxCategories)),
          .hint = "group its values, or remove the column"};
}

/// `place`: where it most likely stands.
base::Result<const table::Column*> find_column(const table::Table& rows, const std::string& name,
                                               std::size_t place = 0) {
  const table::Column* column = rows.find(name, place);
  if (column != nullptr) return column;
  return base::Error{.message = fmt::format("column {} is missing", base::quoted(name)),
                     .hint = base::suggest_names(name, rows.names())};
}

/// Numbers of any kind are numbers; a category is looked up as what it is, and an integer is a real.
bool can_be_read_as(contract::ColumnKind kind, const table::Column& column, bool is_category) noexcept {
  using contract::ColumnKind;
  if (column.kind() == kind) return true;
  if (is_category) return kind == ColumnKind::kReal && column.kind() == ColumnKind::kInteger;
  return column.kind() != ColumnKind::kText;
}

table::Column as_reals(const table::Column& column) {
  table::RealCells cells{.values = std::vector<double>(column.row_count())};
  table::copy_as_doubles(column, cells.values);
  return {column.name(), std::move(cells)};
}

/// Of a record that may end before columns of 0 and 1.
const table::Cell& cell_at(const table::Record& record, const std::vector<std::uint32_t>& ones,
                           std::size_t position) {
  static const table::Cell kZero = table::Cell::of(std::int64_t{0});
  static const table::Cell kOne = table::Cell::of(std::int64_t{1});
  if (position < record.size()) return record[position];
  return std::find(ones.begin(), ones.end(), position) == ones.end() ? kZero : kOne;
}

/// The number of a category as a model sees it; NaN if missing or unknown.
float to_feature(std::int32_t category) noexcept {
  return category < 0 ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(category);
}

}  // namespace

nlohmann::ordered_json to_json(const FeatureCategories& categories) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const auto& [name, values] : categories) {
    nlohmann::ordered_json& list = json[name] = nlohmann::ordered_json::array();
    for (const contract::Value& value : values) list.push_back(contract::to_json(value));
  }
  return json;
}

base::Result<FeatureCategories> categories_of(const table::Table& rows,
                                              std::span<const std::string> columns) {
  FeatureCategories categories;
  for (const std::string& name : columns) {
    const table::Column* column = TRY(find_column(rows, name));
    const table::ValueRanks ranks = table::rank_values(*column);
    if (ranks.distinct_count() > model::kMaxCategories)
      return too_many_categories(name, ranks.distinct_count());
    std::vector<contract::Value>& values = categories[name];
    values.reserve(ranks.distinct_count());
    for (const std::uint32_t row : ranks.first_rows) values.push_back(column->value(row));
  }
  return categories;
}

base::Result<FeatureEncoder> FeatureEncoder::make(const contract::Schema& features,
                                                  std::span<const std::string> inputs,
                                                  const FeatureCategories& categories) {
  FeatureEncoder encoder;
  for (const std::string& name : inputs) {
    const std::optional<std::size_t> position = features.find(name);
    if (!position) {
      return base::Error{.message = fmt::format("the model's input {} is no feature", base::quoted(name)),
                         .hint = base::suggest_names(name, features.names())};
    }
    Input& input = encoder.inputs_.emplace_back();
    input.name = name;
    input.kind = features.columns[*position].kind;
    input.position = *position;
    const auto known = categories.find(name);
    if (known != categories.end()) {
      TRY(transform::check_categories(name, known->second, input.kind));
      if (known->second.size() > model::kMaxCategories)
        return too_many_categories(name, known->second.size());
      input.category_count = static_cast<std::uint32_t>(known->second.size());
      input.categories.emplace(input.kind, known->second);
      encoder.category_inputs_.push_back(static_cast<std::uint32_t>(encoder.inputs_.size() - 1));
    } else if (input.kind == contract::ColumnKind::kText) {
      return base::Error{
          .message =
              fmt::format("column {} is text, and nothing says which categories it has", base::quoted(name)),
          .hint =
              fmt::format("encode it when preprocessing, `one_hot: {{columns: [{}]}}`, or remove it", name)};
    } else {
      encoder.numbers_.push_back({.position = static_cast<std::uint32_t>(*position),
                                  .input = static_cast<std::uint32_t>(encoder.inputs_.size() - 1)});
    }
  }
  std::sort(encoder.numbers_.begin(), encoder.numbers_.end(),
            [](const Number& a, const Number& b) { return a.position < b.position; });
  encoder.number_at_.assign(features.columns.size(), kNoNumber);
  for (const Number& number : encoder.numbers_) encoder.number_at_[number.position] = number.input;
  for (const auto& [name, values] : categories) {
    if (std::find(inputs.begin(), inputs.end(), name) != inputs.end()) continue;
    return base::Error{.message = fmt::format("there are categories of {}, which is no input of the model",
                                              base::quoted(name))};
  }
  return encoder;
}

base::Status FeatureEncoder::encode_numbers(const table::Column& column, std::size_t input,
                                            const std::vector<std::uint8_t>& outside,
                                            std::span<float> matrix) const {
  std::array<double, kBlockRows> block{};
  const std::size_t row_count = column.row_count();
  for (std::size_t begin = 0; begin < row_count; begin += kBlockRows) {
    const std::size_t count = std::min(kBlockRows, row_count - begin);
    copy_block(column, begin, std::span(block).first(count));
    for (std::size_t i = 0; i < count; ++i) {
      const float value = to_feature(block[i]);
      if (std::isinf(value) && (outside.empty() || outside[begin + i] == 0)) {
        return beyond_float32(column.name(), block[i], fmt::format("row {}", begin + i + 1));
      }
      matrix[(begin + i) * inputs_.size() + input] = value;
    }
  }
  return {};
}

void FeatureEncoder::encode_categories(const table::Column& column, std::size_t input,
                                       transform::BatchNotes& notes, std::span<float> matrix) const {
  const std::vector<std::int32_t> categories = inputs_[input].categories->find_all(column);
  std::size_t unknown_count = 0;
  for (std::size_t row = 0; row < categories.size(); ++row) {
    matrix[row * inputs_.size() + input] = to_feature(categories[row]);
    const bool counts = notes.outside.empty() || notes.outside[row] == 0;
    if (categories[row] == transform::kUnknownCategory && counts) ++unknown_count;
  }
  if (unknown_count > 0) notes.unknown_categories[inputs_[input].name] += unknown_count;
}

base::Result<std::vector<float>> FeatureEncoder::encode(const table::Table& rows,
                                                        transform::BatchNotes& notes) const {
  std::vector<float> matrix(rows.row_count() * inputs_.size());
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const Input& input = inputs_[i];
    const table::Column* column = TRY(find_column(rows, input.name, input.position));
    if (!can_be_read_as(input.kind, *column, input.categories.has_value())) {
      return base::Error{.message = fmt::format("column {} is {}, expected {}", base::quoted(input.name),
                                                contract::to_string(column->kind()),
                                                contract::to_string(input.kind))};
    }
    if (input.categories) {
      encode_categories(column->kind() == input.kind ? *column : as_reals(*column), i, notes, matrix);
    } else {
      TRY(encode_numbers(*column, i, notes.outside, matrix));
    }
  }
  return matrix;
}

base::Status FeatureEncoder::encode(const table::Record& record, transform::RecordScratch& scratch,
                                    std::span<float> row) const {
  if (record.size() < number_at_.size()) {
    std::fill(row.begin(), row.end(), 0.0F);
    for (const std::uint32_t one : scratch.ones) {
      if (number_at_[one] != kNoNumber) row[number_at_[one]] = 1.0F;
    }
  }
  for (const Number& number : numbers_) {
    if (number.position >= record.size()) break;
    row[number.input] = to_feature(record[number.position].as_double());
  }
  for (const std::uint32_t i : category_inputs_) {
    const std::int32_t category =
        inputs_[i].categories->find(cell_at(record, scratch.ones, inputs_[i].position));
    if (category == transform::kUnknownCategory) scratch.unknown_categories.push_back(&inputs_[i].name);
    row[i] = to_feature(category);
  }
  std::uint32_t is_beyond = 0;  // of the width of a float, so that several are looked at at once
  for (const float value : row) is_beyond |= std::isinf(value) ? 1U : 0U;
  if (is_beyond == 0) return {};
  const auto first = std::find_if(row.begin(), row.end(), [](float value) { return std::isinf(value); });
  const Input& input = inputs_[static_cast<std::size_t>(first - row.begin())];
  return beyond_float32(input.name, record[input.position].as_double(), input.name);
}

base::Status FeatureEncoder::check_complete(std::span<const float> matrix,
                                            const transform::BatchNotes& notes) const {
  for (std::size_t i = 0; i < matrix.size(); ++i) {
    if (!std::isnan(matrix[i]) || inputs_[i % inputs_.size()].categories) continue;
    const std::size_t row = i / inputs_.size();
    if (!notes.outside.empty() && notes.outside[row] != 0) continue;
    return missing_value(inputs_[i % inputs_.size()].name, fmt::format("row {}", row + 1));
  }
  return {};
}

base::Status FeatureEncoder::check_complete(std::span<const float> row) const {
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (std::isnan(row[i]) && !inputs_[i].categories) return missing_value(inputs_[i].name, inputs_[i].name);
  }
  return {};
}

}  // namespace archmlp::bundle
