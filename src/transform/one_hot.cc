#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/transform/binding.h"
#include "archmlp/transform/step_readers.h"
#include "archmlp/transform/steps.h"

namespace archmlp::transform {
namespace {

using contract::ColumnKind;
using contract::Value;

/// Binary search in sorted categories of one type. Shape: index, or none if unseen.
template <typename T>
std::optional<std::size_t> find_category(const std::vector<T>& categories, const auto& value) {
  const auto found = std::lower_bound(categories.begin(), categories.end(), value);
  if (found == categories.end() || *found != value) return std::nullopt;
  return static_cast<std::size_t>(found - categories.begin());
}

/// The categories of one column in the type of its cells.
class CategoryIndex {
 public:
  explicit CategoryIndex(const std::vector<Value>& categories) {
    for (const Value& value : categories) {
      if (const auto* text = std::get_if<std::string>(&value)) texts_.push_back(*text);
      if (const auto* integer = std::get_if<std::int64_t>(&value)) integers_.push_back(*integer);
      if (const auto* real = std::get_if<double>(&value)) reals_.push_back(*real);
      if (const auto* boolean = std::get_if<bool>(&value)) integers_.push_back(*boolean ? 1 : 0);
    }
  }

  std::optional<std::size_t> find(std::string_view text) const { return find_category(texts_, text); }
  std::optional<std::size_t> find(std::int64_t value) const { return find_category(integers_, value); }
  std::optional<std::size_t> find(double value) const { return find_category(reals_, value); }
  /// Precondition: not missing, of the column's kind.
  std::optional<std::size_t> find(const table::Cell& cell) const {
    switch (cell.kind) {
      case ColumnKind::kText:
        return find(cell.text);
      case ColumnKind::kInteger:
        return find(cell.integer);
      case ColumnKind::kBoolean:
        return find(static_cast<std::int64_t>(cell.boolean));
      case ColumnKind::kReal:
        break;
    }
    return find(cell.real);
  }

 private:
  std::vector<std::string> texts_;
  std::vector<std::int64_t> integers_;  // booleans too, as 0 and 1
  std::vector<double> reals_;
};

struct BoundEncoding {
  EncodedColumn encoded;
  std::size_t column;  // in the input
  CategoryIndex index;
};

constexpr std::int32_t kMissing = -1;
constexpr std::int32_t kUnknown = -2;

base::Error unknown_category(const EncodedColumn& encoded, std::string_view value) {
  std::vector<std::string> known;
  for (const Value& category : encoded.categories) known.push_back(contract::to_text(category));
  return {.message = "column " + base::quoted(encoded.name) + ": the value " + base::quoted(value) +
                     " was not seen in training",
          .where = encoded.name,
          .hint = base::suggest_names(value, known)};
}

std::string text_of(const table::Cell& cell) {
  switch (cell.kind) {
    case ColumnKind::kText:
      return std::string(cell.text);
    case ColumnKind::kInteger:
      return contract::to_text(cell.integer);
    case ColumnKind::kBoolean:
      return contract::to_text(cell.boolean);
    case ColumnKind::kReal:
      break;
  }
  return contract::to_text(cell.real);
}

/// Category of every row: an index, kMissing or kUnknown.
std::vector<std::int32_t> categories_of(const table::Column& column, const CategoryIndex& index) {
  const auto code_of = [](std::optional<std::size_t> found) {
    return found ? static_cast<std::int32_t>(*found) : kUnknown;
  };
  std::vector<std::int32_t> categories(column.row_count(), kMissing);
  if (column.kind() == ColumnKind::kText) {
    const table::TextCells& texts = column.texts();
    std::vector<std::int32_t> of_level;
    of_level.reserve(texts.levels.size());
    for (const std::string& level : texts.levels)
      of_level.push_back(code_of(index.find(std::string_view(level))));
    for (std::size_t row = 0; row < categories.size(); ++row) {
      if (texts.codes[row] >= 0) categories[row] = of_level[static_cast<std::size_t>(texts.codes[row])];
    }
    return categories;
  }
  for (std::size_t row = 0; row < categories.size(); ++row) {
    if (column.is_missing(row)) continue;
    switch (column.kind()) {
      case ColumnKind::kInteger:
        categories[row] = code_of(index.find(column.integers().values[row]));
        break;
      case ColumnKind::kBoolean:
        categories[row] = code_of(index.find(static_cast<std::int64_t>(column.booleans().values[row])));
        break;
      default:
        categories[row] = code_of(index.find(column.reals().values[row]));
        break;
    }
  }
  return categories;
}

class BoundOneHot final : public BoundStep {
 public:
  BoundOneHot(contract::Schema output, std::vector<BoundEncoding> encodings, std::vector<std::size_t> kept,
              std::size_t input_count)
      : BoundStep(std::move(output)),
        encodings_(std::move(encodings)),
        kept_(std::move(kept)),
        input_count_(input_count) {}

  base::Result<table::Table> apply(const table::Table& rows, BatchNotes& notes) const override {
    std::vector<table::Column> columns;
    columns.reserve(output().columns.size());
    for (const std::size_t column : kept_) columns.push_back(rows.column(column));
    for (const BoundEncoding& encoding : encodings_) TRY(append_indicators(encoding, rows, notes, columns));
    return make_table(std::move(columns), rows.row_count());
  }

  base::Status apply(table::Record& record, RecordScratch& scratch) const override {
    table::Record& out = scratch.spare;
    out.clear();
    for (const std::size_t column : kept_) out.push_back(record[column]);
    for (const BoundEncoding& encoding : encodings_) {
      const std::size_t begin = out.size();
      out.resize(begin + encoding.encoded.categories.size(), table::Cell::of(std::int64_t{0}));
      const table::Cell& cell = record[encoding.column];
      if (cell.missing) continue;
      if (const auto category = encoding.index.find(cell)) {
        out[begin + *category].integer = 1;
      } else if (encoding.encoded.unknown == UnknownPolicy::kError) {
        return unknown_category(encoding.encoded, text_of(cell));
      } else {
        scratch.unknown_categories.push_back(&encoding.encoded.name);
      }
    }
    record.swap(out);
    return {};
  }

  std::vector<bool> inputs_needed(const std::vector<bool>& needed) const override {
    std::vector<bool> inputs(input_count_);
    for (std::size_t i = 0; i < kept_.size(); ++i) inputs[kept_[i]] = needed[i];
    std::size_t output = kept_.size();
    for (const BoundEncoding& encoding : encodings_) {
      bool any = encoding.encoded.unknown == UnknownPolicy::kError;
      for (std::size_t i = 0; i < encoding.encoded.categories.size(); ++i) any = any || needed[output++];
      inputs[encoding.column] = any;
    }
    return inputs;
  }

 private:
  static base::Status append_indicators(const BoundEncoding& encoding, const table::Table& rows,
                                        BatchNotes& notes, std::vector<table::Column>& columns) {
    const EncodedColumn& encoded = encoding.encoded;
    const table::Column& column = rows.column(encoding.column);
    const std::vector<std::int32_t> categories = categories_of(column, encoding.index);
    for (std::size_t row = 0; row < categories.size(); ++row) {
      if (categories[row] != kUnknown || (!notes.outside.empty() && notes.outside[row] != 0)) continue;
      if (encoded.unknown == UnknownPolicy::kError) {
        base::Error error = unknown_category(encoded, contract::to_text(column.value(row)));
        error.where = "row " + std::to_string(row + 1);
        return error;
      }
      ++notes.unknown_categories[encoded.name];
    }
    std::vector<table::IntegerCells> indicators(encoded.categories.size());
    for (table::IntegerCells& cells : indicators) cells.values.resize(categories.size());
    for (std::size_t row = 0; row < categories.size(); ++row) {
      if (categories[row] >= 0) indicators[static_cast<std::size_t>(categories[row])].values[row] = 1;
    }
    for (std::size_t i = 0; i < indicators.size(); ++i) {
      columns.emplace_back(encoded.name + "_" + contract::to_text(encoded.categories[i]),
                           std::move(indicators[i]));
    }
    return {};
  }

  std::vector<BoundEncoding> encodings_;
  std::vector<std::size_t> kept_;
  std::size_t input_count_;
};

/// Is the value of the type that cells of the kind have?
bool is_of_kind(const Value& value, ColumnKind kind) noexcept {
  switch (kind) {
    case ColumnKind::kInteger:
      return std::holds_alternative<std::int64_t>(value);
    case ColumnKind::kReal:
      return std::holds_alternative<double>(value);
    case ColumnKind::kBoolean:
      return std::holds_alternative<bool>(value);
    case ColumnKind::kText:
      break;
  }
  return std::holds_alternative<std::string>(value);
}

class OneHot final : public Step {
 public:
  explicit OneHot(std::vector<EncodedColumn> columns) : columns_(std::move(columns)) {}
  std::string_view kind() const noexcept override { return "one_hot"; }
  nlohmann::ordered_json to_json() const override {
    nlohmann::ordered_json columns = nlohmann::ordered_json::array();
    for (const EncodedColumn& column : columns_) {
      nlohmann::ordered_json categories = nlohmann::ordered_json::array();
      for (const Value& category : column.categories) categories.push_back(contract::to_json(category));
      columns.push_back({{"name", column.name},
                         {"categories", std::move(categories)},
                         {"unknown", column.unknown == UnknownPolicy::kError ? "error" : "ignore"}});
    }
    return {{"kind", kind()}, {"columns", std::move(columns)}};
  }

  base::Result<std::unique_ptr<const BoundStep>> bind(const contract::Schema& input) const override {
    std::vector<std::string> names;
    for (const EncodedColumn& column : columns_) names.push_back(column.name);
    const std::vector<std::size_t> indices = TRY(require_columns(input, names));
    contract::Schema output;
    std::vector<std::size_t> kept;
    for (std::size_t i = 0; i < input.columns.size(); ++i) {
      if (std::find(indices.begin(), indices.end(), i) != indices.end()) continue;
      kept.push_back(i);
      output.columns.push_back(input.columns[i]);
    }
    std::vector<BoundEncoding> encodings;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      TRY(check_kinds(columns_[i], input.columns[indices[i]].kind));
      for (const Value& category : columns_[i].categories) {
        output.columns.push_back(
            made_column(columns_[i].name + "_" + contract::to_text(category), ColumnKind::kInteger, false));
      }
      encodings.push_back({columns_[i], indices[i], CategoryIndex(columns_[i].categories)});
    }
    TRY(require_distinct_names(output));
    return std::unique_ptr<const BoundStep>(std::make_unique<BoundOneHot>(
        std::move(output), std::move(encodings), std::move(kept), input.columns.size()));
  }

 private:
  static base::Status check_kinds(const EncodedColumn& column, ColumnKind kind) {
    for (const Value& category : column.categories) {
      if (is_of_kind(category, kind)) continue;
      return base::Error{.message = "column " + base::quoted(column.name) + " is " +
                                    std::string(contract::to_string(kind)) + ", but its category " +
                                    base::quoted(contract::to_text(category)) + " is not"};
    }
    return {};
  }

  std::vector<EncodedColumn> columns_;
};

base::Result<EncodedColumn> read_column(const nlohmann::ordered_json& json, const std::string& path) {
  const contract::JsonObject object = TRY(contract::JsonObject::from(json, path));
  TRY(object.only({"name", "categories", "unknown"}));
  const std::string unknown = TRY(object.text("unknown"));
  if (unknown != "ignore" && unknown != "error") {
    return base::Error{.message = "expected ignore or error, found " + base::quoted(unknown),
                       .where = path + ".unknown"};
  }
  EncodedColumn column{.name = TRY(object.text("name")),
                       .categories = TRY(read_values(object, "categories")),
                       .unknown = unknown == "error" ? UnknownPolicy::kError : UnknownPolicy::kIgnore};
  for (std::size_t i = 1; i < column.categories.size(); ++i) {
    const Value& before = column.categories[i - 1];
    const Value& value = column.categories[i];
    if (before.index() != value.index() || !contract::value_less(before, value)) {
      return base::Error{.message = "categories are not of one type, sorted and distinct",
                         .where = path + ".categories"};
    }
  }
  return column;
}

}  // namespace

StepPointer make_one_hot(std::vector<EncodedColumn> columns) {
  return std::make_shared<OneHot>(std::move(columns));
}

base::Result<StepPointer> read_one_hot(const contract::JsonObject& object) {
  TRY(object.only({"kind", "columns"}));
  const nlohmann::ordered_json* array = TRY(object.array("columns"));
  std::vector<EncodedColumn> columns;
  for (const nlohmann::ordered_json& json : *array) {
    columns.push_back(
        TRY(read_column(json, object.path() + ".columns[" + std::to_string(columns.size()) + "]")));
  }
  return make_one_hot(std::move(columns));
}

}  // namespace archmlp::transform
