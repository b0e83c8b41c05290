#pragma once

#include <string>
#include <string_view>

#include "archmlp/base/result.h"
#include "archmlp/http/message.h"

namespace archmlp::http {

/// `text` as a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

/// What an error answer says; empty parts are left out of it, but `code` and `message` are always there.
struct ErrorAnswer {
  int status = 400;
  std::string_view code;
  std::string message;
  std::string where;
  std::string hint;
};

/// The one form of all errors: {"error": {"code", "message", "where", "hint"}}.
void write_error(Response& response, const ErrorAnswer& error);

/// {"code", "message", "where", "hint"} of it.
void append_error_json(std::string& out, const ErrorAnswer& error);

/// The one translation of an Error: 422 for a record that is refused (400 where the body is not JSON at all),
/// 404 for what is not there, 413 for a limit, and 500, without any inner detail, for what is not the
/// client's doing.
ErrorAnswer answer_for(const base::Error& error, bool is_syntax_error = false);
void write_error(Response& response, const base::Error& error);

/// "Not Found" for 404.
std::string_view reason_phrase(int status) noexcept;
/// The `code` of an error that HTTP itself knows: "not_found" for 404.
std::string_view error_code(int status) noexcept;

}  // namespace archmlp::http
