#pragma once

#include <string>
#include <string_view>

#include "archmlp/base/result.h"
#include "archmlp/serve/handler.h"

namespace archmlp::serve {

/// `text` as a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

/// What an error answer says; empty parts are left out of it, but `code` and `message` are always there.
struct ErrorAnswer {
  int status = 400;
  std::string_view code;
  std::string_view message;
  std::string_view where;
  std::string_view hint;
};

/// The one form of all errors: {"error": {"code", "message", "where", "hint"}}.
void write_error(Response& response, const ErrorAnswer& error);

/// The one translation of an Error: 422 for a record that is refused, 413 for a limit, and 500, without any
/// inner detail, for what is not the client's doing.
void write_error(Response& response, const base::Error& error);

/// "Not Found" for 404.
std::string_view reason_phrase(int status) noexcept;
/// The `code` of an error that HTTP itself knows: "not_found" for 404.
std::string_view error_code(int status) noexcept;

}  // namespace archmlp::serve
