#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "archmlp/serve/known_values.h"
#include "archmlp/serve/openapi.h"
#include "archmlp/serve/v2_outputs.h"

namespace archmlp::serve {
namespace {

using Json = nlohmann::ordered_json;
using contract::ColumnKind;
using predict::RecordForm;

constexpr std::size_t kMostListed = 1000;  // values of a column

Json component(const std::string& name) { return {{"$ref", "#/components/schemas/" + name}}; }

Json type_of(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::kInteger:
      return {{"type", "integer"}, {"format", "int64"}};
    case ColumnKind::kBoolean:
      return {{"type", "boolean"}};
    case ColumnKind::kText:
      return {{"type", "string"}};
    case ColumnKind::kReal:
      break;
  }
  return {{"type", "number"}, {"format", "double"}};
}

/// Values beside the known ones are allowed where the model takes them for unknown.
Json column_schema(const contract::ColumnSchema& column, const KnownValues* known) {
  Json schema = type_of(column.kind);
  if (column.nullable) schema["nullable"] = true;
  if (known == nullptr || known->values.empty() || known->values.size() > kMostListed) return schema;
  Json listed = type_of(column.kind);
  listed["enum"] = Json::array();
  for (const contract::Value& value : known->values) {
    if (!std::holds_alternative<std::monostate>(value)) listed["enum"].push_back(contract::to_json(value));
  }
  if (!known->refuses_others) return {{"anyOf", {std::move(listed), std::move(schema)}}};
  if (column.nullable) {
    listed["nullable"] = true;
    listed["enum"].push_back(nullptr);
  }
  return listed;
}

Json record_schema(const predict::Predictor& predictor, RecordForm form) {
  const std::vector<std::string>& ignored = predictor.ignored(form);
  const std::map<std::string, KnownValues> known = known_values(predictor, form);
  Json properties = Json::object();
  Json required = Json::array();
  for (const contract::ColumnSchema& column : predictor.schema(form).columns) {
    if (std::find(ignored.begin(), ignored.end(), column.name) != ignored.end()) continue;
    const auto found = known.find(column.name);
    properties[column.name] = column_schema(column, found == known.end() ? nullptr : &found->second);
    required.push_back(column.name);
  }
  for (const std::string& name : ignored) properties[name] = {{"description", "not read"}};
  Json schema = {{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = std::move(required);
  schema["additionalProperties"] = false;
  return schema;
}

Json number_or_null() { return {{"type", "number"}, {"format", "double"}, {"nullable", true}}; }

Json object_of_numbers(const std::vector<std::string>& names) {
  Json properties = Json::object();
  for (const std::string& name : names) properties[name] = number_or_null();
  return {{"type", "object"}, {"properties", std::move(properties)}, {"required", names}};
}

Json label_schema(const contract::LabelSchema& label) {
  if (label.task == contract::Task::kRegression) return number_or_null();
  Json schema = type_of(label.kind);
  schema["enum"] = Json::array();
  for (const contract::Value& value : label.classes) schema["enum"].push_back(contract::to_json(value));
  return schema;
}

Json prediction_schema(const predict::Predictor& predictor) {
  const contract::LabelSchema& label = predictor.bundle().contract().label;
  const model::OutputLayout layout = predictor.layout();
  Json properties = {{"prediction", label_schema(label)}};
  if (layout.probabilities > 0) {
    std::vector<std::string> names;
    for (const contract::Value& value : label.classes) names.push_back(contract::to_text(value));
    properties["probabilities"] = object_of_numbers(names);
  }
  if (layout.decisions == 1) properties["decision_function"] = number_or_null();
  if (layout.decisions > 1) properties["decision_function"] = object_of_numbers(predictor.decision_names());
  properties["unknown_categories"] = {
      {"type", "array"},
      {"items", {{"type", "string"}}},
      {"description", "columns whose value no training row had; left out if there is none"}};
  return {{"type", "object"}, {"properties", std::move(properties)}, {"required", {"prediction"}}};
}

/// What a name of a component may hold.
std::string component_name(const std::string& text) {
  std::string name = text;
  for (char& c : name) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!is_plain && c != '.' && c != '-') c = '_';
  }
  return name;
}

void add_model(const ServedModel& model, std::set<std::string>& names, Json& schemas, Json& records,
               Json& predictions) {
  const auto add = [&](const std::string& suffix, Json schema, Json& list) {
    std::string name = component_name(model.name + "-" + model.version) + "." + suffix;
    while (!names.insert(name).second) name += "_";
    schema["title"] = model.label + ": " + suffix;
    schemas[name] = std::move(schema);
    list.push_back(component(name));
  };
  const predict::Predictor& predictor = *model.predictor;
  if (predictor.accepts(RecordForm::kRaw)) add("record", record_schema(predictor, RecordForm::kRaw), records);
  add("prepared_record", record_schema(predictor, RecordForm::kPrepared), records);
  add("prediction", prediction_schema(predictor), predictions);
}

Json text() { return {{"type", "string"}}; }
Json array_of(Json items) { return {{"type", "array"}, {"items", std::move(items)}}; }
Json object_with(Json properties, Json required) {
  Json schema = {{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

void add_v2_schemas(Json& schemas) {
  Json datatypes = Json::array();
  for (auto type = Datatype::kBool; type <= Datatype::kBytes;
       type = static_cast<Datatype>(static_cast<int>(type) + 1)) {
    datatypes.push_back(to_string(type));
  }
  const Json datatype = {{"type", "string"}, {"enum", datatypes}};
  const Json parameters = {
      {"type", "object"},
      {"additionalProperties", {{"oneOf", {text(), {{"type", "number"}}, {{"type", "boolean"}}}}}}};
  const Json shape = array_of({{"type", "integer"}, {"format", "int64"}});
  schemas["v2_error"] = object_with({{"error", text()}}, {"error"});
  schemas["v2_server"] =
      object_with({{"name", text()}, {"version", text()}, {"extensions", array_of(text())}},
                  {"name", "version", "extensions"});
  schemas["v2_parameters"] = parameters;
  schemas["v2_tensor_metadata"] = object_with({{"name", text()},
                                               {"datatype", datatype},
                                               {"shape", shape},
                                               {"parameters", component("v2_parameters")}},
                                              {"name", "datatype", "shape"});
  schemas["v2_model"] = object_with({{"name", text()},
                                     {"versions", array_of(text())},
                                     {"platform", text()},
                                     {"inputs", array_of(component("v2_tensor_metadata"))},
                                     {"outputs", array_of(component("v2_tensor_metadata"))},
                                     {"properties", {{"type", "object"}, {"additionalProperties", text()}}}},
                                    {"name", "platform"});
  schemas["v2_data"] = {
      {"type", "array"},
      {"description", "row-major, nested or flat; null is missing, whatever the datatype"},
      {"items",
       {{"nullable", true},
        {"anyOf", {component("v2_data"), {{"type", "number"}}, text(), {{"type", "boolean"}}}}}}};
  schemas["v2_tensor"] = object_with({{"name", text()},
                                      {"shape", shape},
                                      {"datatype", datatype},
                                      {"parameters", component("v2_parameters")},
                                      {"data", component("v2_data")}},
                                     {"name", "shape", "datatype", "data"});
  schemas["v2_inference"] = object_with(
      {{"id", text()},
       {"parameters", component("v2_parameters")},
       {"inputs", array_of(component("v2_tensor"))},
       {"outputs",
        array_of(object_with({{"name", text()}, {"parameters", component("v2_parameters")}}, {"name"}))}},
      {"inputs"});
  schemas["v2_answer"] = object_with({{"model_name", text()},
                                      {"model_version", text()},
                                      {"id", text()},
                                      {"parameters", component("v2_parameters")},
                                      {"outputs", array_of(component("v2_tensor"))}},
                                     {"model_name", "outputs"});
  schemas["v2_index"] =
      array_of(object_with({{"name", text()},
                            {"version", text()},
                            {"state", {{"type", "string"}, {"enum", {"READY", "UNAVAILABLE"}}}},
                            {"reason", text()}},
                           {"name"}));
}

void add_mlflow_schemas(Json& schemas) {
  const Json rows = array_of(array_of(Json::object()));
  const Json record = component("record");
  schemas["mlflow_invocation"] = {
      {"oneOf",
       {object_with({{"dataframe_split",
                      object_with({{"columns", array_of(text())}, {"data", rows}}, {"columns", "data"})}},
                    {"dataframe_split"}),
        object_with({{"dataframe_records", array_of(record)}}, {"dataframe_records"}),
        object_with({{"instances", {{"anyOf", {array_of(record), rows}}}}}, {"instances"}),
        object_with({{"inputs",
                      {{"anyOf",
                        {{{"type", "object"}, {"additionalProperties", array_of(Json::object())}},
                         array_of(record),
                         rows}}}}},
                    {"inputs"})}}};
  schemas["mlflow_predictions"] = object_with({{"predictions", array_of(Json::object())}}, {"predictions"});
  schemas["mlflow_error"] =
      object_with({{"error_code", text()}, {"message", text()}}, {"error_code", "message"});
}

Json one_of(const Json& references, Json otherwise) {
  if (references.empty()) return otherwise;
  if (references.size() == 1) return references.front();
  return {{"anyOf", references}};
}

}  // namespace

Json openapi_components(const ModelSet& models) {
  Json schemas = Json::object();
  Json records = Json::array();
  Json predictions = Json::array();
  std::set<std::string> names;
  for (const NamedModel& named : models.models()) {
    for (const auto& model : named.versions) add_model(*model, names, schemas, records, predictions);
  }
  schemas["record"] = one_of(records, {{"type", "object"}, {"description", "a value for each column"}});
  Json any_prediction = object_with({{"prediction", Json::object()},
                                     {"probabilities", {{"type", "object"}}},
                                     {"decision_function", Json::object()},
                                     {"unknown_categories", array_of(text())}},
                                    {"prediction"});
  schemas["prediction"] = one_of(predictions, std::move(any_prediction));
  schemas["error"] = object_with(
      {{"error", object_with({{"code", text()}, {"message", text()}, {"where", text()}, {"hint", text()}},
                             {"code", "message"})}},
      {"error"});
  add_v2_schemas(schemas);
  add_mlflow_schemas(schemas);
  return {{"schemas", std::move(schemas)},
          {"securitySchemes", {{"bearer", {{"type", "http"}, {"scheme", "bearer"}}}}}};
}

}  // namespace archmlp::serve
