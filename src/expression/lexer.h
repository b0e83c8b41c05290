#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/result.h"

namespace archmlp::expression {

enum class TokenKind : std::uint8_t {
  kEnd,
  kNumber,
  kString,
  kName,
  kColumn /* in backticks */,
  kTrue,
  kFalse,
  kAnd,
  kOr,
  kNot,
  kIn,
  kPlus,
  kMinus,
  kTimes,
  kDivide,
  kFloorDivide,
  kRemainder,
  kPower,
  kTilde,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kOpen,
  kClose,
  kOpenBracket,
  kCloseBracket,
  kComma,
  kDot,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::size_t at = 0;         // byte offset
  std::string_view spelling;  // as written
  std::string text;           // kString, kName, kColumn: what it means
  double number = 0.0;
};

/// All tokens, kEnd last. `&` and `|` are kAnd and kOr, as pandas rewrites them.
/// Errors: kInvalidInput that points into `text`.
base::Result<std::vector<Token>> tokenize(std::string_view text);

/// The Error that shows `text` with a caret below byte `at`.
base::Error error_at(std::string_view text, std::size_t at, std::string message, std::string hint = {});

}  // namespace archmlp::expression
