#include "archmlp/serve/client_handler.h"

#include <array>

#include "archmlp/base/text.h"
#include "archmlp/base/version.h"
#include "archmlp/http/answers.h"
#include "archmlp/serve/describe_model.h"
#include "archmlp/serve/mlflow_endpoint.h"
#include "archmlp/serve/openapi.h"
#include "archmlp/serve/predict_endpoint.h"
#include "archmlp/serve/refusals.h"
#include "archmlp/serve/request_options.h"
#include "archmlp/serve/routes.h"
#include "archmlp/serve/v2_endpoint.h"
#include "archmlp/serve/v2_refusals.h"

namespace archmlp::serve {
namespace {

using http::Request;
using http::Response;

constexpr std::size_t kLongBodyBytes = 16U << 10U;
constexpr std::string_view kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

void set_route(Response& response, Route route) noexcept {
  response.route = static_cast<std::uint8_t>(route);
}

}  // namespace

bool ClientHandler::is_long_work(const Request& request) const noexcept {
  const std::string_view path = path_of(request.target);
  return request.body.size() > kLongBodyBytes || path == "/openapi.json";
}

void ClientHandler::refuse(std::string_view target, const http::ErrorAnswer& error, Response& response) {
  const std::string_view path = path_of(target);
  if (is_v2_path(path)) return write_v2_error(response, error);
  if (is_mlflow_path(path)) return write_mlflow_error(response, error);
  write_error(response, error);
}

void ClientHandler::handle(const Request& request, Response& response) {
  models_.refresh();
  const std::string_view path = path_of(request.target);
  if (path == "/predict" && request.method == "POST") {
    set_route(response, Route::kPredict);
    return answer_predict(service_, models_, request, response);
  }
  answer_other(request, path, response);
}

void ClientHandler::answer_other(const Request& request, std::string_view path, Response& response) {
  if (is_v2_path(path)) return answer_v2(service_, models_, request, path, response);
  if (is_mlflow_path(path)) return answer_mlflow(service_, models_, request, path, response);
  struct Known {
    std::string_view path;
    Route route;
    bool is_post;
  };
  static constexpr std::array<Known, 6> kKnown = {{{"/predict", Route::kPredict, true},
                                                   {"/livez", Route::kHealth, false},
                                                   {"/readyz", Route::kHealth, false},
                                                   {"/v1/model", Route::kModels, false},
                                                   {"/openapi.json", Route::kOpenApi, false},
                                                   {"/metrics", Route::kMetrics, false}}};
  const Known* known = nullptr;
  for (const Known& each : kKnown) {
    if (each.path == path) known = &each;
  }
  if (known == nullptr) return refuse_unknown_path(path, response);
  set_route(response, known->route);
  if (!check_method(request, known->is_post, response)) return;
  if (path == "/v1/model") return answer_model(request, response);
  if (auto query = query_of(request.target, {}); !query.ok()) return refuse_request(query.error(), response);
  if (path == "/livez") {
    response.body = "{\"status\": \"live\"}\n";
  } else if (path == "/readyz") {
    answer_ready(response);
  } else if (path == "/openapi.json") {
    response.body = openapi_document(models_.set(), service_.asks_for_token());
  } else {
    response.content_type = kMetricsType;
    response.body = service_.metrics();
  }
}

void ClientHandler::answer_ready(Response& response) const {
  if (service_.is_ready()) {
    response.body = "{\"status\": \"ready\"}\n";
    return;
  }
  write_error(response, {.status = 503,
                         .code = http::error_code(503),
                         .message = "the server is stopping",
                         .where = {},
                         .hint = {}});
}

void ClientHandler::answer_model(const Request& request, Response& response) {
  static const std::array<std::string, 2> kKnown = {"model", "version"};
  auto query = query_of(request.target, kKnown);
  if (!query.ok()) return refuse_request(query.error(), response);
  std::string name;
  std::string version;
  for (const auto& [key, value] : *query) (key == "model" ? name : version) = value;
  const base::Result<ModelSession*> chosen = models_.choose(name, version);
  if (!chosen.ok()) return refuse_request(chosen.error(), response);
  response.served_by = (*chosen)->model().label;
  response.body = describe_model((*chosen)->model());
}

}  // namespace archmlp::serve
