#include "archmlp/serve/mlflow_endpoint.h"

#include <array>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/base/version.h"
#include "archmlp/serve/read_records.h"
#include "archmlp/serve/refusals.h"
#include "archmlp/serve/request_options.h"
#include "archmlp/serve/routes.h"
#include "archmlp/serve/service.h"
#include "archmlp/serve/thread_models.h"

namespace archmlp::serve {
namespace {

using base::Error;
using http::ErrorAnswer;
using http::Request;
using http::Response;

/// MLflow's names for what HTTP says by its status. Source: mlflow/protos/databricks.proto.
std::string_view mlflow_code(int status) noexcept {
  switch (status) {
    case 401:
      return "UNAUTHENTICATED";
    case 403:
      return "PERMISSION_DENIED";
    case 404:
      return "RESOURCE_DOES_NOT_EXIST";
    case 413:
      return "RESOURCE_EXHAUSTED";
    case 503:
      return "TEMPORARILY_UNAVAILABLE";
    case 500:
      return "INTERNAL_ERROR";
    default:
      return "BAD_REQUEST";
  }
}

void refuse_mlflow(const Error& error, Response& response) {
  write_mlflow_error(response, request_error(error));
}

struct Target {
  std::string model;
  std::string version;
  std::optional<predict::RecordForm> form;
};
base::Result<Target> target_of(std::string_view address) {
  static const std::array<std::string, 3> kKnown = {"model", "version", "features"};
  Target target;
  for (auto& [name, value] : TRY(query_of(address, kKnown))) {
    if (name == "model") {
      target.model = std::move(value);
    } else if (name == "version") {
      target.version = std::move(value);
    } else {
      target.form = TRY(record_form_from(value));
    }
  }
  return target;
}

void write_predictions(const ModelSession& session, const Scorer& scorer, std::string& out) {
  const bool is_class = session.predictor().layout().values == 0;
  out += R"({"predictions": [)";
  for (std::size_t i = 0; i < scorer.predicted_count(); ++i) {
    const std::span<const double> outputs = scorer.outputs(i);
    if (i > 0) out += ", ";
    if (is_class) {
      out += session.class_json(outputs);
    } else if (std::isfinite(outputs[0])) {
      base::append_real(out, outputs[0]);
    } else {
      out += "null";
    }
  }
  out += "]}\n";
}

void answer_invocations(Service& service, ThreadModels& models, const Request& request, Response& response) {
  const std::optional<BodyFormat> type = body_format_of(request.content_type);
  if (type != BodyFormat::kJson && type != BodyFormat::kCsv) {
    return write_mlflow_error(
        response, unknown_type_error(request.content_type, "send application/json or text/csv, in UTF-8"));
  }
  const base::Result<Target> target = target_of(request.target);
  if (!target.ok()) return refuse_mlflow(target.error(), response);
  const base::Result<ModelSession*> chosen = models.choose(target->model, target->version);
  if (!chosen.ok()) return refuse_mlflow(chosen.error(), response);
  ModelSession& session = **chosen;
  response.served_by = session.model().label;
  const base::Result<predict::RecordForm> form = form_for(target->form, session.predictor());
  if (!form.ok()) return refuse_mlflow(form.error(), response);
  const BodyFormat format = *type == BodyFormat::kCsv ? BodyFormat::kCsv : BodyFormat::kInvocations;
  const base::Result<Records> records =
      read_records(session, *form, format, request.body, request.slack, service.max_rows());
  if (!records.ok()) return refuse_mlflow(records.error(), response);
  Scorer& scorer = session.scorer();
  scorer.score(*records->source, *form, true);
  if (!scorer.errors().empty()) return refuse_mlflow(scorer.errors().front().error, response);
  write_predictions(session, scorer, response.body);
  service.shadows().offer(models, session, format, *form, request.body);
}

}  // namespace

void write_mlflow_error(Response& response, const ErrorAnswer& error) {
  write_error(response, error);
  response.body = R"({"error_code": ")";
  response.body += mlflow_code(error.status);
  response.body += R"(", "message": )";
  http::append_json_string(response.body, one_line(error));
  response.body += "}\n";
}

bool is_mlflow_path(std::string_view path) noexcept {
  return path == "/invocations" || path == "/ping" || path == "/health" || path == "/version";
}

void answer_mlflow(Service& service, ThreadModels& models, const Request& request, std::string_view path,
                   Response& response) {
  const bool is_call = path == "/invocations";
  response.route = static_cast<std::uint8_t>(is_call ? Route::kInvocations : Route::kHealth);
  if (const auto wrong = wrong_method(request, is_call, response))
    return write_mlflow_error(response, *wrong);
  if (is_call) return answer_invocations(service, models, request, response);
  if (const auto query = query_of(request.target, {}); !query.ok())
    return refuse_mlflow(query.error(), response);
  if (path == "/version") {
    response.content_type = "text/plain; charset=utf-8";
    response.body = base::program_version();
    return;
  }
  response.body = "\n";
  if (service.is_ready()) return;
  write_mlflow_error(response, {.status = 503,
                                .code = http::error_code(503),
                                .message = "the server is stopping",
                                .where = {},
                                .hint = {}});
}

}  // namespace archmlp::serve
