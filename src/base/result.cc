#include "archmlp/base/result.h"

namespace archmlp::base {

std::string to_string(const Error& error) {
  std::string text;
  if (!error.component.empty()) text += "contract broken by " + error.component + ": ";
  if (!error.where.empty()) text += error.where + ": ";
  text += error.message;
  if (!error.hint.empty()) {
    const bool has_lines = error.message.find('\n') != std::string::npos;  // an expression with its caret
    text += (has_lines ? "\nHint: " : ". Hint: ") + error.hint;
  }
  return text;
}

Error located(std::string_view place, Error error) {
  error.where = error.where.empty() ? std::string(place) : std::string(place) + ": " + error.where;
  return error;
}

std::string_view to_string(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::kInvalidInput:
      return "invalid_input";
    case ErrorCode::kContractBroken:
      return "contract_broken";
    case ErrorCode::kOutsidePopulation:
      return "outside_population";
    case ErrorCode::kNotFound:
      return "not_found";
    case ErrorCode::kIo:
      return "io_error";
    case ErrorCode::kResourceLimit:
      return "resource_limit";
    case ErrorCode::kCancelled:
      return "cancelled";
  }
  return "unknown";
}

}  // namespace archmlp::base
