// add_features: columns computed from others.

#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/expression/expression.h"
#include "archmlp/transform/readers.h"
#include "archmlp/transform/step_support.h"
#include "archmlp/transform/steps.h"

namespace archmlp::transform {
namespace {

using base::Error;
using base::Result;
using base::Status;
using expression::Expression;
using Json = nlohmann::ordered_json;

struct Feature {
  std::string name;
  std::size_t column = 0;  // where it goes: an existing column, or the one behind the last
  Expression expression;
};

class BoundAddFeatures final : public BoundStep {
 public:
  BoundAddFeatures(contract::Schema output, std::vector<Feature> features, std::size_t input_count)
      : BoundStep(std::move(output)), features_(std::move(features)), input_count_(input_count) {}

  Result<table::Table> apply(const table::Table& rows, BatchNotes& /*notes*/) const override {
    table::Table current = rows;
    for (const Feature& feature : features_) {
      table::Cells cells = TRY(feature.expression.evaluate(current));
      std::vector<table::Column> columns(current.columns().begin(), current.columns().end());
      table::Column column(feature.name, std::move(cells));
      if (feature.column == columns.size()) {
        columns.push_back(std::move(column));
      } else {
        columns[feature.column] = std::move(column);
      }
      current = TRY(table::Table::from_columns(std::move(columns)));
    }
    return current;
  }

  Status apply(table::Record& record, RecordScratch& scratch) const override {
    for (const Feature& feature : features_) {
      const table::Cell cell = feature.expression.evaluate(record, scratch.expression);
      if (feature.column == record.size()) {
        record.push_back(cell);
      } else {
        record[feature.column] = cell;
      }
    }
    return {};
  }

  std::vector<bool> inputs_needed(const std::vector<bool>& needed) const override {
    std::vector<bool> current = needed;
    for (auto feature = features_.rbegin(); feature != features_.rend(); ++feature) {
      if (!current[feature->column]) continue;
      current[feature->column] = false;  // what stood there before does not matter, unless it is read
      for (const std::size_t column : feature->expression.columns()) current[column] = true;
    }
    current.resize(input_count_);
    return current;
  }

 private:
  std::vector<Feature> features_;
  std::size_t input_count_;
};

class AddFeatures final : public Step {
 public:
  explicit AddFeatures(std::vector<std::pair<std::string, std::string>> features)
      : features_(std::move(features)) {}

  std::string_view kind() const noexcept override { return "add_features"; }
  Json to_json() const override {
    Json json = Json::object();
    json["kind"] = kind();
    json["features"] = Json::array();
    for (const auto& [name, expression] : features_) {
      json["features"].push_back(Json{{"name", name}, {"expression", expression}});
    }
    return json;
  }
  Result<std::unique_ptr<const BoundStep>> bind(const contract::Schema& input) const override {
    contract::Schema schema = input;
    std::vector<Feature> features;
    for (const auto& [name, text] : features_) {
      if (name.empty()) return Error{.message = "the name of a feature is empty"};
      auto compiled = Expression::compile(text, schema);
      if (!compiled.ok()) {
        compiled.error().where = "feature " + base::quoted(name);
        return compiled.error();
      }
      const std::size_t column = schema.find(name).value_or(schema.columns.size());
      contract::ColumnSchema column_schema{
          .name = name, .kind = compiled->kind(), .nullable = true, .missing_values = {""}};
      if (column == schema.columns.size()) {
        schema.columns.push_back(std::move(column_schema));
      } else {
        schema.columns[column] = std::move(column_schema);
      }
      features.push_back({name, column, std::move(compiled).value()});
    }
    return std::unique_ptr<const BoundStep>(
        std::make_unique<BoundAddFeatures>(std::move(schema), std::move(features), input.columns.size()));
  }

 private:
  std::vector<std::pair<std::string, std::string>> features_;
};

}  // namespace

StepPointer make_add_features(std::vector<std::pair<std::string, std::string>> features) {
  return std::make_shared<AddFeatures>(std::move(features));
}

Result<StepPointer> read_add_features(const contract::JsonObject& json) {
  TRY(json.only({"kind", "features"}));
  std::vector<std::pair<std::string, std::string>> features;
  const auto objects = TRY(objects_member(json, "features", {"name", "expression"}));
  for (const contract::JsonObject& one : objects) {
    std::string name = TRY(one.text("name"));
    std::string expression = TRY(one.text("expression"));
    features.emplace_back(std::move(name), std::move(expression));
  }
  return make_add_features(std::move(features));
}

}  // namespace archmlp::transform
