#include <nlohmann/json.hpp>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/transform/binding.h"
#include "archmlp/transform/step_readers.h"
#include "archmlp/transform/steps.h"

namespace archmlp::transform {
namespace {

/// A feature, computed from the columns that stand before it.
struct BoundFeature {
  expression::Expression value;
  std::string name;
  std::size_t position;  // where it goes: an existing column, or one behind the last
};

class BoundAddFeatures final : public BoundStep {
 public:
  BoundAddFeatures(contract::Schema output, std::vector<BoundFeature> features, std::size_t input_count)
      : BoundStep(std::move(output)), features_(std::move(features)), input_count_(input_count) {}

  base::Result<table::Table> apply(const table::Table& rows, BatchNotes&) const override {
    table::Table table = rows;
    for (const BoundFeature& feature : features_) {
      table::Column column(feature.name, TRY(feature.value.evaluate(table)));
      std::vector<table::Column> columns(table.columns().begin(), table.columns().end());
      if (feature.position < columns.size()) {
        columns[feature.position] = std::move(column);
      } else {
        columns.push_back(std::move(column));
      }
      table = TRY(make_table(std::move(columns), rows.row_count()));
    }
    return table;
  }

  base::Status apply(table::Record& record, RecordScratch& scratch) const override {
    for (const BoundFeature& feature : features_) {
      const table::Cell cell = feature.value.evaluate(record, scratch.expression);
      if (feature.position < record.size()) {
        record[feature.position] = cell;
      } else {
        record.push_back(cell);
      }
    }
    return {};
  }

  std::vector<bool> inputs_needed(const std::vector<bool>& needed) const override {
    std::vector<bool> columns = needed;
    for (auto feature = features_.rbegin(); feature != features_.rend(); ++feature) {
      const bool is_needed = columns[feature->position];
      columns[feature->position] = false;  // what stood there before is overwritten
      if (!is_needed) continue;
      for (const std::size_t column : feature->value.columns()) columns[column] = true;
    }
    columns.resize(input_count_);
    return columns;
  }

 private:
  std::vector<BoundFeature> features_;
  std::size_t input_count_;
};

class AddFeatures final : public Step {
 public:
  explicit AddFeatures(std::vector<std::pair<std::string, std::string>> features)
      : features_(std::move(features)) {}
  std::string_view kind() const noexcept override { return "add_features"; }
  nlohmann::ordered_json to_json() const override {
    nlohmann::ordered_json pairs = nlohmann::ordered_json::array();
    for (const auto& [name, value] : features_) pairs.push_back(nlohmann::ordered_json::array({name, value}));
    return {{"kind", kind()}, {"features", std::move(pairs)}};
  }

  base::Result<std::unique_ptr<const BoundStep>> bind(const contract::Schema& input) const override {
    contract::Schema schema = input;
    std::vector<BoundFeature> bound;
    for (const auto& [name, text] : features_) {
      if (name.empty()) return base::Error{.message = "a feature has an empty name"};
      auto value = expression::Expression::compile(text, schema);
      if (!value.ok()) {
        base::Error error = std::move(value).error();
        error.message = "feature " + base::quoted(name) + ": " + error.message;
        return error;
      }
      const std::size_t position = schema.find(name).value_or(schema.columns.size());
      contract::ColumnSchema column = made_column(name, value->kind(), true);
      if (position < schema.columns.size()) {
        schema.columns[position] = std::move(column);
      } else {
        schema.columns.push_back(std::move(column));
      }
      bound.push_back({std::move(*value), name, position});
    }
    return std::unique_ptr<const BoundStep>(
        std::make_unique<BoundAddFeatures>(std::move(schema), std::move(bound), input.columns.size()));
  }

 private:
  std::vector<std::pair<std::string, std::string>> features_;
};

}  // namespace

StepPointer make_add_features(std::vector<std::pair<std::string, std::string>> features) {
  return std::make_shared<AddFeatures>(std::move(features));
}

base::Result<StepPointer> read_add_features(const contract::JsonObject& object) {
  TRY(object.only({"kind", "features"}));
  return make_add_features(TRY(read_text_pairs(object, "features")));
}

}  // namespace archmlp::transform
