// one_hot: a 0/1 column for each known value.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_set>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/transform/constant.h"
#include "archmlp/transform/readers.h"
#include "archmlp/transform/step_support.h"
#include "archmlp/transform/steps.h"

namespace archmlp::transform {
namespace {

using base::Error;
using base::Result;
using base::Status;
using contract::ColumnKind;
using Json = nlohmann::ordered_json;

constexpr std::int32_t kMissingCategory = -1;
constexpr std::int32_t kUnknownCategory = -2;

/// Finds the category of a value: categories by value, in the column's own kind, sorted.
class CategoryIndex {
 public:
  CategoryIndex(ColumnKind kind, const std::vector<contract::Value>& categories) : kind_(kind) {
    for (std::size_t i = 0; i < categories.size(); ++i) {
      const auto category = static_cast<std::int32_t>(i);
      const contract::Value& value = categories[i];
      if (const auto integer = as_integer(value); integer && kind == ColumnKind::kInteger) {
        integers_.emplace_back(*integer, category);
      }
      if (const auto real = as_real(value); real && kind == ColumnKind::kReal)
        reals_.emplace_back(*real, category);
      if (const auto* boolean = std::get_if<bool>(&value)) booleans_[*boolean ? 1 : 0] = category;
      if (const auto* text = std::get_if<std::string>(&value)) texts_.emplace_back(*text, category);
    }
  }

  std::int32_t find(const table::Cell& cell) const noexcept {
    if (cell.missing) return kMissingCategory;
    switch (kind_) {
      case ColumnKind::kInteger:
        return find_in(integers_, cell.integer);
      case ColumnKind::kReal:
        return find_in(reals_, cell.real);
      case ColumnKind::kBoolean:
        return booleans_[cell.boolean ? 1 : 0];
      case ColumnKind::kText:
        break;
    }
    return find_in(texts_, cell.text);
  }

  /// The category of every row; text is looked up once a level.
  std::vector<std::int32_t> find_all(const table::Column& column) const {
    std::vector<std::int32_t> found(column.row_count());
    const auto none = table::Cell::none(kind_);
    switch (kind_) {
      case ColumnKind::kInteger: {
        const table::IntegerCells& cells = column.integers();
        for (std::size_t row = 0; row < found.size(); ++row) {
          const bool missing = !cells.missing.empty() && cells.missing[row] != 0;
          found[row] = find(missing ? none : table::Cell::of(cells.values[row]));
        }
        break;
      }
      case ColumnKind::kReal: {
        const std::vector<double>& values = column.reals().values;
        for (std::size_t row = 0; row < found.size(); ++row) found[row] = find(table::Cell::of(values[row]));
        break;
      }
      case ColumnKind::kBoolean: {
        const std::vector<std::int8_t>& values = column.booleans().values;
        for (std::size_t row = 0; row < found.size(); ++row) {
          found[row] = find(values[row] < 0 ? none : table::Cell::of(values[row] != 0));
        }
        break;
      }
      case ColumnKind::kText: {
        const table::TextCells& cells = column.texts();
        std::vector<std::int32_t> of_level(cells.levels.size());
        for (std::size_t level = 0; level < of_level.size(); ++level) {
          of_level[level] = find(table::Cell::of(std::string_view(cells.levels[level])));
        }
        for (std::size_t row = 0; row < found.size(); ++row) {
          const std::int32_t code = cells.codes[row];
          found[row] = code < 0 ? kMissingCategory : of_level[static_cast<std::size_t>(code)];
        }
        break;
      }
    }
    return found;
  }

 private:
  template <typename T, typename U>
  static std::int32_t find_in(const std::vector<std::pair<T, std::int32_t>>& sorted,
                              const U& value) noexcept {
    const auto place =
        std::lower_bound(sorted.begin(), sorted.end(), value,
                         [](const auto& entry, const U& wanted) { return entry.first < wanted; });
    return place != sorted.end() && place->first == value ? place->second : kUnknownCategory;
  }

  ColumnKind kind_;
  std::vector<std::pair<std::int64_t, std::int32_t>> integers_;
  std::vector<std::pair<double, std::int32_t>> reals_;
  std::vector<std::pair<std::string, std::int32_t>> texts_;
  std::int32_t booleans_[2] = {kUnknownCategory, kUnknownCategory};
};

struct Target {
  std::string name;
  std::size_t column = 0;
  std::size_t category_count = 0;
  UnknownPolicy unknown = UnknownPolicy::kIgnore;
  CategoryIndex index;
};

std::string shown(const table::Cell& cell) {
  switch (cell.kind) {
    case ColumnKind::kInteger:
      return std::to_string(cell.integer);
    case ColumnKind::kReal:
      return base::format_real(cell.real);
    case ColumnKind::kBoolean:
      return cell.boolean ? "true" : "false";
    case ColumnKind::kText:
      break;
  }
  return base::quoted(cell.text);
}

Error unknown_category(const Target& target, const std::string& value, std::string where) {
  return {.message = fmt::format("column {}: the value {} was not seen in training",
                                 base::quoted(target.name), value),
          .where = std::move(where),
          .hint = "send a known value, or train with handle_unknown: ignore"};
}

class BoundOneHot final : public BoundStep {
 public:
  /// `kept`: ascending input indices of the columns that are not encoded.
  BoundOneHot(contract::Schema output, std::vector<std::size_t> kept, std::vector<Target> targets,
              std::size_t input_count)
      : BoundStep(std::move(output)),
        kept_(std::move(kept)),
        targets_(std::move(targets)),
        input_count_(input_count) {}

  Result<table::Table> apply(const table::Table& rows, BatchNotes& notes) const override {
    std::vector<table::Column> columns;
    columns.reserve(output().columns.size());
    for (const std::size_t index : kept_) columns.push_back(rows.column(index));
    std::vector<std::vector<std::int32_t>> categories;
    for (const Target& target : targets_)
      categories.push_back(target.index.find_all(rows.column(target.column)));
    TRY(note_unknown(rows, categories, notes));
    for (std::size_t i = 0; i < targets_.size(); ++i) append_columns(targets_[i], categories[i], columns);
    if (columns.empty()) return table::Table::without_columns(rows.row_count());
    return table::Table::from_columns(std::move(columns));
  }

  Status apply(table::Record& record, RecordScratch& scratch) const override {
    table::Record& spare = scratch.spare;
    spare.clear();
    for (const std::size_t index : kept_) spare.push_back(record[index]);
    for (const Target& target : targets_) {
      const table::Cell& cell = record[target.column];
      const std::int32_t category = target.index.find(cell);
      if (category == kUnknownCategory) {
        if (target.unknown == UnknownPolicy::kError)
          return unknown_category(target, shown(cell), target.name);
        scratch.unknown_categories.push_back(&target.name);
      }
      const std::size_t first = spare.size();
      spare.resize(first + target.category_count, table::Cell::of(std::int64_t{0}));
      if (category >= 0) spare[first + static_cast<std::size_t>(category)].integer = 1;
    }
    record.swap(spare);
    return {};
  }

  std::vector<bool> inputs_needed(const std::vector<bool>& needed) const override {
    std::vector<bool> result(input_count_, false);
    for (std::size_t i = 0; i < kept_.size(); ++i) result[kept_[i]] = needed[i];
    std::size_t output_index = kept_.size();
    for (const Target& target : targets_) {
      bool any = target.unknown == UnknownPolicy::kError;  // whatever becomes of its columns, it may refuse
      for (std::size_t i = 0; i < target.category_count; ++i) any = any || needed[output_index + i];
      output_index += target.category_count;
      result[target.column] = any;
    }
    return result;
  }

 private:
  /// Rows outside the population are not looked at, as a record would never have come this far.
  /// Of several refused values, the one in the first row is reported, as if the rows came one by one.
  Status note_unknown(const table::Table& rows, const std::vector<std::vector<std::int32_t>>& categories,
                      BatchNotes& notes) const {
    std::size_t first_refused_row = rows.row_count();
    const Target* refused_by = nullptr;
    for (std::size_t i = 0; i < targets_.size(); ++i) {
      std::size_t count = 0;
      for (std::size_t row = 0; row < categories[i].size(); ++row) {
        if (categories[i][row] != kUnknownCategory || (!notes.outside.empty() && notes.outside[row] != 0))
          continue;
        ++count;
        if (targets_[i].unknown == UnknownPolicy::kIgnore) continue;
        if (row < first_refused_row) {
          first_refused_row = row;
          refused_by = &targets_[i];
        }
        break;
      }
      if (count > 0) notes.unknown_categories[targets_[i].name] += count;
    }
    if (refused_by == nullptr) return {};
    const contract::Value value = rows.column(refused_by->column).value(first_refused_row);
    const bool is_text = std::holds_alternative<std::string>(value);
    return unknown_category(*refused_by,
                            is_text ? base::quoted(std::get<std::string>(value)) : contract::to_text(value),
                            fmt::format("row {}", first_refused_row + 1));
  }

  void append_columns(const Target& target, const std::vector<std::int32_t>& categories,
                      std::vector<table::Column>& columns) const {
    std::vector<table::IntegerCells> encoded(target.category_count);
    for (table::IntegerCells& cells : encoded) cells.values.resize(categories.size(), 0);
    for (std::size_t row = 0; row < categories.size(); ++row) {
      if (categories[row] >= 0) encoded[static_cast<std::size_t>(categories[row])].values[row] = 1;
    }
    for (table::IntegerCells& cells : encoded) {
      columns.emplace_back(output().columns[columns.size()].name, std::move(cells));
    }
  }

  std::vector<std::size_t> kept_;
  std::vector<Target> targets_;
  std::size_t input_count_;
};

bool suits(const contract::Value& category, ColumnKind kind) {
  switch (kind) {
    case ColumnKind::kInteger:
      return as_integer(category).has_value();
    case ColumnKind::kReal:
      return as_real(category).has_value();
    case ColumnKind::kBoolean:
      return std::holds_alternative<bool>(category);
    case ColumnKind::kText:
      break;
  }
  return std::holds_alternative<std::string>(category);
}

Status check_categories(const EncodedColumn& column, ColumnKind kind) {
  for (std::size_t i = 0; i < column.categories.size(); ++i) {
    const contract::Value& category = column.categories[i];
    if (!suits(category, kind)) {
      return Error{.message =
                       fmt::format("column {}: the category {} cannot be the value of a column of kind {}",
                                   base::quoted(column.name), base::quoted(contract::to_text(category)),
                                   to_string(kind))};
    }
    if (i > 0 && !contract::value_less(column.categories[i - 1], category)) {
      return Error{.message = fmt::format("column {}: the categories are not sorted, or one occurs twice",
                                          base::quoted(column.name))};
    }
  }
  return {};
}

class OneHot final : public Step {
 public:
  explicit OneHot(std::vector<EncodedColumn> columns) : columns_(std::move(columns)) {}

  std::string_view kind() const noexcept override { return "one_hot"; }
  Json to_json() const override {
    Json json = Json::object();
    json["kind"] = kind();
    json["columns"] = Json::array();
    for (const EncodedColumn& column : columns_) {
      Json one = Json::object();
      one["name"] = column.name;
      one["categories"] = values_to_json(column.categories);
      one["unknown"] = column.unknown == UnknownPolicy::kError ? "error" : "ignore";
      json["columns"].push_back(std::move(one));
    }
    return json;
  }

  Result<std::unique_ptr<const BoundStep>> bind(const contract::Schema& input) const override {
    std::vector<std::string> names;
    for (const EncodedColumn& column : columns_) names.push_back(column.name);
    const std::vector<std::size_t> indices = TRY(find_columns(input, names));
    std::vector<bool> is_encoded(input.columns.size(), false);
    for (const std::size_t index : indices) is_encoded[index] = true;
    contract::Schema output;
    std::vector<std::size_t> kept;
    for (std::size_t index = 0; index < input.columns.size(); ++index) {
      if (is_encoded[index]) continue;
      kept.push_back(index);
      output.columns.push_back(input.columns[index]);
    }
    std::vector<Target> targets;
    for (std::size_t i = 0; i < indices.size(); ++i) {
      const EncodedColumn& column = columns_[i];
      const ColumnKind kind = input.columns[indices[i]].kind;
      TRY(check_categories(column, kind));
      for (const contract::Value& category : column.categories) {
        output.columns.push_back({.name = column.name + "_" + contract::to_text(category),
                                  .kind = ColumnKind::kInteger,
                                  .nullable = false,
                                  .missing_values = {""}});
      }
      targets.push_back({column.name, indices[i], column.categories.size(), column.unknown,
                         CategoryIndex(kind, column.categories)});
    }
    TRY(check_names(output));
    return std::unique_ptr<const BoundStep>(std::make_unique<BoundOneHot>(
        std::move(output), std::move(kept), std::move(targets), input.columns.size()));
  }

 private:
  static Status check_names(const contract::Schema& output) {
    std::unordered_set<std::string_view> seen;
    for (const contract::ColumnSchema& column : output.columns) {
      if (seen.insert(column.name).second) continue;
      return Error{.message = "two columns would be named " + base::quoted(column.name),
                   .hint = "rename one of the columns before it is encoded"};
    }
    return {};
  }

  std::vector<EncodedColumn> columns_;
};

}  // namespace

StepPointer make_one_hot(std::vector<EncodedColumn> columns) {
  return std::make_shared<OneHot>(std::move(columns));
}

Result<StepPointer> read_one_hot(const contract::JsonObject& json) {
  TRY(json.only({"kind", "columns"}));
  std::vector<EncodedColumn> columns;
  const auto objects = TRY(objects_member(json, "columns", {"name", "categories", "unknown"}));
  for (const contract::JsonObject& one : objects) {
    EncodedColumn column;
    column.name = TRY(one.text("name"));
    column.categories = TRY(values_member(one, "categories"));
    const std::string unknown = TRY(one.text("unknown"));
    if (unknown != "ignore" && unknown != "error") {
      return Error{.message = "unknown policy " + base::quoted(unknown),
                   .where = one.path() + ".unknown",
                   .hint = "use ignore or error"};
    }
    column.unknown = unknown == "error" ? UnknownPolicy::kError : UnknownPolicy::kIgnore;
    columns.push_back(std::move(column));
  }
  return make_one_hot(std::move(columns));
}

}  // namespace archmlp::transform
