#include "archmlp/serve/refusals.h"

#include "archmlp/base/text.h"
#include "archmlp/http/answers.h"
#include "archmlp/serve/request_options.h"

namespace archmlp::serve {

void refuse_request(const base::Error& error, http::Response& response) {
  http::ErrorAnswer answer = http::answer_for(error);
  if (answer.status == 422) {
    answer.status = 400;
    answer.code = http::error_code(400);
  }
  write_error(response, answer);
}

void refuse_unknown_path(std::string_view path, http::Response& response) {
  write_error(response,
              {.status = 404,
               .code = http::error_code(404),
               .message = "there is nothing at " + base::quoted(path),
               .where = {},
               .hint = "known: POST /predict, POST /invocations, /v2/models/NAME, GET /livez, GET /readyz, "
                       "GET /v1/model, GET /metrics; all of them are in GET /openapi.json"});
}

bool check_method(const http::Request& request, bool is_post, http::Response& response) {
  const bool is_get = request.method == "GET" || request.method == "HEAD";
  if (is_post ? request.method == "POST" : is_get) return true;
  write_error(response, {.status = 405,
                         .code = http::error_code(405),
                         .message = base::quoted(request.method) + " is not possible at " +
                                    std::string(path_of(request.target)),
                         .where = {},
                         .hint = std::string("use ") + (is_post ? "POST" : "GET")});
  response.allow = is_post ? "POST" : "GET, HEAD";
  return false;
}

}  // namespace archmlp::serve
