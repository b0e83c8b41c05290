#include "archmlp/table/json_body.h"

#include "archmlp/base/try.h"
#include "archmlp/table/json_syntax.h"

namespace archmlp::table {
namespace {

using base::Error;

constexpr std::size_t kMaxDepth = 1024;

/// simdjson 3.0 takes the low half of a surrogate pair on its own.
bool may_hold_surrogates(std::string_view body) noexcept {
  for (std::size_t at = body.find('\\'); at != std::string_view::npos; at = body.find('\\', at + 2)) {
    const std::string_view escape = body.substr(at, 3);
    if (escape == "\\ud" || escape == "\\uD") return true;
  }
  return false;
}

}  // namespace

base::Status JsonBody::parse(std::string_view body, std::size_t slack) {
  is_syntax_error_ = false;
  constexpr std::size_t kLargeParser = 1'000'000;  // bytes of body; a parser holds up to 14 times that
  if (parser_.capacity() > kLargeParser && body.size() < kLargeParser / 16) {
    parser_ = simdjson::dom::parser();
  }
  const bool needs_copy = slack < simdjson::SIMDJSON_PADDING;
  const bool read = parser_.parse(body.data(), body.size(), needs_copy).get(root_) == simdjson::SUCCESS;
  if (read && !may_hold_surrogates(body)) return {};
  return diagnose(body);
}

/// Why the parser refused the body; reads it again where integers beyond 64 bits are all that troubled it,
/// now as reals, which real columns may hold.
base::Status JsonBody::diagnose(std::string_view body) {
  const JsonDiagnosis diagnosis = diagnose_json(body, kMaxDepth);
  switch (diagnosis.kind) {
    case JsonDiagnosis::Kind::kSyntax:
      is_syntax_error_ = true;
      return Error{.message = "the body is not valid JSON: " + diagnosis.message,
                   .where = "byte " + std::to_string(diagnosis.offset)};
    case JsonDiagnosis::Kind::kTooDeep:
      return Error{.code = base::ErrorCode::kResourceLimit,
                   .message = "the body cannot be used: " + diagnosis.message,
                   .where = diagnosis.where,
                   .hint = "send flat records"};
    case JsonDiagnosis::Kind::kNumberRange:
    case JsonDiagnosis::Kind::kUnpairedSurrogate:
      return Error{.message = "the body cannot be used: " + diagnosis.message, .where = diagnosis.where};
    case JsonDiagnosis::Kind::kValid:
      break;
  }
  std::string widened;
  widened.reserve(body.size() + 2 * diagnosis.wide_integers.size());
  std::size_t copied = 0;
  for (const std::size_t end : diagnosis.wide_integers) {
    widened.append(body.substr(copied, end - copied)).append("e0");
    copied = end;
  }
  widened.append(body.substr(copied));
  if (parser_.parse(widened).get(root_) == simdjson::SUCCESS) return {};
  return Error{.code = base::ErrorCode::kResourceLimit,
               .message = "the body is too large to be parsed",
               .hint = "send fewer records at a time"};
}

}  // namespace archmlp::table
