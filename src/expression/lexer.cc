#include "archmlp/expression/lexer.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/expression/text_functions.h"

namespace archmlp::expression {
namespace {

using base::Error;
using base::Result;

constexpr std::size_t kLongestText = 64 * 1024;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool is_name_part(char c) { return is_name_start(c) || is_digit(c); }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

struct Symbol {
  std::string_view spelling;
  TokenKind kind;
};
/// Longer ones first.
constexpr Symbol kSymbols[] = {
    {"**", TokenKind::kPower},      {"//", TokenKind::kFloorDivide}, {"==", TokenKind::kEqual},
    {"!=", TokenKind::kNotEqual},   {"<=", TokenKind::kLessEqual},   {">=", TokenKind::kGreaterEqual},
    {"+", TokenKind::kPlus},        {"-", TokenKind::kMinus},        {"*", TokenKind::kTimes},
    {"/", TokenKind::kDivide},      {"%", TokenKind::kRemainder},    {"~", TokenKind::kTilde},
    {"<", TokenKind::kLess},        {">", TokenKind::kGreater},      {"&", TokenKind::kAnd},
    {"|", TokenKind::kOr},          {"(", TokenKind::kOpen},         {")", TokenKind::kClose},
    {"[", TokenKind::kOpenBracket}, {"]", TokenKind::kCloseBracket}, {",", TokenKind::kComma},
    {".", TokenKind::kDot},
};
/// What other languages write.
constexpr std::pair<std::string_view, std::string_view> kForeign[] = {
    {"&&", "write `and`"},
    {"||", "write `or`"},
    {"<>", "write `!=`"},
    {"===", "write `==`"},
    {"!", "write `not` or `!=`"},
    {"=", "write `==` to compare"},
    {"@", "there are no outside variables; write the value itself"},
    {"^", "write `**` for a power"},
};
constexpr std::pair<std::string_view, TokenKind> kWords[] = {
    {"and", TokenKind::kAnd}, {"or", TokenKind::kOr},     {"not", TokenKind::kNot},
    {"in", TokenKind::kIn},   {"True", TokenKind::kTrue}, {"False", TokenKind::kFalse},
};

/// The power of ten of the first digit that is not 0, give or take one.
double decimal_magnitude(std::string_view spelled) {
  const std::size_t exponent_at = std::min(spelled.find('e'), spelled.size());
  const std::string_view mantissa = spelled.substr(0, exponent_at);
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  const std::size_t first = std::min(mantissa.find_first_of("123456789"), mantissa.size());
  double exponent = 0.0;
  for (const char c : spelled.substr(exponent_at)) {
    if (is_digit(c)) exponent = exponent * 10.0 + (c - '0');
  }
  if (exponent_at + 1 < spelled.size() && spelled[exponent_at + 1] == '-') exponent = -exponent;
  return static_cast<double>(point) - static_cast<double>(first) + exponent;
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Result<std::vector<Token>> run() {
    std::vector<Token> tokens;
    for (;;) {
      while (at_ < text_.size() && is_space(text_[at_])) ++at_;
      const std::size_t start = at_;
      Token token = TRY(next());
      token.at = start;
      token.spelling = text_.substr(start, at_ - start);
      tokens.push_back(std::move(token));
      if (tokens.back().kind == TokenKind::kEnd) return tokens;
    }
  }

 private:
  Error fail(std::size_t at, std::string message, std::string hint = {}) const {
    return error_at(text_, at, std::move(message), std::move(hint));
  }
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  Result<Token> next() {
    if (at_ == text_.size()) return Token{};
    const char c = text_[at_];
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number();
    if (is_name_start(c)) return name();
    if (c == '\'' || c == '"') return string(c);
    if (c == '`') return backticked();
    return symbol();
  }

  Result<Token> symbol() {
    const std::string_view rest = text_.substr(at_);
    for (const auto& [spelling, hint] : kForeign) {
      const bool is_ours = rest.starts_with("==") || rest.starts_with("!=");
      if (rest.starts_with(spelling) && (!is_ours || spelling == "===")) {
        return fail(at_, "unknown operator " + base::quoted(spelling), std::string(hint));
      }
    }
    for (const Symbol& symbol : kSymbols) {
      if (!rest.starts_with(symbol.spelling)) continue;
      at_ += symbol.spelling.size();
      return Token{.kind = symbol.kind};
    }
    return fail(at_, "unexpected character " + base::quoted(rest.substr(0, 1)));
  }

  Result<Token> name() {
    const std::size_t start = at_;
    while (at_ < text_.size() && is_name_part(text_[at_])) ++at_;
    const std::string_view word = text_.substr(start, at_ - start);
    for (const auto& [spelling, kind] : kWords) {
      if (word == spelling) return Token{.kind = kind};
    }
    return Token{.kind = TokenKind::kName, .text = std::string(word)};
  }

  Result<Token> backticked() {
    const std::size_t end = text_.find('`', at_ + 1);
    if (end == std::string_view::npos) return fail(at_, "the backtick is not closed");
    if (end == at_ + 1) return fail(at_, "no column name between the backticks");
    Token token{.kind = TokenKind::kColumn, .text = std::string(text_.substr(at_ + 1, end - at_ - 1))};
    at_ = end + 1;
    return token;
  }

  /// Digits with single underscores between them, appended to `digits`.
  Result<bool> digits(std::string& digits) {
    const std::size_t start = at_;
    while (is_digit(peek()) ||
           (peek() == '_' && at_ > start && is_digit(peek(1)) && is_digit(text_[at_ - 1]))) {
      if (peek() != '_') digits += peek();
      ++at_;
    }
    return at_ > start;
  }

  Result<Token> number() {
    const std::size_t start = at_;
    std::string spelled;
    TRY(digits(spelled));
    const bool has_leading_zero = spelled.size() > 1 && spelled[0] == '0';
    bool is_whole = true;
    if (peek() == '.') {
      is_whole = false;
      spelled += '.';
      ++at_;
      TRY(digits(spelled));
    }
    if (peek() == 'e' || peek() == 'E') {
      const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
      if (is_digit(peek(1 + sign))) {
        is_whole = false;
        spelled += 'e';
        if (peek(1) == '-') spelled += '-';
        at_ += 1 + sign;
        TRY(digits(spelled));
      }
    }
    if (at_ < text_.size() && is_name_part(text_[at_])) {
      return fail(at_, "a number is followed by letters",
                  "put a column name that starts with a digit in backticks");
    }
    if (is_whole && has_leading_zero && spelled.find_first_not_of('0') != std::string::npos) {
      return fail(start, "a number does not start with 0", "put it in quotes if it is text");
    }
    return to_number(start, spelled);
  }

  Result<Token> to_number(std::size_t start, const std::string& spelled) const {
    Token token{.kind = TokenKind::kNumber};
    const char* end = spelled.data() + spelled.size();
    const auto [stop, status] = std::from_chars(spelled.data(), end, token.number);
    if (status == std::errc::result_out_of_range) {
      if (decimal_magnitude(spelled) > 0) return fail(start, "the number is too large for double precision");
      token.number = 0.0;
      return token;
    }
    if (status != std::errc() || stop != end) return fail(start, "not a number");
    return token;
  }

  Result<Token> string(char quote) {
    const std::size_t start = at_++;
    Token token{.kind = TokenKind::kString};
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] == '\n') break;
      if (text_[at_] == '\\') {
        TRY(escape(token.text));
      } else {
        token.text += text_[at_++];
      }
    }
    if (peek() != quote || at_ >= text_.size()) return fail(start, "the text is not closed");
    ++at_;
    return token;
  }

  base::Status escape(std::string& out) {
    const std::size_t start = at_++;
    const char c = peek();
    ++at_;
    switch (c) {
      case '\\':
      case '\'':
      case '"':
        out += c;
        return {};
      case 'n':
        out += '\n';
        return {};
      case 't':
        out += '\t';
        return {};
      case 'r':
        out += '\r';
        return {};
      case 'x':
        return hexadecimal(start, 2, out);
      case 'u':
        return hexadecimal(start, 4, out);
      case 'U':
        return hexadecimal(start, 8, out);
      default:
        break;
    }
    return fail(start, "unknown escape in a text",
                R"(use \\ for a backslash; known: \\ \' \" \n \t \r \xHH \uHHHH)");
  }

  base::Status hexadecimal(std::size_t start, std::size_t length, std::string& out) {
    std::uint32_t code = 0;
    const std::string_view spelled = text_.substr(std::min(at_, text_.size()), length);
    const auto [stop, status] = std::from_chars(spelled.data(), spelled.data() + spelled.size(), code, 16);
    const bool is_whole =
        spelled.size() == length && stop == spelled.data() + length && status == std::errc();
    if (!is_whole || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) {
      return fail(start, "not the number of a character");
    }
    append_code_point(out, code);
    at_ += length;
    return {};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::size_t count_code_points(std::string_view text) { return text_length(text); }

/// The offset `count` code points before (or behind) `at`, within [low, high].
std::size_t move_back(std::string_view text, std::size_t at, std::size_t count, std::size_t low) {
  while (at > low && count-- > 0) {
    --at;
    while (at > low && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) --at;
  }
  return at;
}
std::size_t move_on(std::string_view text, std::size_t at, std::size_t count, std::size_t high) {
  while (at < high && count-- > 0) {
    ++at;
    while (at < high && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) ++at;
  }
  return at;
}

}  // namespace

Error error_at(std::string_view text, std::size_t at, std::string message, std::string hint) {
  constexpr std::size_t kShownBefore = 50;
  constexpr std::size_t kShownBehind = 40;
  at = std::min(at, text.size());
  const std::size_t line_break = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
  const std::size_t line_begin = line_break == std::string_view::npos ? 0 : line_break + 1;
  const std::size_t line_end = std::min(text.find('\n', at), text.size());
  const std::size_t begin = move_back(text, at, kShownBefore, line_begin);
  const std::size_t end = move_on(text, at, kShownBehind, line_end);
  std::string shown = begin > line_begin ? "…" : "";
  const std::size_t caret = count_code_points(shown) + count_code_points(text.substr(begin, at - begin));
  shown += text.substr(begin, end - begin);
  if (end < line_end) shown += "…";
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; },
      ' ');
  message += "\n    " + shown + "\n    " + std::string(caret, ' ') + "^";
  return Error{.message = std::move(message), .hint = std::move(hint)};
}

Result<std::vector<Token>> tokenize(std::string_view text) {
  if (text.size() > kLongestText) {
    return Error{.message = "the expression is longer than 64 KiB", .hint = "compute it in several features"};
  }
  if (const auto at = base::find_invalid_utf8(text)) {
    return Error{.message = "the expression is not valid UTF-8 at byte " + std::to_string(*at + 1)};
  }
  return Lexer(text).run();
}

}  // namespace archmlp::expression
