#pragma once

#include <string_view>

#include "archmlp/base/result.h"
#include "archmlp/http/message.h"

namespace archmlp::serve {

// Answers to requests that are wrong before any record is looked at.

/// What the address or the query asks for is not possible: 400, or 404 for a model that is not there.
void refuse_request(const base::Error& error, http::Response& response);
/// Says which addresses there are.
void refuse_unknown_path(std::string_view path, http::Response& response);
/// False, and `response` is a 405, if the method is not POST, or not GET or HEAD.
bool check_method(const http::Request& request, bool is_post, http::Response& response);

}  // namespace archmlp::serve
