#pragma once

#include <optional>
#include <string_view>

#include "archmlp/base/result.h"
#include "archmlp/http/answers.h"
#include "archmlp/http/message.h"

namespace archmlp::serve {

// Answers to requests that are wrong before any record is looked at.

/// What the address or the query asks for is not possible: 400, or 404 for a model that is not there.
http::ErrorAnswer request_error(const base::Error& error);
void refuse_request(const base::Error& error, http::Response& response);
/// Says which addresses there are.
http::ErrorAnswer unknown_path_error(std::string_view path);
void refuse_unknown_path(std::string_view path, http::Response& response);
/// Nothing if the method is POST, or GET or HEAD; else a 405, and `response.allow` is set.
std::optional<http::ErrorAnswer> wrong_method(const http::Request& request, bool is_post,
                                              http::Response& response);
/// False, and `response` is a 405, if the method is not POST, or not GET or HEAD.
bool check_method(const http::Request& request, bool is_post, http::Response& response);
/// A body of another type than those that `hint` names.
http::ErrorAnswer unknown_type_error(std::string_view content_type, std::string hint);

/// All of an error in one string, for protocols that have room for no more.
std::string one_line(const http::ErrorAnswer& error);

}  // namespace archmlp::serve
