#include "archmlp/http/answers.h"

#include "archmlp/base/text.h"

namespace archmlp::http {
namespace {

void append_escaped(std::string& out, char c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (byte < 0x20 || byte == 0x7F) {
    out += "\\u00";
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
  } else {
    out += c;
  }
}

int status_of(base::ErrorCode code) noexcept {
  switch (code) {
    case base::ErrorCode::kInvalidInput:
    case base::ErrorCode::kOutsidePopulation:
      return 422;
    case base::ErrorCode::kResourceLimit:
      return 413;
    case base::ErrorCode::kNotFound:
      return 404;
    case base::ErrorCode::kContractBroken:
    case base::ErrorCode::kIo:
    case base::ErrorCode::kCancelled:
      break;
  }
  return 500;
}

struct StatusText {
  std::string_view reason;
  std::string_view code;
};

StatusText text_of(int status) noexcept {
  switch (status) {
    case 200:
      return {"OK", ""};
    case 400:
      return {"Bad Request", "bad_request"};
    case 401:
      return {"Unauthorized", "unauthorized"};
    case 403:
      return {"Forbidden", "forbidden"};
    case 404:
      return {"Not Found", "not_found"};
    case 405:
      return {"Method Not Allowed", "method_not_allowed"};
    case 408:
      return {"Request Timeout", "request_timeout"};
    case 413:
      return {"Content Too Large", "resource_limit"};
    case 415:
      return {"Unsupported Media Type", "unsupported_media_type"};
    case 409:
      return {"Conflict", "conflict"};
    case 421:
      return {"Misdirected Request", "misdirected_request"};
    case 417:
      return {"Expectation Failed", "expectation_failed"};
    case 422:
      return {"Unprocessable Content", "invalid_input"};
    case 431:
      return {"Request Header Fields Too Large", "header_too_large"};
    case 503:
      return {"Service Unavailable", "unavailable"};
    case 505:
      return {"HTTP Version Not Supported", "http_version"};
    default:
      return {"Internal Server Error", "internal_error"};
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t valid = base::find_invalid_utf8(text).value_or(text.size());
    for (const char c : text.substr(0, valid)) append_escaped(out, c);
    text.remove_prefix(valid);
    if (text.empty()) break;
    out += "\xEF\xBF\xBD";
    text.remove_prefix(1);
  }
  out += '"';
}

void append_error_json(std::string& out, const ErrorAnswer& error) {
  out += R"({"code": )";
  append_json_string(out, error.code);
  out += R"(, "message": )";
  append_json_string(out, error.message);
  if (!error.where.empty()) {
    out += R"(, "where": )";
    append_json_string(out, error.where);
  }
  if (!error.hint.empty()) {
    out += R"(, "hint": )";
    append_json_string(out, error.hint);
  }
  out += '}';
}

void write_error(Response& response, const ErrorAnswer& error) {
  response.status = error.status;
  response.content_type = "application/json";
  response.retry_after_seconds = error.status == 503 ? 1 : 0;
  response.body = R"({"error": )";
  append_error_json(response.body, error);
  response.body += "}\n";
}

ErrorAnswer answer_for(const base::Error& error, bool is_syntax_error) {
  const int status = is_syntax_error ? 400 : status_of(error.code);
  if (status == 500) {
    return {.status = 500,
            .code = error_code(500),
            .message = "the server failed to answer",
            .where = {},
            .hint = {}};
  }
  return {.status = status,
          .code = is_syntax_error ? "invalid_json" : to_string(error.code),
          .message = error.message,
          .where = error.where,
          .hint = error.hint};
}

void write_error(Response& response, const base::Error& error) { write_error(response, answer_for(error)); }

void Handler::refuse(std::string_view /*target*/, const ErrorAnswer& error, Response& response) {
  write_error(response, error);
}

std::string_view reason_phrase(int status) noexcept { return text_of(status).reason; }
std::string_view error_code(int status) noexcept { return text_of(status).code; }

}  // namespace archmlp::http
