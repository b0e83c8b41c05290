#include "archmlp/table/json_syntax.h"

#include <fast_float/fast_float.h>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>

#include "archmlp/base/text.h"

namespace archmlp::table {
namespace {

using Kind = JsonDiagnosis::Kind;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::optional<unsigned> hex_value(char c) noexcept {
  if (is_digit(c)) return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

class Reader {
 public:
  Reader(std::string_view text, std::size_t max_depth) : text_(text), max_depth_(max_depth) {}

  JsonDiagnosis read() {
    read_document();
    if (const auto invalid = base::find_invalid_utf8(text_);
        invalid && (found_.kind != Kind::kSyntax || *invalid < found_.offset)) {
      fail(*invalid, "these bytes are not UTF-8");
    }
    return std::move(found_);
  }

 private:
  bool at_end() const noexcept { return at_ >= text_.size(); }
  char peek() const noexcept { return at_end() ? '\0' : text_[at_]; }

  bool fail(std::size_t offset, std::string message) {
    found_ = {.kind = Kind::kSyntax,
              .offset = offset,
              .message = std::move(message),
              .where = {},
              .wide_integers = {}};
    return false;
  }
  bool fail_expected(std::string_view expected) {
    if (at_end()) return fail(at_, "it ends where " + std::string(expected) + " should follow");
    return fail(at_, "expected " + std::string(expected) + ", found " + base::quoted(text_.substr(at_, 1)));
  }
  /// Notes the first thing that is JSON but cannot be used.
  void note(Kind kind, std::size_t offset, std::string message) {
    if (found_.kind != Kind::kValid) return;
    found_.kind = kind;
    found_.offset = offset;
    found_.message = std::move(message);
    found_.where = where();
  }

  std::string where() const {
    std::string field = field_.data() == nullptr ? "" : where_name(field_);
    if (!root_is_array_) return field;
    const std::string index = "[" + std::to_string(index_) + "]";
    return field.empty() ? index : index + "." + field;
  }

  void skip_blanks() noexcept {
    while (!at_end() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t'))
      ++at_;
  }

  bool read_document() {
    if (text_.starts_with("\xEF\xBB\xBF")) return fail(0, "it starts with a byte order mark");
    skip_blanks();
    if (at_end()) return fail(at_, "it is empty");
    do {
      if (!read_value()) return false;
      if (!close_containers()) return false;
    } while (!stack_.empty());
    skip_blanks();
    return at_end() || fail(at_, "something follows the end of the value");
  }

  /// After a value: what may come next, until another value is due or the document is complete.
  bool close_containers() {
    while (!stack_.empty()) {
      if (fresh_) {  // directly behind the opening bracket
        fresh_ = false;
        skip_blanks();
        if (peek() != (stack_.back() ? '}' : ']')) return !stack_.back() || read_key();
        pop();
        continue;
      }
      skip_blanks();
      const bool is_object = stack_.back();
      if (peek() == ',') {
        ++at_;
        if (stack_.size() == 1 && root_is_array_) {
          ++index_;
          field_ = {};
        }
        return !is_object || read_key();
      }
      if (peek() != (is_object ? '}' : ']'))
        return fail_expected(is_object ? R"("," or "}")" : R"("," or "]")");
      pop();
    }
    return true;
  }

  void push(bool is_object) {
    if (stack_.empty()) root_is_array_ = !is_object;
    stack_.push_back(is_object);
    if (stack_.size() == max_depth_ + 1) {
      note(Kind::kTooDeep, at_, "it is nested deeper than " + std::to_string(max_depth_) + " levels");
    }
    fresh_ = true;
    ++at_;
  }

  void pop() noexcept {
    ++at_;
    stack_.pop_back();
  }

  bool read_key() {
    skip_blanks();
    if (peek() != '"') return fail_expected("a field name in double quotes");
    const std::size_t start = at_ + 1;
    if (!read_string()) return false;
    if (stack_.size() == (root_is_array_ ? 2U : 1U)) field_ = text_.substr(start, at_ - 1 - start);
    skip_blanks();
    if (peek() != ':') return fail_expected(R"(":")");
    ++at_;
    return true;
  }

  bool read_value() {
    skip_blanks();
    switch (peek()) {
      case '{':
        push(true);
        return true;
      case '[':
        push(false);
        return true;
      case '"':
        return read_string();
      case 't':
        return read_word("true");
      case 'f':
        return read_word("false");
      case 'n':
        return read_word("null");
      default:
        return peek() == '-' || is_digit(peek()) ? read_number() : fail_expected("a value");
    }
  }

  bool read_word(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return fail_expected("a value");
    at_ += word.size();
    return true;
  }

  bool read_digits() {
    if (!is_digit(peek())) return fail_expected("a digit");
    while (is_digit(peek())) ++at_;
    return true;
  }

  bool read_number() {
    const std::size_t start = at_;
    bool is_integer = true;
    if (peek() == '-') ++at_;
    if (peek() == '0') {
      ++at_;
      if (is_digit(peek())) return fail(start, "a number may not start with a zero");
    } else if (!read_digits()) {
      return false;
    }
    if (peek() == '.') {
      is_integer = false;
      ++at_;
      if (!read_digits()) return false;
    }
    if (peek() == 'e' || peek() == 'E') {
      is_integer = false;
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (!read_digits()) return false;
    }
    check_range(start, is_integer);
    return true;
  }

  void check_range(std::size_t start, bool is_integer) {
    const std::string_view literal = text_.substr(start, at_ - start);
    const char* begin = literal.data();
    const char* end = begin + literal.size();
    if (is_integer) {
      std::int64_t signed_value = 0;
      std::uint64_t unsigned_value = 0;
      if (std::from_chars(begin, end, signed_value).ec == std::errc()) return;
      if (std::from_chars(begin, end, unsigned_value).ec == std::errc()) return;
    }
    double value = 0;
    fast_float::from_chars(begin, end, value);
    if (!std::isfinite(value)) {
      note(Kind::kNumberRange, start,
           "the number " + base::quoted(literal) + " is beyond the range of a 64-bit float");
    } else if (is_integer) {
      found_.wide_integers.push_back(at_);
    }
  }

  bool read_string() {
    ++at_;
    while (!at_end()) {
      const auto byte = static_cast<unsigned char>(text_[at_]);
      if (byte == '"') {
        ++at_;
        return true;
      }
      if (byte < 0x20) return fail(at_, "a control character stands unescaped in a string");
      if (byte != '\\') {
        ++at_;
      } else if (!read_escape()) {
        return false;
      }
    }
    return fail(at_, "it ends within a string");
  }

  bool read_escape() {
    const std::size_t start = at_++;
    if (at_end()) return fail(at_, "it ends within a string");
    const char escaped = text_[at_++];
    if (escaped != 'u') {
      const bool known = std::string_view(R"("\/bfnrt)").find(escaped) != std::string_view::npos;
      return known || fail(start, "there is no such escape in a string");
    }
    unsigned unit = 0;
    if (!read_hex(start, unit)) return false;
    if (unit < 0xD800 || unit > 0xDFFF) return true;
    unsigned low = 0;
    if (unit < 0xDC00 && text_.substr(at_, 2) == R"(\u)") {
      const std::size_t second = at_;
      at_ += 2;
      if (!read_hex(second, low)) return false;
      if (low >= 0xDC00 && low <= 0xDFFF) return true;
      at_ = second;  // an escape of its own
    }
    note(Kind::kUnpairedSurrogate, start,
         "the escape " + std::string(text_.substr(start, 6)) +
             " is half of a surrogate pair and stands for no character");
    return true;
  }

  bool read_hex(std::size_t start, unsigned& unit) {
    for (int i = 0; i < 4; ++i, ++at_) {
      const auto digit = hex_value(peek());
      if (!digit) return fail(start, R"(\u wants four hexadecimal digits)");
      unit = unit * 16 + *digit;
    }
    return true;
  }

  std::string_view text_;
  std::size_t max_depth_;
  std::size_t at_ = 0;
  std::vector<bool> stack_;  // open containers: true is an object
  bool fresh_ = false;       // the innermost one has just been opened
  bool root_is_array_ = false;
  std::size_t index_ = 0;   // of the record in the root array
  std::string_view field_;  // of the record, as written
  JsonDiagnosis found_;
};

}  // namespace

JsonDiagnosis diagnose_json(std::string_view text, std::size_t max_depth) {
  return Reader(text, max_depth).read();
}

std::string where_name(std::string_view name) {
  constexpr std::size_t kLongest = 60;
  const bool plain =
      !name.empty() && name.size() <= kLongest && std::all_of(name.begin(), name.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte >= 0x20 && byte != 0x7F && c != '"' && c != '\\';
      });
  return plain ? std::string(name) : base::quoted(name);
}

}  // namespace archmlp::table
