#include "archmlp/serve/refusals.h"

#include "archmlp/base/text.h"
#include "archmlp/serve/request_options.h"

namespace archmlp::serve {

http::ErrorAnswer request_error(const base::Error& error) {
  http::ErrorAnswer answer = http::answer_for(error);
  if (answer.status == 422) {
    answer.status = 400;
    answer.code = http::error_code(400);
  }
  return answer;
}

void refuse_request(const base::Error& error, http::Response& response) {
  write_error(response, request_error(error));
}

http::ErrorAnswer unknown_path_error(std::string_view path) {
  return {.status = 404,
          .code = http::error_code(404),
          .message = "there is nothing at " + base::quoted(path),
          .where = {},
          .hint =
              "known: POST /predict, POST /invocations, /v2/models/NAME, GET /livez, GET /readyz, "
              "GET /v1/model, GET /metrics; all of them are in GET /openapi.json"};
}

void refuse_unknown_path(std::string_view path, http::Response& response) {
  write_error(response, unknown_path_error(path));
}

std::optional<http::ErrorAnswer> wrong_method(const http::Request& request, bool is_post,
                                              http::Response& response) {
  const bool is_get = request.method == "GET" || request.method == "HEAD";
  if (is_post ? request.method == "POST" : is_get) return std::nullopt;
  response.allow = is_post ? "POST" : "GET, HEAD";
  return http::ErrorAnswer{
      .status = 405,
      .code = http::error_code(405),
      .message = base::quoted(request.method) + " is not possible at " + std::string(path_of(request.target)),
      .where = {},
      .hint = std::string("use ") + (is_post ? "POST" : "GET")};
}

bool check_method(const http::Request& request, bool is_post, http::Response& response) {
  const std::optional<http::ErrorAnswer> error = wrong_method(request, is_post, response);
  if (error) write_error(response, *error);
  return !error;
}

http::ErrorAnswer unknown_type_error(std::string_view content_type, std::string hint) {
  return {.status = 415,
          .code = http::error_code(415),
          .message = "the content type " + base::quoted(content_type) + " is not understood",
          .where = "Content-Type",
          .hint = std::move(hint)};
}

std::string one_line(const http::ErrorAnswer& error) {
  return base::to_string(base::Error{.message = error.message, .where = error.where, .hint = error.hint});
}

}  // namespace archmlp::serve
