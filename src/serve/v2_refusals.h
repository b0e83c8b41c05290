#pragma once

#include "archmlp/base/result.h"
#include "archmlp/http/answers.h"
#include "archmlp/http/message.h"

namespace archmlp::serve {

// Errors of the Open Inference Protocol: {"error": "…"}.

void write_v2_error(http::Response& response, const http::ErrorAnswer& error);
/// As refuse_request does.
void refuse_v2(const base::Error& error, http::Response& response);
/// As check_method does.
bool check_v2_method(const http::Request& request, bool is_post, http::Response& response);
/// The method, and that there is no query.
bool check_plain(const http::Request& request, bool is_post, http::Response& response);

}  // namespace archmlp::serve
