#pragma once

#include <cctype>
#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>

namespace archmlp::bench {

/// Follows the bytes of one HTTP/1.1 answer to its end. It knows answers with a Content-Length, as the
/// servers under test give them, and keeps nothing of the body.
class AnswerReader {
 public:
  enum class Progress { kIncomplete, kComplete, kBroken };

  void reset() {
    head_.clear();
    missing_ = 0;
    status_ = 0;
    closes_ = false;
  }

  /// kBroken: no HTTP, no length, or more than one answer.
  Progress take(std::string_view bytes) {
    while (status_ == 0) {
      head_ += bytes;
      bytes = {};
      const std::size_t end = head_.find("\r\n\r\n");
      if (end == std::string::npos)
        return head_.size() > kMaxHead ? Progress::kBroken : Progress::kIncomplete;
      if (!read_head(std::string_view(head_).substr(0, end))) return Progress::kBroken;
      const std::string rest = head_.substr(end + 4);
      head_.clear();
      if (status_ < 200) {  // an interim answer; the real one follows
        status_ = 0;
        head_ = rest;
        continue;
      }
      return skip(rest.size());
    }
    return skip(bytes.size());
  }

  bool has_begun() const noexcept { return status_ != 0 || !head_.empty(); }
  int status() const noexcept { return status_; }
  /// The server ends the connection behind this answer.
  bool closes() const noexcept { return closes_; }

 private:
  static constexpr std::size_t kMaxHead = std::size_t{64} << 10U;

  Progress skip(std::size_t count) {
    if (count > missing_) return Progress::kBroken;
    missing_ -= count;
    return missing_ == 0 ? Progress::kComplete : Progress::kIncomplete;
  }

  static bool equals_ignoring_case(std::string_view text, std::string_view lower) {
    if (text.size() != lower.size()) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (std::tolower(static_cast<unsigned char>(text[i])) != lower[i]) return false;
    }
    return true;
  }
  template <typename Number>
  static bool read_number(std::string_view text, Number& number) {
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    return error == std::errc() && stop == end;
  }

  bool read_head(std::string_view head) {
    if (!head.starts_with("HTTP/1.1 ") || !read_number(head.substr(9, 3), status_)) return false;
    bool has_length = status_ < 200;
    std::size_t at = head.find("\r\n");
    while (at != std::string_view::npos) {
      const std::size_t next = head.find("\r\n", at + 2);
      const std::string_view line =
          head.substr(at + 2, next == std::string_view::npos ? next : next - at - 2);
      at = next;
      const std::size_t colon = line.find(':');
      if (colon == std::string_view::npos) return false;
      const std::string_view name = line.substr(0, colon);
      std::string_view value = line.substr(colon + 1);
      value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
      if (equals_ignoring_case(name, "content-length")) {
        if (!read_number(value, missing_)) return false;
        has_length = true;
      } else if (equals_ignoring_case(name, "connection")) {
        closes_ = equals_ignoring_case(value, "close");
      }
    }
    return has_length;
  }

  std::string head_;  // until all of it is there
  std::size_t missing_ = 0;
  int status_ = 0;
  bool closes_ = false;
};

}  // namespace archmlp::bench
