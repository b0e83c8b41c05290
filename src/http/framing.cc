#include "archmlp/http/framing.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <iterator>
#include <type_traits>

#include "archmlp/base/load.h"
#include "archmlp/base/text.h"

namespace archmlp::http {
namespace {

constexpr std::size_t kMaxFields = 100;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

/// What a byte may be part of.
constexpr std::uint8_t kInLine = 1U << 0U;  // no control character but a tab
constexpr std::uint8_t kInToken = 1U << 1U;
constexpr std::uint8_t kInHost = 1U << 2U;
constexpr std::uint8_t kVisible = 1U << 3U;
constexpr std::uint8_t kBeforeFragment = 1U << 4U;

constexpr std::array<std::uint8_t, 256> kByteClasses = [] {
  std::array<std::uint8_t, 256> classes{};
  const auto add = [&classes](std::uint8_t added, std::string_view bytes) {
    for (const char c : bytes) classes[static_cast<unsigned char>(c)] |= added;
  };
  for (unsigned byte = 0; byte < classes.size(); ++byte) {
    if (byte >= 0x20 && byte != 0x7F) classes[byte] |= kInLine;
    if (byte > 0x20 && byte < 0x7F) classes[byte] |= kVisible;
    if (byte != '#') classes[byte] |= kBeforeFragment;
  }
  constexpr std::string_view kAlphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  add(kInToken | kInHost, kAlphanumeric);
  add(kInToken, "!#$%&'*+-.^_`|~");
  add(kInHost, "-._~!$&'()*+;=:[]%");
  add(kInLine, "\t");
  return classes;
}();

std::uint8_t classes_of(char c) noexcept { return kByteClasses[static_cast<unsigned char>(c)]; }
/// Those that all bytes have in common.
std::uint8_t classes_of(std::string_view text) noexcept {
  std::uint8_t common = 0xFF;
  for (const char c : text) common &= classes_of(c);
  return common;
}

bool is_token_byte(char c) noexcept { return (classes_of(c) & kInToken) != 0; }
bool is_token(std::string_view text) noexcept { return !text.empty() && (classes_of(text) & kInToken) != 0; }

/// How many of the eight bytes at `bytes` stand in front of the first control character.
std::size_t bytes_before_control(const char* bytes) noexcept {
  static_assert(std::endian::native == std::endian::little, "the first byte of a word is its lowest");
  constexpr std::uint64_t kEach = 0x0101010101010101;
  const auto word = base::load<std::uint64_t>(bytes);
  const std::uint64_t is_below_blank = word - 0x20 * kEach;  // in the highest bit of the first such byte
  const std::uint64_t is_delete = (word & 0x7F * kEach) + kEach;
  const std::uint64_t is_control = (is_below_blank | is_delete) & ~word & 0x80 * kEach;
  return static_cast<std::size_t>(std::countr_zero(is_control)) / 8;
}

/// How many bytes stand in front of the first one that a line may not hold: as a rule, the CR at its end.
std::size_t line_size(std::string_view bytes) noexcept {
  std::size_t size = 0;
  while (size + 8 <= bytes.size()) {
    const std::size_t count = bytes_before_control(bytes.data() + size);
    size += count;
    if (count == 8) continue;
    if (bytes[size] != '\t') return size;
    ++size;
  }
  while (size < bytes.size() && (classes_of(bytes[size]) & kInLine) != 0) ++size;
  return size;
}

bool is_request_id(std::string_view value) noexcept {
  return !value.empty() && value.size() <= 128 && (classes_of(value) & kVisible) != 0;
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

/// The header fields that mean something here.
enum class Field {
  kAccept,
  kAuthorization,
  kConnection,
  kContentEncoding,
  kContentLength,
  kContentType,
  kExpect,
  kHost,
  kOrigin,
  kRequestId,
  kTraceparent,
  kTransferEncoding,
  kOther
};

/// `wanted` is in lower case. The bit that is set makes small letters of capitals; of nothing else that a
/// line may hold it makes a letter, a dash or a colon.
template <std::size_t kSize>
bool begins_with(std::string_view line, const char (&wanted)[kSize]) noexcept {
  constexpr std::size_t kLength = kSize - 1;
  using Word = std::conditional_t<(kLength < 8), std::uint32_t, std::uint64_t>;
  constexpr auto kSmall = static_cast<Word>(0x2020202020202020);
  if (line.size() < kLength) return false;
  Word difference = 0;
  for (std::size_t step = 0; step < kLength; step += sizeof(Word)) {
    const std::size_t at = std::min(step, kLength - sizeof(Word));
    difference |= (base::load<Word>(line.data() + at) | kSmall) ^ base::load<Word>(wanted + at);
  }
  return difference == 0;
}

/// Takes the name and its colon off a line; leaves it as it is for kOther.
Field take_name(std::string_view& line) noexcept {
  const auto takes = [&line](const auto& name) {
    if (!begins_with(line, name)) return false;
    line.remove_prefix(std::size(name) - 1);
    return true;
  };
  switch (line.front() | 0x20) {
    case 'a':
      if (takes("accept:")) return Field::kAccept;
      if (takes("authorization:")) return Field::kAuthorization;
      break;
    case 'c':
      if (takes("content-type:")) return Field::kContentType;
      if (takes("content-length:")) return Field::kContentLength;
      if (takes("content-encoding:")) return Field::kContentEncoding;
      if (takes("connection:")) return Field::kConnection;
      break;
    case 'e':
      if (takes("expect:")) return Field::kExpect;
      break;
    case 'h':
      if (takes("host:")) return Field::kHost;
      break;
    case 'o':
      if (takes("origin:")) return Field::kOrigin;
      break;
    case 't':
      if (takes("traceparent:")) return Field::kTraceparent;
      if (takes("transfer-encoding:")) return Field::kTransferEncoding;
      break;
    case 'x':
      if (takes("x-request-id:")) return Field::kRequestId;
      break;
    default:
      break;
  }
  return Field::kOther;
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
  [[gnu::cold]] bool refuse(int status, std::string_view message, std::string_view hint = {}) {
    refusal_ = {status, std::string(message), std::string(hint)};
    return false;
  }

  /// Up to the next CR LF; a CR or LF on its own, or any other control character but a tab, is refused.
  bool take_line(std::string_view& line) {
    const std::size_t size = line_size(rest_);
    if (size == rest_.size()) return refuse(400, "the header is cut short");
    if (!rest_.substr(size).starts_with("\r\n")) {
      return refuse(400, "a control character stands in the header");
    }
    line = rest_.substr(0, size);
    rest_.remove_prefix(size + 2);
    return true;
  }

  bool read_request_line(std::string_view line) {
    const std::size_t first = line.find(' ');
    const std::size_t last = line.ends_with(" HTTP/1.1") ? line.size() - 9 : line.rfind(' ');
    if (first == std::string_view::npos || first == last) return refuse(400, "this is no HTTP request line");
    head_.method = line.substr(0, first);
    head_.target = line.substr(first + 1, last - first - 1);
    const std::string_view version = line.substr(last + 1);
    if (!is_token(head_.method)) return refuse(400, "the method is malformed");
    const bool is_version = version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) &&
                            version[6] == '.' && is_digit(version[7]);
    if (!is_version) return refuse(400, "this is no HTTP request line");
    if (version[5] != '1' || version[7] > '1') return refuse(505, "this server speaks HTTP/1.1 and HTTP/1.0");
    head_.is_http_1_0 = version[7] == '0';
    head_.keep_alive = !head_.is_http_1_0;
    return read_target();
  }

  bool read_target() {
    std::string_view& target = head_.target;
    const std::uint8_t classes = classes_of(target);
    if ((classes & kVisible) == 0) {
      return refuse(400, "the request target holds a byte that URLs do not", "percent-encode it");
    }
    if (target.size() > 7 && base::equal_ignoring_case(target.substr(0, 7), "http://")) {  // absolute form
      const std::size_t path = target.find_first_of("/?#", 7);
      if (path == std::string_view::npos || target[path] != '/')
        return refuse(400, "the request target has no path");
      target.remove_prefix(path);
    }
    if (target == "*" && head_.method == "OPTIONS") return true;
    if (!target.starts_with('/')) return refuse(400, "the request target is malformed");
    if ((classes & kBeforeFragment) == 0) return refuse(400, "the request target holds a fragment");
    return true;
  }

  bool read_field(std::string_view line) {
    if (is_blank(line.front())) return refuse(400, "a header field is folded over two lines");
    const Field field = take_name(line);
    const std::string_view value = base::trimmed(line);
    switch (field) {
      case Field::kAccept:
        if (head_.accept.empty()) head_.accept = value;
        return true;
      case Field::kAuthorization:
        return read_once(head_.authorization, value, "Authorization");
      case Field::kConnection:
        return read_connection(value);
      case Field::kContentEncoding:
        return read_once(head_.content_encoding, value, "Content-Encoding");
      case Field::kContentLength:
        return read_length(value);
      case Field::kContentType:
        return read_once(head_.content_type, value, "Content-Type");
      case Field::kExpect:
        return read_expect(value);
      case Field::kHost:
        return read_host(value);
      case Field::kOrigin:
        return read_once(head_.origin, value, "Origin");
      case Field::kRequestId:
        if (is_request_id(value)) head_.request_id = value;
        return true;
      case Field::kTraceparent:
        if (is_traceparent(value)) head_.traceparent = value;
        return true;
      case Field::kTransferEncoding:
        return read_transfer_encoding(value);
      case Field::kOther:
        break;
    }
    const std::size_t colon = line.find(':');
    const bool has_name = colon != std::string_view::npos && is_token(line.substr(0, colon));
    return has_name || refuse(400, "a header field is malformed");
  }

  bool read_once(std::string_view& slot, std::string_view value, std::string_view name) {
    if (slot.data() != nullptr)
      return refuse(400, "the header field " + std::string(name) + " is there twice");
    slot = value.empty() ? std::string_view("") : value;  // an empty one is there, too
    return true;
  }

  bool read_host(std::string_view value) {
    if (has_host_) return refuse(400, "the header field Host is there twice");
    has_host_ = true;
    head_.host = value;
    return (classes_of(value) & kInHost) != 0 || refuse(400, "the header field Host is malformed");
  }

  bool read_expect(std::string_view value) {
    if (!base::equal_ignoring_case(value, "100-continue"))
      return refuse(417, "only 100-continue can be expected");
    head_.expects_continue = true;
    return true;
  }

  bool read_connection(std::string_view value) {
    while (!value.empty()) {
      const std::size_t comma = std::min(value.find(','), value.size());
      const std::string_view option = base::trimmed(value.substr(0, comma));
      value.remove_prefix(std::min(comma + 1, value.size()));
      if (base::equal_ignoring_case(option, "close")) says_close_ = true;
      if (base::equal_ignoring_case(option, "keep-alive")) says_keep_alive_ = true;
    }
    return true;
  }

  bool read_length(std::string_view value) {
    if (has_length_) return refuse(400, "the header field Content-Length is there twice");
    has_length_ = true;
    const char* const end = value.data() + value.size();
    const auto result = std::from_chars(value.data(), end, head_.content_length);
    if (result.ec == std::errc::invalid_argument || result.ptr != end) {
      head_.content_length = 0;
      return refuse(400, "the header field Content-Length is not one number");
    }
    length_is_huge_ = result.ec != std::errc();
    return true;
  }

  bool read_transfer_encoding(std::string_view value) {
    if (head_.is_chunked) return refuse(400, "the header field Transfer-Encoding is there twice");
    if (!base::equal_ignoring_case(value, "chunked")) {
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
  const char letter = base::to_lower(byte);
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
  const bool is_text = (classes_of(byte) & kInLine) != 0;
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
