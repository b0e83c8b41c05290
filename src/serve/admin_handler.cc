#include "archmlp/serve/admin_handler.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/contract/json_reader.h"
#include "archmlp/http/answers.h"
#include "archmlp/serve/refusals.h"
#include "archmlp/serve/request_options.h"
#include "archmlp/serve/routes.h"
#include "archmlp/serve/v2_refusals.h"
#include "archmlp/serve/v2_repository.h"

namespace archmlp::serve {
namespace {

using http::Request;
using http::Response;
using Json = nlohmann::ordered_json;

std::string dumped(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json to_json(const std::vector<NamedModel::Share>& shares) {
  Json json = Json::object();
  for (const NamedModel::Share& share : shares) json[share.model->version] = share.per_cent;
  return json;
}

Json to_json(const base::Error& error) {
  Json json = {{"message", error.message}};
  if (!error.where.empty()) json["where"] = error.where;
  if (!error.hint.empty()) json["hint"] = error.hint;
  return json;
}

base::Result<std::map<std::string, double>> shares_from(const contract::JsonObject& object,
                                                        std::string_view key) {
  std::map<std::string, double> shares;
  if (!object.has(key)) return shares;
  const contract::JsonObject given = TRY(object.object(key));
  for (const auto& item : given.json().items()) shares[item.key()] = TRY(given.number(item.key()));
  return shares;
}

base::Result<contract::TrafficConfig> traffic_from(std::string_view body) {
  const Json json = TRY(contract::parse_json(body));
  const contract::JsonObject object = TRY(contract::JsonObject::from(json, "body"));
  TRY(object.only({"split", "shadow"}));
  return contract::TrafficConfig{.split = TRY(shares_from(object, "split")),
                                 .shadow = TRY(shares_from(object, "shadow"))};
}

}  // namespace

void AdminHandler::refuse(std::string_view target, const http::ErrorAnswer& error, Response& response) {
  if (is_v2_repository_path(path_of(target))) return write_v2_error(response, error);
  write_error(response, error);
}

void AdminHandler::handle(const Request& request, Response& response) {
  response.route = static_cast<std::uint8_t>(Route::kAdmin);
  const std::string_view path = path_of(request.target);
  if (is_v2_repository_path(path))
    return answer_v2_repository(service_.store(), true, request, path, response);
  if (path == "/livez") {
    if (check_method(request, false, response)) response.body = "{\"status\": \"live\"}\n";
    return;
  }
  if (path == "/metrics") {
    if (!check_method(request, false, response)) return;
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = service_.metrics();
    return;
  }
  if (path == "/admin/models") {
    if (check_method(request, false, response)) answer_models(response);
    return;
  }
  if (path == "/admin/reload") {
    if (check_method(request, true, response)) answer_reload(response);
    return;
  }
  ModelPath parts;
  if (parse_model_path(path, "/admin/models/", parts) && parts.action == "traffic" && parts.version.empty()) {
    if (request.method == "PUT") return answer_traffic(parts.name, request.body, response);
    check_method(request, false, response);
    if (response.status == 200) return answer_models(response);
    response.allow = "GET, HEAD, PUT";
    return;
  }
  write_error(
      response,
      {.status = 404,
       .code = http::error_code(404),
       .message = "there is nothing at " + base::quoted(path),
       .where = {},
       .hint = "known: GET /admin/models, PUT /admin/models/NAME/traffic, POST /admin/reload, POST "
               "/v2/repository/index, POST /v2/repository/models/NAME/load and /unload, GET /metrics"});
}

void AdminHandler::answer_models(Response& response) const {
  Json list = Json::array();
  const std::shared_ptr<const ModelSet> set = service_.store().current();
  for (const NamedModel& named : set->models()) {
    Json versions = Json::array();
    for (const auto& model : named.versions) {
      versions.push_back({{"version", model->version},
                          {"sha256", model->predictor->bundle().sha256()},
                          {"file", model->path.string()},
                          {"rows", model->metrics->totals().rows}});
    }
    list.push_back({{"name", named.name},
                    {"versions", versions},
                    {"split", to_json(named.split)},
                    {"shadow", to_json(named.shadow)}});
  }
  response.body = dumped(list);
}

void AdminHandler::answer_traffic(const std::string& name, std::string_view body, Response& response) {
  const base::Result<contract::TrafficConfig> traffic = traffic_from(body);
  if (!traffic.ok()) return refuse_request(traffic.error(), response);
  if (base::Status set = service_.store().set_traffic(name, *traffic); !set.ok()) {
    return refuse_request(set.error(), response);
  }
  answer_models(response);
}

void AdminHandler::answer_reload(Response& response) {
  const ModelStore::ReloadReport report = service_.reload();
  Json errors = Json::array();
  for (const base::Error& error : report.errors) errors.push_back(to_json(error));
  response.status = report.errors.empty() ? 200 : 409;
  response.body = dumped({{"loaded", report.loaded}, {"removed", report.removed}, {"errors", errors}});
}

}  // namespace archmlp::serve
