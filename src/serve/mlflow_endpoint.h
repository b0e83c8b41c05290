#pragma once

#include <string_view>

#include "archmlp/http/answers.h"
#include "archmlp/http/message.h"

namespace archmlp::serve {

class Service;
class ThreadModels;

/// What MLflow's model servers answer: POST /invocations, GET /ping, /health, /version. A bad record refuses
/// its whole request; every error is {"error_code", "message"}. See docs/guides/serving.md.
bool is_mlflow_path(std::string_view path) noexcept;
void write_mlflow_error(http::Response& response, const http::ErrorAnswer& error);
/// Precondition: is_mlflow_path(path), the path of the request.
void answer_mlflow(Service& service, ThreadModels& models, const http::Request& request,
                   std::string_view path, http::Response& response);

}  // namespace archmlp::serve
