#include "archmlp/serve/v2_endpoint.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/base/version.h"
#include "archmlp/serve/refusals.h"
#include "archmlp/serve/request_options.h"
#include "archmlp/serve/routes.h"
#include "archmlp/serve/service.h"
#include "archmlp/serve/thread_models.h"
#include "archmlp/serve/v2_metadata.h"
#include "archmlp/serve/v2_refusals.h"
#include "archmlp/serve/v2_repository.h"

namespace archmlp::serve {
namespace {

using base::Error;
using http::ErrorAnswer;
using http::Request;
using http::Response;

/// 404, or 503 for a model whose file is there and is not served.
void refuse_model(const ModelStore& store, const ModelPath& parts, const Error& error, Response& response) {
  if (error.code != base::ErrorCode::kNotFound) return refuse_v2(error, response);
  for (const RepositoryEntry& entry : store.index()) {
    const bool is_asked_for =
        entry.name == parts.name && (parts.version.empty() || entry.version == parts.version);
    if (!is_asked_for || entry.is_served) continue;
    return write_v2_error(response,
                          {.status = 503,
                           .code = http::error_code(503),
                           .message = "the model " + base::quoted(entry.name + "/" + entry.version) +
                                      " is not ready: " + entry.reason,
                           .where = {},
                           .hint = "load it on the port for operators"});
  }
  refuse_v2(error, response);
}

void answer_server(Response& response) {
  response.body = R"({"name": "archmlp", "version": ")";
  response.body += base::program_version();
  response.body += "\", \"extensions\": [\"model_repository\"]}\n";
}

void answer_flag(std::string_view name, bool flag, Response& response) {
  response.status = flag ? 200 : 503;
  response.retry_after_seconds = flag ? 0 : 1;
  response.body = "{\"";
  response.body.append(name).append(flag ? "\": true}\n" : "\": false}\n");
}

/// Where no version is named, the one that most requests go to.
const std::shared_ptr<const ServedModel>* described_version(const NamedModel& named,
                                                            std::string_view version) {
  if (!version.empty()) return named.find(version);
  const auto most = std::max_element(named.split.begin(), named.split.end(),
                                     [](const auto& a, const auto& b) { return a.per_cent < b.per_cent; });
  return &most->model;
}

base::Result<predict::RecordForm> described_form(std::string_view target,
                                                 const predict::Predictor& predictor) {
  static const std::array<std::string, 1> kKnown = {"features"};
  std::optional<predict::RecordForm> wanted;
  for (const auto& [name, value] : TRY(query_of(target, kKnown))) wanted = TRY(record_form_from(value));
  return form_for(wanted, predictor);
}

/// What is asked for is described, or is it ready?
void answer_model(Service& service, ThreadModels& models, const Request& request, const ModelPath& parts,
                  Response& response) {
  const bool is_probe = parts.action == "ready";
  response.route = static_cast<std::uint8_t>(is_probe ? Route::kHealth : Route::kModels);
  if (is_probe ? !check_plain(request, false, response) : !check_v2_method(request, false, response)) return;
  const NamedModel* named = models.set().find(parts.name);
  const auto* model = named == nullptr ? nullptr : described_version(*named, parts.version);
  if (model == nullptr) {
    const base::Result<ModelSession*> chosen = models.choose(parts.name, parts.version);
    return refuse_model(service.store(), parts, chosen.error(), response);
  }
  response.served_by = (*model)->label;
  if (is_probe) {
    answer_flag("ready", service.is_ready(), response);
    response.body.resize(response.body.size() - std::string_view("}\n").size());
    response.body += ", \"name\": ";
    http::append_json_string(response.body, named->name);
    response.body += "}\n";
    return;
  }
  const base::Result<predict::RecordForm> form = described_form(request.target, *(*model)->predictor);
  if (!form.ok()) return refuse_v2(form.error(), response);
  response.body = v2_model_metadata(*named, **model, *form);
}

/// Columns in which some record has a value that no training row had, as a parameter of the answer.
void append_unknown_categories(std::string& out, const Scorer& scorer) {
  std::set<std::string_view> columns;
  for (std::size_t i = 0; i < scorer.predicted_count(); ++i) {
    for (const std::string* column : scorer.unknown_categories(i)) columns.insert(*column);
  }
  if (columns.empty()) return;
  std::string list = "[";
  for (const std::string_view column : columns) {
    if (list.size() > 1) list += ", ";
    http::append_json_string(list, column);
  }
  out += R"(, "parameters": {"unknown_categories": )";
  http::append_json_string(out, list + "]");
  out += '}';
}

void append_number(std::string& out, double value) {
  if (std::isfinite(value)) {
    base::append_real(out, value);
  } else {
    out += "null";
  }
}

void append_tensor(std::string& out, const ModelSession& session, const Scorer& scorer,
                   const V2Output& output) {
  const std::size_t count = scorer.predicted_count();
  out += R"({"name": ")";
  out += output.name;
  out += R"(", "shape": [)";
  out += std::to_string(count);
  if (!output.is_prediction) {
    out += ", ";
    out += std::to_string(output.width);
  }
  out += R"(], "datatype": ")";
  out += to_string(output.datatype);
  if (!output.parameters_json.empty()) {
    out += R"(", "parameters": )";
    out += output.parameters_json;
    out += R"(, "data": [)";
  } else {
    out += R"(", "data": [)";
  }
  const bool is_class = output.is_prediction && session.predictor().layout().values == 0;
  for (std::size_t row = 0; row < count; ++row) {
    const std::span<const double> outputs = scorer.outputs(row);
    for (std::size_t i = 0; i < output.width; ++i) {
      if (row + i > 0) out += ", ";
      if (is_class) {
        out += session.class_json(outputs);
      } else {
        append_number(out, outputs[output.first + i]);
      }
    }
  }
  out += "]}";
}

void write_inference(const ModelSession& session, const ProtocolBuffers& buffers, const Scorer& scorer,
                     Response& response) {
  std::string& out = response.body;
  out = R"({"model_name": )";
  http::append_json_string(out, session.model().name);
  out += R"(, "model_version": )";
  http::append_json_string(out, session.model().version);
  if (buffers.request.id) {
    out += R"(, "id": )";
    http::append_json_string(out, buffers.request.id->get_string().value_unsafe());
  }
  append_unknown_categories(out, scorer);
  out += R"(, "outputs": [)";
  for (std::size_t i = 0; i < buffers.chosen_outputs.size(); ++i) {
    if (i > 0) out += ", ";
    append_tensor(out, session, scorer, *buffers.chosen_outputs[i]);
  }
  out += "]}\n";
}

struct Inference {
  RecordSource* source;
  predict::RecordForm form;
};
base::Result<Inference> read_inference(ModelSession& session, std::string_view body, std::size_t slack,
                                       std::size_t max_rows) {
  ProtocolBuffers& buffers = session.protocols();
  TRY(buffers.body.parse(body, slack));
  TRY(read_v2_request(buffers.body.root(), buffers.request));
  TRY(choose_outputs(buffers.outputs, buffers.request.outputs, buffers.chosen_outputs));
  const predict::RecordForm form = TRY(form_for(buffers.request.form, session.predictor()));
  RecordSource* source =
      TRY(read_v2_inputs(buffers.request, buffers.fields(form), max_rows, buffers.columns, buffers.rows));
  return Inference{source, form};
}

void answer_infer(Service& service, ThreadModels& models, const Request& request, const ModelPath& parts,
                  Response& response) {
  response.route = static_cast<std::uint8_t>(Route::kInfer);
  if (!check_plain(request, true, response)) return;
  if (body_format_of(request.content_type) != BodyFormat::kJson) {
    return write_v2_error(response,
                          unknown_type_error(request.content_type, "send application/json, in UTF-8"));
  }
  const base::Result<ModelSession*> chosen = models.choose(parts.name, parts.version);
  if (!chosen.ok()) return refuse_model(service.store(), parts, chosen.error(), response);
  ModelSession& session = **chosen;
  response.served_by = session.model().label;
  const base::Result<Inference> inference =
      read_inference(session, request.body, request.slack, service.max_rows());
  if (!inference.ok()) return refuse_v2(inference.error(), response);
  Scorer& scorer = session.scorer();
  scorer.score(*inference->source, inference->form, true);
  if (!scorer.errors().empty()) return refuse_v2(scorer.errors().front().error, response);
  write_inference(session, session.protocols(), scorer, response);
  service.shadows().offer(models, session, BodyFormat::kTensors, inference->form, request.body);
}

}  // namespace

bool is_v2_path(std::string_view path) noexcept { return path == "/v2" || path.starts_with("/v2/"); }

void answer_v2(Service& service, ThreadModels& models, const Request& request, std::string_view path,
               Response& response) {
  if (path == "/v2" || path == "/v2/") {
    response.route = static_cast<std::uint8_t>(Route::kModels);
    if (check_plain(request, false, response)) answer_server(response);
    return;
  }
  if (path == "/v2/health/live" || path == "/v2/health/ready") {
    response.route = static_cast<std::uint8_t>(Route::kHealth);
    if (!check_plain(request, false, response)) return;
    const bool is_live = path == "/v2/health/live";
    return answer_flag(is_live ? "live" : "ready", is_live || service.is_ready(), response);
  }
  if (is_v2_repository_path(path)) {
    response.route = static_cast<std::uint8_t>(Route::kRepository);
    return answer_v2_repository(service.store(), false, request, path, response);
  }
  ModelPath parts;
  if (parse_model_path(path, "/v2/models/", parts)) {
    if (parts.action.empty() || parts.action == "ready")
      return answer_model(service, models, request, parts, response);
    if (parts.action == "infer") return answer_infer(service, models, request, parts, response);
  }
  write_v2_error(response, unknown_path_error(path));
}

base::Result<RecordSource*> read_tensors(ProtocolBuffers& buffers, predict::RecordForm form,
                                         std::string_view body, std::size_t slack, std::size_t max_rows) {
  TRY(buffers.body.parse(body, slack));
  TRY(read_v2_request(buffers.body.root(), buffers.request));
  return read_v2_inputs(buffers.request, buffers.fields(form), max_rows, buffers.columns, buffers.rows);
}

}  // namespace archmlp::serve
