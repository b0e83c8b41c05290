#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/http/access.h"
#include "archmlp/http/access_log.h"
#include "archmlp/http/event_loop.h"
#include "archmlp/http/framing.h"
#include "archmlp/http/loop_counters.h"
#include "archmlp/http/message.h"
#include "archmlp/http/pool.h"
#include "archmlp/http/tls.h"

namespace archmlp::http {

struct SessionConfig {
  FramingLimits limits;
  std::chrono::milliseconds read_timeout{30'000};   // for a whole request, from its first byte
  std::chrono::milliseconds idle_timeout{60'000};   // for a connection without a request
  std::chrono::milliseconds write_timeout{30'000};  // for the client to take an answer, or 64 KiB of it
  std::chrono::milliseconds overload_delay{1'000};  // requests that waited longer for their turn get 503
  std::size_t max_connections = 20'000;             // of one loop
  std::size_t max_arriving_bytes = 256U << 20U;     // of all bodies that are not yet whole
  std::span<const std::string_view> routes;         // their names, for the log; see Response::route
};

class Session;

/// Connections that owe nothing to each other but their thread, as the loop sees them.
struct SessionId {
  std::uint32_t place = 0;
  std::uint64_t number = 0;  // never used twice
  bool operator==(const SessionId&) const = default;
};

/// The connections of one event loop, and what they share. Used by its thread alone.
class SessionGroup {
 public:
  /// `pool` and `log` may be null. All must outlive the group.
  SessionGroup(EventLoop& loop, const SessionConfig& config, std::unique_ptr<Handler> handler, Pool* pool,
               AccessLog* log, LoopCounters& counters);
  ~SessionGroup();
  SessionGroup(const SessionGroup&) = delete;
  SessionGroup& operator=(const SessionGroup&) = delete;

  void set_access(std::shared_ptr<const AccessRules> rules) { access_ = std::move(rules); }
  void set_tls(std::shared_ptr<const TlsContext> tls) { tls_ = std::move(tls); }

  /// Takes over an accepted socket; closes it where there are too many.
  void start(int socket);
  bool empty() const noexcept { return open_count_ == 0; }
  /// Closes those whose time is up, hands over the log, tells the handler.
  void tick(Clock::time_point now);
  /// From now on each connection is closed as soon as it owes no answer.
  void drain();
  void close_all();

 private:
  friend class Session;
  /// What stands in output_ from `begin` on is the session's. It leaves when the batch of events is over:
  /// clients that are woken one behind the other cost less than each on its own.
  void send_later(const Session& session, std::size_t begin);
  /// `running`: the session that calls, which looks after its own end; null if none.
  void send_now(const Session* running);
  void close(Session& session);
  Session* find(SessionId id) noexcept;
  std::string_view common_fields();  // Date and Content-Type, as most answers begin
  void log_answer(const RequestHead& head, const Response& response, std::string_view request_id,
                  std::chrono::nanoseconds time, std::size_t request_bytes);
  std::string_view fresh_request_id();

  EventLoop& loop_;
  SessionConfig config_;
  std::unique_ptr<Handler> handler_;
  Pool* pool_;
  AccessLog* log_;
  LoopCounters& counters_;
  std::shared_ptr<const AccessRules> access_;
  std::shared_ptr<const TlsContext> tls_;
  bool draining_ = false;

  std::vector<std::unique_ptr<Session>> sessions_;  // places, some empty
  std::vector<std::uint32_t> free_places_;
  std::size_t open_count_ = 0;
  std::size_t arriving_bytes_ = 0;
  std::uint64_t next_number_ = 1;

  std::vector<char> arrived_;  // what a read gives, with room behind it
  std::string output_;         // answers on their way out
  struct Outgoing {
    SessionId id;
    std::size_t begin;
    std::size_t end;
  };
  std::vector<Outgoing> outgoing_;  // whose they are, in order
  Clock::time_point now_;           // when the latest request was answered
  Response response_;
  std::string log_lines_;
  std::string request_id_;
  std::uint64_t request_count_ = 0;
  std::uint64_t id_seed_;
  std::time_t date_second_ = -1;
  std::string common_fields_;
};

}  // namespace archmlp::http
