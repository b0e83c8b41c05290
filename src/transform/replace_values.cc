// replace with a map: some values of a column become others.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/transform/category_index.h"
#include "archmlp/transform/cell_map.h"
#include "archmlp/transform/constant.h"
#include "archmlp/transform/readers.h"
#include "archmlp/transform/step_support.h"
#include "archmlp/transform/steps.h"

namespace archmlp::transform {
namespace {

using base::Error;
using base::Result;
using contract::ColumnKind;
using table::Cell;
using Json = nlohmann::ordered_json;

class ValueMap final : public CellMap {
 public:
  ValueMap(ColumnKind made, CategoryIndex from, std::vector<Constant> to)
      : CellMap(made, false), from_(std::move(from)), to_(std::move(to)) {}

  std::optional<Cell> apply(const Cell& cell, std::string& /*buffer*/) const override {
    const std::int32_t found = from_.find(cell);
    return found < 0 ? as_kind(cell, kind) : to_[static_cast<std::size_t>(found)].cell();
  }
  Error refusal(std::string_view /*column*/, const Cell& /*cell*/) const override {
    return {};
  }  // never asked

 private:
  CategoryIndex from_;
  std::vector<Constant> to_;  // of the kind that is made
};

class ReplaceValues final : public Step {
 public:
  ReplaceValues(std::vector<std::string> columns, std::vector<MappedValue> map)
      : columns_(std::move(columns)), map_(std::move(map)) {
    std::stable_sort(map_.begin(), map_.end(), [](const MappedValue& a, const MappedValue& b) {
      return contract::value_less(a.from, b.from);
    });
  }

  std::string_view kind() const noexcept override { return "replace"; }
  Json to_json() const override {
    Json json = Json::object();
    json["kind"] = kind();
    json["columns"] = columns_;
    json["map"] = Json::array();
    for (const MappedValue& value : map_) {
      json["map"].push_back({{"from", contract::to_json(value.from)}, {"to", contract::to_json(value.to)}});
    }
    return json;
  }
  Result<std::unique_ptr<const BoundStep>> bind(const contract::Schema& input) const override {
    const auto indices = TRY(find_columns(input, columns_));
    std::vector<contract::Value> from;
    for (const MappedValue& value : map_) from.push_back(value.from);
    contract::Schema output = input;
    std::vector<MappedColumn> mapped;
    for (const std::size_t index : indices) {
      contract::ColumnSchema& column = output.columns[index];
      const ColumnKind kind = column.kind;
      TRY(check_categories(column.name, from, kind));
      std::vector<Constant> to = TRY(constants(column));
      for (const Constant& constant : to) column.nullable = column.nullable || constant.missing;
      mapped.push_back(
          {index, std::make_shared<const ValueMap>(column.kind, CategoryIndex(kind, from), std::move(to))});
    }
    return bind_cell_maps(std::move(output), std::move(mapped));
  }

 private:
  /// The new values in the kind that the column then has, which `column` gets.
  Result<std::vector<Constant>> constants(contract::ColumnSchema& column) const {
    for (const MappedValue& value : map_) {
      const Constant constant = TRY(constant_for(column, value.to, true));
      column.kind = constant.kind;  // an integer column may have become real
    }
    std::vector<Constant> made;
    for (const MappedValue& value : map_) made.push_back(TRY(constant_for(column, value.to, true)));
    return made;
  }

  std::vector<std::string> columns_;
  std::vector<MappedValue> map_;  // sorted
};

}  // namespace

StepPointer make_replace_values(std::vector<std::string> columns, std::vector<MappedValue> map) {
  return std::make_shared<ReplaceValues>(std::move(columns), std::move(map));
}

Result<StepPointer> read_replace_values(const contract::JsonObject& json) {
  TRY(json.only({"kind", "columns", "map"}));
  std::vector<std::string> columns = TRY(json.texts("columns"));
  std::vector<MappedValue> map;
  const auto objects = TRY(objects_member(json, "map", {"from", "to"}));
  for (const contract::JsonObject& one : objects) {
    contract::Value from = TRY(value_member(one, "from"));
    contract::Value to = TRY(value_member(one, "to"));
    if (!map.empty() && !contract::value_less(map.back().from, from)) {
      return Error{.message = "the values are not sorted, or one occurs twice",
                   .where = one.path() + ".from"};
    }
    map.push_back({std::move(from), std::move(to)});
  }
  return make_replace_values(std::move(columns), std::move(map));
}

}  // namespace archmlp::transform
