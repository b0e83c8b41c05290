#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/http/access.h"
#include "archmlp/http/access_log.h"
#include "archmlp/http/loop_counters.h"
#include "archmlp/http/message.h"
#include "archmlp/http/tls.h"

namespace archmlp::http {

struct ServerConfig {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;     // 0: any free one
  int thread_count = 1;       // one event loop each
  int pool_thread_count = 0;  // for long work; 0: the loops do it
  std::size_t max_body_bytes = 16U << 20U;
  std::size_t max_header_bytes = 16U << 10U;
  std::size_t max_connections = 20'000;  // of all loops
  std::chrono::milliseconds read_timeout{30'000};
  std::chrono::milliseconds idle_timeout{60'000};
  std::chrono::milliseconds write_timeout{30'000};
  std::chrono::milliseconds grace{10'000};    // for accepted requests after stop()
  std::span<const std::string_view> routes;   // names, for the log; of static storage
  std::shared_ptr<const AccessRules> access;  // null: everybody may ask for everything
  std::shared_ptr<const TlsContext> tls;      // null: plain HTTP
  AccessLog* log = nullptr;                   // must outlive the server
};

/// HTTP/1.1 on one port: event loops that share it, each with a handler of its own.
class Server {
 public:
  using MakeHandler = std::function<std::unique_ptr<Handler>(std::size_t thread)>;
  /// Binds and starts to accept. `make_handler` is called for each thread, loops first, before any runs.
  /// Errors: kIo with what to do (port in use, address not of this machine).
  static base::Result<std::unique_ptr<Server>> start(const ServerConfig& config,
                                                     const MakeHandler& make_handler);
  /// Stops and waits.
  ~Server();

  std::uint16_t port() const noexcept;
  /// For new requests, or new connections, from now on. Thread-safe.
  void set_access(const std::shared_ptr<const AccessRules>& access);
  void set_tls(const std::shared_ptr<const TlsContext>& tls);

  /// One a loop.
  std::vector<const LoopCounters*> counters() const;
  std::size_t waiting_for_pool() const noexcept;
  /// When the loop that has been busy the longest last looked for events. Of loops that are well that is a
  /// fraction of a second ago, whatever there is to do. Thread-safe.
  std::chrono::steady_clock::time_point latest_turn_of_all() const noexcept;

  /// No new connections; accepted requests are answered within the grace time. Thread-safe.
  void stop();
  /// Returns once stopped. For one thread.
  void wait();

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace archmlp::http
