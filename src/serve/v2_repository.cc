#include "archmlp/serve/v2_repository.h"

#include <nlohmann/json.hpp>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/contract/json_reader.h"
#include "archmlp/serve/model_store.h"
#include "archmlp/serve/refusals.h"
#include "archmlp/serve/request_options.h"
#include "archmlp/serve/routes.h"
#include "archmlp/serve/v2_refusals.h"

namespace archmlp::serve {
namespace {

using Json = nlohmann::ordered_json;
using http::Request;
using http::Response;

constexpr std::string_view kPrefix = "/v2/repository/";

base::Result<bool> ready_from(std::string_view body) {
  if (base::trimmed(body).empty()) return false;
  const Json json = TRY(contract::parse_json(body));
  const contract::JsonObject object = TRY(contract::JsonObject::from(json, "body"));
  return object.has("ready") ? object.boolean("ready") : base::Result<bool>(false);
}

void answer_index(const ModelStore& store, std::string_view body, Response& response) {
  base::Result<bool> only_ready = ready_from(body);
  if (!only_ready.ok()) {
    only_ready.error().hint = R"(send no body, or {"ready": true})";
    return refuse_v2(only_ready.error(), response);
  }
  Json list = Json::array();
  for (const RepositoryEntry& entry : store.index()) {
    if (*only_ready && !entry.is_served) continue;
    list.push_back({{"name", entry.name},
                    {"version", entry.version},
                    {"state", entry.is_served ? "READY" : "UNAVAILABLE"},
                    {"reason", entry.reason}});
  }
  response.body = list.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

bool is_v2_repository_path(std::string_view path) noexcept { return path.starts_with(kPrefix); }

void answer_v2_repository(ModelStore& store, bool is_operator, const Request& request, std::string_view path,
                          Response& response) {
  if (path.substr(kPrefix.size()) == "index") {
    if (check_plain(request, true, response)) answer_index(store, request.body, response);
    return;
  }
  ModelPath parts;
  const bool is_change = parse_model_path(path, "/v2/repository/models/", parts) && parts.version.empty() &&
                         (parts.action == "load" || parts.action == "unload");
  if (!is_change) {
    http::ErrorAnswer error = unknown_path_error(path);
    error.hint =
        "known: POST /v2/repository/index; for operators POST /v2/repository/models/NAME/load and /unload";
    return write_v2_error(response, error);
  }
  if (!is_operator) {
    if (!check_v2_method(request, true, response)) return;
    return write_v2_error(response, {.status = 403,
                                     .code = http::error_code(403),
                                     .message = "models are not loaded or unloaded from here",
                                     .where = {},
                                     .hint = "ask the port for operators, which --admin-port opens"});
  }
  if (!check_plain(request, true, response)) return;
  const base::Status done = parts.action == "load" ? store.load(parts.name) : store.unload(parts.name);
  if (!done.ok()) {
    http::ErrorAnswer error = request_error(done.error());
    if (error.status != 404) error.status = 400;
    return write_v2_error(response, error);
  }
  response.body = "{}\n";
}

}  // namespace archmlp::serve
