#pragma once

#include <string_view>

#include "archmlp/http/message.h"

namespace archmlp::serve {

class ModelStore;

/// The Open Inference Protocol's extension for repositories: everything below /v2/repository/.
bool is_v2_repository_path(std::string_view path) noexcept;
/// POST index gives [{"name", "version", "state", "reason"}], of those that are served alone for
/// {"ready": true}; POST models/NAME/load and /unload are for operators. Precondition:
/// is_v2_repository_path(path), the path of the request.
void answer_v2_repository(ModelStore& store, bool is_operator, const http::Request& request,
                          std::string_view path, http::Response& response);

}  // namespace archmlp::serve
