#pragma once

#include <utility>  // Boost.Asio 1.74 forgets it

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/serve/framing.h"
#include "archmlp/serve/handler.h"

namespace archmlp::serve {

using Clock = std::chrono::steady_clock;

struct SessionConfig {
  FramingLimits limits;
  std::chrono::milliseconds read_timeout{30'000};   // for a whole request, and for an idle connection
  std::chrono::milliseconds write_timeout{30'000};  // for the client to take an answer
};

class Session;

/// What the connections of one event loop share. Used by its thread alone.
class SessionGroup {
 public:
  SessionGroup(const SessionConfig& config, Handler handler)
      : config_(config), handler_(std::move(handler)) {}

  /// Takes over a connection, which must belong to this loop's context.
  void start(boost::asio::ip::tcp::socket socket);
  bool empty() const noexcept { return sessions_.empty(); }
  /// Closes those whose time is up.
  void close_overdue(Clock::time_point now);
  /// From now on each connection is closed as soon as it owes no answer.
  void drain();
  void close_all();

 private:
  friend class Session;
  void add(Session& session);
  void remove(Session& session) noexcept;
  std::string_view date();  // as the header field shows it

  SessionConfig config_;
  Handler handler_;
  Response response_;
  bool draining_ = false;
  std::vector<Session*> sessions_;  // each knows its place
  std::time_t date_second_ = -1;
  std::string date_;
};

}  // namespace archmlp::serve
