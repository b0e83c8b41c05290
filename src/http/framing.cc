#include "archmlp/http/framing.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "archmlp/base/text.h"

namespace archmlp::http {
namespace {

constexpr std::size_t kMaxFields = 100;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

constexpr std::array<bool, 256> kTokenBytes = [] {
  std::array<bool, 256> table{};
  for (char c = '0'; c <= '9'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c = 'a'; c <= 'z'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c = 'A'; c <= 'Z'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (const char c : {'!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~'}) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}();

/// Of a line: no control characters but tabs.
constexpr std::array<bool, 256> kLineBytes = [] {
  std::array<bool, 256> table{};
  for (std::size_t byte = 0; byte < table.size(); ++byte)
    table[byte] = (byte >= 0x20 && byte != 0x7F) || byte == '\t';
  return table;
}();

bool is_token_byte(char c) noexcept { return kTokenBytes[static_cast<unsigned char>(c)]; }
bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_byte);
}

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

/// `wanted` is in lower case.
bool equals_ignoring_case(std::string_view text, std::string_view wanted) noexcept {
  return text.size() == wanted.size() &&
         std::equal(text.begin(), text.end(), wanted.begin(), [](char a, char b) { return lower(a) == b; });
}

bool is_request_id(std::string_view value) noexcept {
  return !value.empty() && value.size() <= 128 &&
         std::all_of(value.begin(), value.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

/// "00-<32 hex>-<16 hex>-<2 hex>". Source: W3C Trace Context, section 3.2.2.
bool is_traceparent(std::string_view value) noexcept {
  if (value.size() != 55) return false;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    const bool is_dash = i == 2 || i == 35 || i == 52;
    if (is_dash ? c != '-' : !(is_digit(c) || (c >= 'a' && c <= 'f'))) return false;
  }
  return true;
}

class HeadReader {
 public:
  HeadReader(std::string_view bytes, const FramingLimits& limits, RequestHead& head, Refusal& refusal)
      : rest_(bytes), limits_(limits), head_(head), refusal_(refusal) {}

  bool read() {
    head_ = {};
    while (rest_.starts_with("\r\n")) rest_.remove_prefix(2);
    std::string_view line;
    if (!take_line(line) || !read_request_line(line)) return false;
    std::size_t field_count = 0;
    while (true) {
      if (!take_line(line)) return false;
      if (line.empty()) return check_whole();
      if (++field_count > kMaxFields) {
        return refuse(431, "more than " + std::to_string(kMaxFields) + " header fields");
      }
      if (!read_field(line)) return false;
    }
  }

 private:
  bool refuse(int status, std::string message, std::string hint = {}) {
    refusal_ = {status, std::move(message), std::move(hint)};
    return false;
  }

  /// Up to the next CR LF; a CR or LF on its own, or any other control character but a tab, is refused.
  bool take_line(std::string_view& line) {
    const auto* end = static_cast<const char*>(std::memchr(rest_.data(), '\r', rest_.size()));
    const std::size_t size = end == nullptr ? rest_.size() : static_cast<std::size_t>(end - rest_.data());
    bool is_clean = true;
    for (std::size_t i = 0; i < size; ++i) is_clean &= kLineBytes[static_cast<unsigned char>(rest_[i])];
    if (!is_clean) return refuse(400, "a control character stands in the header");
    if (end == nullptr) return refuse(400, "the header is cut short");
    if (size + 1 >= rest_.size() || rest_[size + 1] != '\n') {
      return refuse(400, "a control character stands in the header");
    }
    line = rest_.substr(0, size);
    rest_.remove_prefix(size + 2);
    return true;
  }

  bool read_request_line(std::string_view line) {
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) return refuse(400, "this is no HTTP request line");
    head_.method = line.substr(0, first);
    head_.target = line.substr(first + 1, last - first - 1);
    const std::string_view version = line.substr(last + 1);
    if (!is_token(head_.method)) return refuse(400, "the method is malformed");
    if (version != "HTTP/1.1" && version != "HTTP/1.0") {
      const bool is_other_version = version.size() == 8 && version.starts_with("HTTP/") &&
                                    is_digit(version[5]) && version[6] == '.' && is_digit(version[7]);
      return is_other_version ? refuse(505, "this server speaks HTTP/1.1 and HTTP/1.0")
                              : refuse(400, "this is no HTTP request line");
    }
    head_.is_http_1_0 = version == "HTTP/1.0";
    head_.keep_alive = !head_.is_http_1_0;
    return read_target();
  }

  bool read_target() {
    std::string_view& target = head_.target;
    const bool visible =
        std::all_of(target.begin(), target.end(), [](char c) { return c > 0x20 && c < 0x7F; });
    if (!visible) return refuse(400, "the request target holds a byte that URLs do not", "percent-encode it");
    if (target.size() > 7 && equals_ignoring_case(target.substr(0, 7), "http://")) {  // absolute form
      const std::size_t path = target.find_first_of("/?#", 7);
      if (path == std::string_view::npos || target[path] != '/')
        return refuse(400, "the request target has no path");
      target.remove_prefix(path);
    }
    if (target == "*" && head_.method == "OPTIONS") return true;
    if (!target.starts_with('/')) return refuse(400, "the request target is malformed");
    if (target.find('#') != std::string_view::npos) return refuse(400, "the request target holds a fragment");
    return true;
  }

  bool read_field(std::string_view line) {
    if (is_blank(line.front())) return refuse(400, "a header field is folded over two lines");
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
      return refuse(400, "a header field is malformed");
    }
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = base::trimmed(line.substr(colon + 1));
    switch (name.size()) {
      case 4:
        return !equals_ignoring_case(name, "host") || read_host(value);
      case 6:
        if (equals_ignoring_case(name, "accept") && head_.accept.empty()) head_.accept = value;
        if (equals_ignoring_case(name, "origin")) return read_once(head_.origin, value, "Origin");
        return !equals_ignoring_case(name, "expect") || read_expect(value);
      case 10:
        return !equals_ignoring_case(name, "connection") || read_connection(value);
      case 11:
        if (equals_ignoring_case(name, "traceparent") && is_traceparent(value)) head_.traceparent = value;
        return true;
      case 12:
        if (equals_ignoring_case(name, "x-request-id") && is_request_id(value)) head_.request_id = value;
        return !equals_ignoring_case(name, "content-type") ||
               read_once(head_.content_type, value, "Content-Type");
      case 13:
        return !equals_ignoring_case(name, "authorization") ||
               read_once(head_.authorization, value, "Authorization");
      case 14:
        return !equals_ignoring_case(name, "content-length") || read_length(value);
      case 16:
        return !equals_ignoring_case(name, "content-encoding") ||
               read_once(head_.content_encoding, value, "Content-Encoding");
      case 17:
        return !equals_ignoring_case(name, "transfer-encoding") || read_transfer_encoding(value);
      default:
        return true;
    }
  }

  bool read_once(std::string_view& slot, std::string_view value, std::string_view name) {
    if (slot.data() != nullptr)
      return refuse(400, "the header field " + std::string(name) + " is there twice");
    slot = value;
    return true;
  }

  bool read_host(std::string_view value) {
    if (has_host_) return refuse(400, "the header field Host is there twice");
    has_host_ = true;
    const bool plain = std::all_of(value.begin(), value.end(), [](char c) {
      return is_letter(c) || is_digit(c) ||
             std::string_view("-._~!$&'()*+;=:[]%").find(c) != std::string_view::npos;
    });
    head_.host = value;
    return plain || refuse(400, "the header field Host is malformed");
  }

  bool read_expect(std::string_view value) {
    if (!equals_ignoring_case(value, "100-continue")) return refuse(417, "only 100-continue can be expected");
    head_.expects_continue = true;
    return true;
  }

  bool read_connection(std::string_view value) {
    while (!value.empty()) {
      const std::size_t comma = std::min(value.find(','), value.size());
      const std::string_view option = base::trimmed(value.substr(0, comma));
      value.remove_prefix(std::min(comma + 1, value.size()));
      if (equals_ignoring_case(option, "close")) says_close_ = true;
      if (equals_ignoring_case(option, "keep-alive")) says_keep_alive_ = true;
    }
    return true;
  }

  bool read_length(std::string_view value) {
    if (has_length_) return refuse(400, "the header field Content-Length is there twice");
    has_length_ = true;
    if (value.empty() || !std::all_of(value.begin(), value.end(), is_digit)) {
      return refuse(400, "the header field Content-Length is not one number");
    }
    const auto result = std::from_chars(value.data(), value.data() + value.size(), head_.content_length);
    length_is_huge_ = result.ec != std::errc();
    return true;
  }

  bool read_transfer_encoding(std::string_view value) {
    if (head_.is_chunked) return refuse(400, "the header field Transfer-Encoding is there twice");
    if (!equals_ignoring_case(value, "chunked")) {
      return refuse(400, "the transfer coding is not supported",
                    "send Content-Length, or Transfer-Encoding: chunked");
    }
    head_.is_chunked = true;
    return true;
  }

  bool check_whole() {
    if (!has_host_ && !head_.is_http_1_0) return refuse(400, "the header field Host is missing");
    if (head_.is_chunked && has_length_)
      return refuse(400, "Content-Length and Transfer-Encoding contradict each other");
    if (head_.is_chunked && head_.is_http_1_0) return refuse(400, "HTTP/1.0 knows no Transfer-Encoding");
    if (head_.is_http_1_0) {
      head_.expects_continue = false;
      head_.keep_alive = says_keep_alive_;
    }
    if (says_close_) head_.keep_alive = false;
    if (length_is_huge_ || head_.content_length > limits_.max_body_bytes) {
      return refuse(413, "the body is larger than " + base::with_thousands(limits_.max_body_bytes) + " bytes",
                    "send fewer records at a time");
    }
    return true;
  }

  std::string_view rest_;
  const FramingLimits& limits_;
  RequestHead& head_;
  Refusal& refusal_;
  bool has_host_ = false;
  bool has_length_ = false;
  bool length_is_huge_ = false;
  bool says_close_ = false;
  bool says_keep_alive_ = false;
};

}  // namespace

bool may_become_head(std::string_view bytes) noexcept {
  while (bytes.starts_with("\r\n")) bytes.remove_prefix(2);
  return bytes.empty() || bytes == "\r" || is_token_byte(bytes.front());
}

std::size_t HeadFinder::find(std::string_view bytes) noexcept {
  std::size_t start = 0;
  while (bytes.substr(start).starts_with("\r\n")) start += 2;
  const std::size_t end = bytes.find("\r\n\r\n", std::max(start, searched_));
  if (end != std::string_view::npos) return end + 4;
  searched_ = bytes.size() < 3 ? 0 : bytes.size() - 3;
  return 0;
}

bool parse_head(std::string_view bytes, const FramingLimits& limits, RequestHead& head, Refusal& refusal) {
  return HeadReader(bytes, limits, head, refusal).read();
}

ChunkDecoder::State ChunkDecoder::read_size(char byte) {
  if (byte == ';' || byte == ' ' ||
      byte == '\t') {  // extensions; blanks in front of one are "bad whitespace"
    if (digit_count_ == 0) return State::kMalformed;
    place_ = Place::kExtension;
    return State::kMore;
  }
  if (byte == '\r') {
    place_ = Place::kSizeEnd;
    return digit_count_ == 0 ? State::kMalformed : State::kMore;
  }
  const char letter = lower(byte);
  if (!is_digit(byte) && (letter < 'a' || letter > 'f')) return State::kMalformed;
  if (++digit_count_ > 15) return State::kMalformed;
  size_ = size_ * 16 + static_cast<std::uint64_t>(is_digit(byte) ? byte - '0' : letter - 'a' + 10);
  return State::kMore;
}

ChunkDecoder::State ChunkDecoder::end_size(const std::string& body) {
  if (size_ > max_body_bytes_ - body.size()) return State::kTooLarge;
  place_ = size_ == 0 ? Place::kTrailer : Place::kData;
  digit_count_ = 0;
  return State::kMore;
}

ChunkDecoder::State ChunkDecoder::step(char byte, const std::string& body) {
  const auto expect = [&](char wanted, Place next) {
    place_ = next;
    return byte == wanted ? State::kMore : State::kMalformed;
  };
  const bool is_text = (static_cast<unsigned char>(byte) >= 0x20 && byte != 0x7F) || byte == '\t';
  switch (place_) {
    case Place::kSize:
      return read_size(byte);
    case Place::kExtension:
      if (is_text) return State::kMore;
      return expect('\r', Place::kSizeEnd);
    case Place::kSizeEnd:
      return byte == '\n' ? end_size(body) : State::kMalformed;
    case Place::kDataEnd:
      return expect('\r', Place::kDataLineEnd);
    case Place::kDataLineEnd:
      return expect('\n', Place::kSize);
    case Place::kTrailer:
      if (byte == '\r') return expect('\r', Place::kLastEnd);
      place_ = Place::kTrailerName;
      return is_token_byte(byte) ? State::kMore : State::kMalformed;
    case Place::kTrailerName:
      if (byte != ':') return is_token_byte(byte) ? State::kMore : State::kMalformed;
      place_ = Place::kTrailerLine;
      return State::kMore;
    case Place::kTrailerLine:
      if (is_text) return State::kMore;
      return expect('\r', Place::kTrailerEnd);
    case Place::kTrailerEnd:
      return expect('\n', Place::kTrailer);
    case Place::kLastEnd:
      return byte == '\n' ? State::kDone : State::kMalformed;
    case Place::kData:
      break;
  }
  return State::kMalformed;
}

ChunkDecoder::State ChunkDecoder::feed(std::string_view bytes, std::string& body, std::size_t& used) {
  constexpr std::size_t kFreeOverhead = 16U << 10U;
  used = 0;
  while (used < bytes.size()) {
    if (place_ == Place::kData) {
      const std::size_t count = std::min<std::uint64_t>(size_, bytes.size() - used);
      body.append(bytes.substr(used, count));
      used += count;
      size_ -= count;
      if (size_ == 0) place_ = Place::kDataEnd;
      continue;
    }
    const State state = step(bytes[used++], body);
    if (state != State::kMore) return state;
    if (++overhead_bytes_ > kFreeOverhead + 8 * body.size()) return State::kTooLarge;
  }
  return State::kMore;
}

}  // namespace archmlp::http
