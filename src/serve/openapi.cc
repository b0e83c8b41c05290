#include "archmlp/serve/openapi.h"

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <utility>

#include "archmlp/base/version.h"
#include "archmlp/http/answers.h"

namespace archmlp::serve {
namespace {

using Json = nlohmann::ordered_json;

/// In which form a protocol says its errors.
struct Protocol {
  std::string_view tag;
  std::string_view error_schema;
};
constexpr Protocol kOwn = {"predict", "error"};
constexpr Protocol kServer = {"server", "error"};
constexpr Protocol kV2 = {"v2", "v2_error"};
constexpr Protocol kMlflow = {"mlflow", "mlflow_error"};

Json schema_named(std::string_view name) { return {{"$ref", "#/components/schemas/" + std::string(name)}}; }

Json content(std::string_view type, Json schema) { return {{type, {{"schema", std::move(schema)}}}}; }
Json json_content(std::string_view schema) { return content("application/json", schema_named(schema)); }
Json text_content(std::string_view type) { return content(type, {{"type", "string"}}); }

Json answer(std::string_view description, Json content) {
  return {{"description", description}, {"content", std::move(content)}};
}

Json error_answer(const Protocol& protocol, int status) {
  return answer(http::reason_phrase(status), json_content(protocol.error_schema));
}

class Operation {
 public:
  Operation(const Protocol& protocol, std::string_view id, std::string_view summary) : protocol_(protocol) {
    json_ = {{"tags", {protocol.tag}}, {"operationId", id}, {"summary", summary}};
  }
  Operation& parameter(std::string_view name, std::string_view description, Json schema) {
    json_["parameters"].push_back(
        {{"name", name}, {"in", "query"}, {"description", description}, {"schema", std::move(schema)}});
    return *this;
  }
  Operation& body(Json content, bool is_required = true) {
    json_["requestBody"] = {{"required", is_required}, {"content", std::move(content)}};
    return *this;
  }
  Operation& gives(int status, Json answer) {
    json_["responses"][std::to_string(status)] = std::move(answer);
    return *this;
  }
  Operation& gives(Json content) { return gives(200, answer("OK", std::move(content))); }
  Operation& fails(std::initializer_list<int> statuses) {
    for (const int status : statuses) gives(status, error_answer(protocol_, status));
    return *this;
  }
  /// For probes: no token is asked for.
  Operation& open() {
    json_["security"] = Json::array();
    return *this;
  }
  Json get() const { return {{"get", json_}}; }
  Json post() const { return {{"post", json_}}; }

 private:
  const Protocol& protocol_;
  Json json_;
};

Json choice(std::initializer_list<std::string_view> values) { return {{"type", "string"}, {"enum", values}}; }
Json features_parameter() { return choice({"raw", "prepared"}); }

Json model_parameter(const ModelSet& models) {
  Json schema = {{"type", "string"}};
  for (const NamedModel& named : models.models()) schema["enum"].push_back(named.name);
  return schema;
}

Json predict_path(const ModelSet& models) {
  Operation operation(kOwn, "predict", "Predictions of one record, or of a batch of them");
  operation.parameter("model", "needed where several are served", model_parameter(models))
      .parameter("version", "otherwise as the traffic is split", {{"type", "string"}})
      .parameter("features", "records as in the raw data, or as preprocessing writes them",
                 features_parameter())
      .parameter("probabilities", "false: predictions alone", {{"type", "boolean"}, {"default", true}})
      .parameter("errors", "each bad record of a batch has its own error, or refuses all of them",
                 Json{{"type", "string"}, {"enum", {"row", "refuse"}}, {"default", "row"}});
  Json body =
      content("application/json",
              {{"anyOf", {schema_named("record"), {{"type", "array"}, {"items", schema_named("record")}}}}});
  body.update(text_content("application/x-ndjson"));
  body.update(text_content("text/csv"));
  const Json one = {{"anyOf", {schema_named("prediction"), schema_named("error")}}};
  Json answers = content("application/json", {{"anyOf", {one, {{"type", "array"}, {"items", one}}}}});
  for (const std::string_view type : {"application/x-ndjson", "text/csv", "text/plain"})
    answers.update(text_content(type));
  return operation.body(std::move(body))
      .gives(std::move(answers))
      .fails({400, 401, 404, 408, 413, 415, 422, 503})
      .post();
}

void add_server_paths(Json& paths) {
  const auto status = [](std::string_view word) {
    return content("application/json", {{"type", "object"},
                                        {"properties", {{"status", {{"type", "string"}, {"enum", {word}}}}}},
                                        {"required", {"status"}}});
  };
  paths["/livez"] = Operation(kServer, "live", "Does the process answer?").gives(status("live")).open().get();
  paths["/readyz"] = Operation(kServer, "ready", "Does the server take requests?")
                         .gives(status("ready"))
                         .fails({503})
                         .open()
                         .get();
  paths["/v1/model"] = Operation(kServer, "describe_model", "What a model wants, gives and was made from")
                           .parameter("model", "needed where several are served", {{"type", "string"}})
                           .parameter("version", "the highest if it is not said", {{"type", "string"}})
                           .gives(content("application/json", {{"type", "object"}}))
                           .fails({400, 401, 404})
                           .get();
  paths["/metrics"] = Operation(kServer, "metrics", "Figures for Prometheus")
                          .gives(text_content("text/plain"))
                          .fails({401})
                          .get();
  paths["/openapi.json"] = Operation(kServer, "openapi", "This document")
                               .gives(content("application/json", {{"type", "object"}}))
                               .fails({401})
                               .get();
}

Json path_parameter(std::string_view name, Json schema) {
  return {{"name", name}, {"in", "path"}, {"required", true}, {"schema", std::move(schema)}};
}

void add_v2_model_paths(const ModelSet& models, bool with_version, Json& paths) {
  Json parameters = Json::array({path_parameter("model", model_parameter(models))});
  if (with_version) parameters.push_back(path_parameter("version", {{"type", "string"}}));
  const std::string base = with_version ? "/v2/models/{model}/versions/{version}" : "/v2/models/{model}";
  const std::string suffix = with_version ? "_version" : "";
  const auto add = [&](const std::string& path, Json item) {
    item["parameters"] = parameters;
    paths[path] = std::move(item);
  };
  add(base, Operation(kV2, "v2_model" + suffix, "The tensors that a model takes and gives")
                .parameter("features", "of which form of records", features_parameter())
                .gives(json_content("v2_model"))
                .fails({400, 401, 404, 503})
                .get());
  const Json ready = {{"type", "object"},
                      {"properties", {{"name", {{"type", "string"}}}, {"ready", {{"type", "boolean"}}}}},
                      {"required", {"ready"}}};
  add(base + "/ready",
      Operation(kV2, "v2_model_ready" + suffix, "Is the model ready to predict?")
          .gives(content("application/json", ready))
          .gives(503, answer(http::reason_phrase(503),
                             content("application/json", {{"anyOf", {ready, schema_named("v2_error")}}})))
          .fails({401, 404})
          .get());
  add(base + "/infer", Operation(kV2, "v2_infer" + suffix, "Predictions of the records that tensors hold")
                           .body(json_content("v2_inference"))
                           .gives(json_content("v2_answer"))
                           .fails({400, 401, 404, 408, 413, 415, 503})
                           .post());
}

void add_v2_paths(const ModelSet& models, Json& paths) {
  const auto flag = [](std::string_view name) {
    return content(
        "application/json",
        {{"type", "object"}, {"properties", {{name, {{"type", "boolean"}}}}}, {"required", {name}}});
  };
  paths["/v2"] = Operation(kV2, "v2_server", "Name and version of the server")
                     .gives(json_content("v2_server"))
                     .fails({400, 401})
                     .get();
  paths["/v2/health/live"] =
      Operation(kV2, "v2_live", "Does the process answer?").gives(flag("live")).open().get();
  paths["/v2/health/ready"] = Operation(kV2, "v2_ready", "Does the server take requests?")
                                  .gives(flag("ready"))
                                  .gives(503, answer(http::reason_phrase(503), flag("ready")))
                                  .open()
                                  .get();
  add_v2_model_paths(models, false, paths);
  add_v2_model_paths(models, true, paths);
  paths["/v2/repository/index"] =
      Operation(kV2, "v2_repository_index", "The models that there are, served or not")
          .body(content("application/json",
                        {{"type", "object"}, {"properties", {{"ready", {{"type", "boolean"}}}}}}),
                false)
          .gives(json_content("v2_index"))
          .fails({400, 401})
          .post();
  for (const std::string action : {"load", "unload"}) {
    Json item =
        Operation(kV2, "v2_repository_" + action, "Only on the port for operators").fails({401, 403}).post();
    item["parameters"] = Json::array({path_parameter("model", {{"type", "string"}})});
    paths["/v2/repository/models/{model}/" + action] = std::move(item);
  }
}

void add_mlflow_paths(const ModelSet& models, Json& paths) {
  Json body = json_content("mlflow_invocation");
  body.update(text_content("text/csv"));
  paths["/invocations"] = Operation(kMlflow, "invocations", "Predictions in MLflow's form")
                              .parameter("model", "needed where several are served", model_parameter(models))
                              .parameter("version", "otherwise as the traffic is split", {{"type", "string"}})
                              .parameter("features", "of which form the records are", features_parameter())
                              .body(std::move(body))
                              .gives(json_content("mlflow_predictions"))
                              .fails({400, 401, 404, 408, 413, 415, 503})
                              .post();
  for (const std::string name : {"ping", "health"}) {
    const Json empty = answer("OK: an empty line", Json::object());
    paths["/" + name] = Operation(kMlflow, name, "Does the server take requests?")
                            .gives(200, empty)
                            .fails({503})
                            .open()
                            .get();
  }
  paths["/version"] = Operation(kMlflow, "version", "The version of the program")
                          .gives(text_content("text/plain"))
                          .fails({401})
                          .get();
}

}  // namespace

std::string openapi_document(const ModelSet& models, bool asks_for_token) {
  Json document = {{"openapi", "3.0.3"},
                   {"info",
                    {{"title", "ArchMLP prediction server"},
                     {"version", base::program_version()},
                     {"description",
                      "One decoding of records behind three protocols: the same record gets the "
                      "same prediction from each."}}},
                   {"tags", Json::array()}};
  for (const auto& [name, description] :
       {std::pair("predict", "records in, predictions out"), std::pair("v2", "Open Inference Protocol V2"),
        std::pair("mlflow", "as MLflow's model servers"), std::pair("server", "the server itself")}) {
    document["tags"].push_back({{"name", name}, {"description", description}});
  }
  if (asks_for_token) {
    document["security"] = Json::array({{{"bearer", Json::array()}}});
  } else if (models.models().empty()) {
    document["security"] = Json::array({Json::object(), {{"bearer", Json::array()}}});
  }
  Json paths = Json::object();
  paths["/predict"] = predict_path(models);
  add_v2_paths(models, paths);
  add_mlflow_paths(models, paths);
  add_server_paths(paths);
  document["paths"] = std::move(paths);
  document["components"] = openapi_components(models);
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace archmlp::serve
