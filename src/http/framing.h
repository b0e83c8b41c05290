#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace archmlp::http {

// Where one request ends and the next begins. The rules are RFC 9112's, without the leniency that it permits
// towards old clients: two programs that read an ambiguous request differently are how requests are smuggled
// past a proxy.

struct FramingLimits {
  std::size_t max_header_bytes = 16U << 10U;
  std::size_t max_body_bytes = 16U << 20U;
};

/// Why a request is refused; the connection is closed behind the answer.
struct Refusal {
  int status = 400;
  std::string message;
  std::string hint;
};

/// The head of a request; the views show the bytes that it was read from.
struct RequestHead {
  std::string_view method;
  std::string_view target;  // in origin form: "/predict?features=raw"
  std::string_view content_type;
  std::string_view content_encoding;
  std::string_view accept;
  std::string_view host;
  std::string_view origin;
  std::string_view authorization;
  std::string_view request_id;   // X-Request-Id; empty if it is not 1 to 128 visible characters
  std::string_view traceparent;  // W3C Trace Context; checked for its form, else empty
  bool is_http_1_0 = false;
  bool keep_alive = true;
  bool expects_continue = false;
  bool is_chunked = false;
  std::size_t content_length = 0;
};

/// Finds the end of a head that begins at `bytes`, empty lines in front included; keeps its place between
/// calls.
class HeadFinder {
 public:
  /// The size of the head with its blank line, or 0 if it is not complete.
  std::size_t find(std::string_view bytes) noexcept;
  void reset() noexcept { searched_ = 0; }

 private:
  std::size_t searched_ = 0;
};

/// False if what has arrived of a head cannot become one, as the first byte of a TLS handshake: there is
/// nothing to wait for.
bool may_become_head(std::string_view bytes) noexcept;

/// Reads a complete head. Returns false and fills `refusal` if it is malformed, ambiguous or beyond a limit
/// (400, 413, 417, 431, 505); `head` then holds what was read so far.
bool parse_head(std::string_view bytes, const FramingLimits& limits, RequestHead& head, Refusal& refusal);

/// Takes the chunked coding off a body that arrives in pieces.
class ChunkDecoder {
 public:
  enum class State { kMore, kDone, kMalformed, kTooLarge };

  explicit ChunkDecoder(std::size_t max_body_bytes) noexcept : max_body_bytes_(max_body_bytes) {}
  /// Appends data to `body`; `used` is how much of `bytes` belonged to the body. Extensions and trailers are
  /// skipped; kTooLarge also if they and the chunk sizes take many times the room that the data does.
  State feed(std::string_view bytes, std::string& body, std::size_t& used);

 private:
  enum class Place {
    kSize,
    kExtension,
    kSizeEnd,
    kData,
    kDataEnd,
    kDataLineEnd,
    kTrailer,
    kTrailerName,
    kTrailerLine,
    kTrailerEnd,
    kLastEnd
  };
  State step(char byte, const std::string& body);
  State read_size(char byte);
  State end_size(const std::string& body);

  std::size_t max_body_bytes_;
  Place place_ = Place::kSize;
  std::uint64_t size_ = 0;  // of this chunk; in kData, what is left of it
  int digit_count_ = 0;
  std::size_t overhead_bytes_ = 0;  // everything but data
};

}  // namespace archmlp::http
