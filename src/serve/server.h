#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "archmlp/base/result.h"
#include "archmlp/predict/predictor.h"

namespace archmlp::serve {

struct ServeConfig {
  std::string host = "127.0.0.1";
  std::uint16_t port = 5000;  // 0: any free one
  int thread_count = 0;       // one event loop each; 0: one a core
  std::size_t max_body_bytes = 16U << 20U;
  std::size_t max_header_bytes = 16U << 10U;
  int read_timeout_seconds = 30;   // for a whole request to arrive, and for an idle connection
  int write_timeout_seconds = 30;  // for a client to take an answer, or 64 KiB of it
  int grace_seconds = 10;          // for accepted requests after stop()
};

/// The prediction server. Starts ready: the model is loaded and checked before the port is opened.
class Server {
 public:
  /// Binds and starts to accept. Errors: kInvalidInput for a configuration out of range; kIo with what to do
  /// (port in use, address not of this machine).
  static base::Result<std::unique_ptr<Server>> start(
      const std::shared_ptr<const predict::Predictor>& predictor, const ServeConfig& config);
  /// Stops and waits.
  ~Server();
  std::uint16_t port() const noexcept;
  /// Readiness turns 503, no new connections, accepted requests are answered within the grace time.
  /// Thread-safe.
  void stop();
  /// Returns once stopped. For one thread.
  void wait();

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace archmlp::serve
