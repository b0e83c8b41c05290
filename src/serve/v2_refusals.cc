#include "archmlp/serve/v2_refusals.h"

#include <optional>

#include "archmlp/serve/refusals.h"
#include "archmlp/serve/request_options.h"

namespace archmlp::serve {

void write_v2_error(http::Response& response, const http::ErrorAnswer& error) {
  write_error(response, error);
  response.body = R"({"error": )";
  http::append_json_string(response.body, one_line(error));
  response.body += "}\n";
}

void refuse_v2(const base::Error& error, http::Response& response) {
  write_v2_error(response, request_error(error));
}

bool check_v2_method(const http::Request& request, bool is_post, http::Response& response) {
  const std::optional<http::ErrorAnswer> error = wrong_method(request, is_post, response);
  if (error) write_v2_error(response, *error);
  return !error;
}

bool check_plain(const http::Request& request, bool is_post, http::Response& response) {
  if (!check_v2_method(request, is_post, response)) return false;
  const auto query = query_of(request.target, {});
  if (!query.ok()) refuse_v2(query.error(), response);
  return query.ok();
}

}  // namespace archmlp::serve
