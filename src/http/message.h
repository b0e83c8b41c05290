#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace archmlp::http {

/// Behind every body that a server gives, as many bytes may be read: for parsers that read ahead.
inline constexpr std::size_t kBodySlack = 64;

/// A whole request. The views live as long as the call that they are given to.
struct Request {
  std::string_view method;        // "GET"
  std::string_view target;        // "/predict?features=prepared"
  std::string_view content_type;  // may be empty, as what follows
  std::string_view accept;
  std::string_view body;
  std::size_t slack = 0;  // bytes behind the body that may be read (what they hold means nothing)
};

/// Reused between requests: strings keep their room.
struct Response {
  int status = 200;
  std::string_view content_type = "application/json";
  std::string_view allow;       // of a 405
  int retry_after_seconds = 0;  // of a 503; 0: not said
  std::uint8_t route = 0;       // what was asked for: an index into ServerConfig::routes
  std::string served_by;        // which model; sent as X-Model, empty: not sent
  std::string body;             // of HEAD, too: what GET would answer

  void clear() noexcept {
    status = 200;
    content_type = "application/json";
    allow = {};
    retry_after_seconds = 0;
    route = 0;
    served_by.clear();
    body.clear();
  }
};

struct ErrorAnswer;

/// Answers requests. Each thread has its own, so it may keep buffers.
class Handler {
 public:
  virtual ~Handler() = default;
  /// Whatever the request, `response` (cleared) becomes an answer to it. May throw std::bad_alloc.
  virtual void handle(const Request& request, Response& response) = 0;
  /// The answer, in `response` (cleared), to a request that is refused before it is handled: as the clients
  /// of `target` expect it, or of what was read of it by then. In the one form of all errors by default.
  virtual void refuse(std::string_view target, const ErrorAnswer& error, Response& response);
  /// Would the answer keep others waiting? Then a thread of the pool gives it.
  virtual bool is_long_work(const Request& request) const noexcept = 0;
  /// Called between requests, on the handler's thread, at least every second while it has nothing to do: time
  /// to give back what is no longer needed.
  virtual void on_tick() noexcept {}
};

}  // namespace archmlp::http
