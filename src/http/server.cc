#include "archmlp/http/server.h"

#include <csignal>

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "archmlp/base/thread_name.h"
#include "archmlp/base/try.h"
#include "archmlp/http/event_loop.h"
#include "archmlp/http/listener.h"
#include "archmlp/http/pool.h"
#include "archmlp/http/session_group.h"

namespace archmlp::http {
namespace {

constexpr std::chrono::milliseconds kTick{100};

/// A thread with an event loop, its listening socket and its connections.
class Worker {
 public:
  Worker(std::unique_ptr<EventLoop> loop, std::unique_ptr<Listener> listener, const SessionConfig& config,
         std::unique_ptr<Handler> handler, const ServerConfig& server, Pool* pool)
      : loop_(std::move(loop)),
        listener_(std::move(listener)),
        group_(*loop_, config, std::move(handler), pool, server.log, counters_),
        grace_(server.grace) {
    group_.set_access(server.access);
    group_.set_tls(server.tls);
    loop_->on_tick(std::min(kTick, config.read_timeout / 10), [this](Clock::time_point now) { tick(now); });
    listener_->start(*loop_, [this](int socket) { group_.start(socket); });
  }

  void start() {
    thread_ = std::thread([this] {
      base::name_this_thread("event loop");
      // Writing to a connection that is gone, through TLS, must not end the process.
      sigset_t signals;
      sigemptyset(&signals);
      sigaddset(&signals, SIGPIPE);
      pthread_sigmask(SIG_BLOCK, &signals, nullptr);
      loop_->run();
    });
  }
  void join() {
    if (thread_.joinable()) thread_.join();
  }

  /// Thread-safe, as all that follows.
  void stop() {
    loop_->post([this] {
      is_stopping_ = true;
      deadline_ = Clock::now() + grace_;
      group_.drain();
      listener_->stop();
      end_if_done();
    });
  }
  void set_access(std::shared_ptr<const AccessRules> access) {
    loop_->post([this, moved = std::move(access)] { group_.set_access(moved); });
  }
  void set_tls(std::shared_ptr<const TlsContext> tls) {
    loop_->post([this, moved = std::move(tls)] { group_.set_tls(moved); });
  }
  const LoopCounters& counters() const noexcept { return counters_; }
  Clock::time_point latest_turn() const noexcept { return loop_->woken_at(); }

 private:
  void tick(Clock::time_point now) {
    group_.tick(now);
    if (!is_stopping_) return listener_->resume();
    if (now >= deadline_) group_.close_all();
    end_if_done();
  }
  void end_if_done() {
    if (!group_.empty()) return;
    group_.tick(Clock::now());
    loop_->stop();
  }

  LoopCounters counters_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<Listener> listener_;
  SessionGroup group_;
  std::chrono::milliseconds grace_;
  bool is_stopping_ = false;
  Clock::time_point deadline_;
  std::thread thread_;
};

}  // namespace

class Server::Impl {
 public:
  static base::Result<std::unique_ptr<Impl>> make(const ServerConfig& config,
                                                  const MakeHandler& make_handler) {
    auto impl = std::make_unique<Impl>();
    const auto threads = static_cast<std::size_t>(std::max(1, config.thread_count));
    auto listeners = TRY(Listener::open(config.host, config.port, threads));
    impl->port_ = listeners.front()->port();
    SessionConfig session{
        .limits = {.max_header_bytes = config.max_header_bytes, .max_body_bytes = config.max_body_bytes},
        .read_timeout = config.read_timeout,
        .idle_timeout = config.idle_timeout,
        .write_timeout = config.write_timeout,
        .max_connections = std::max<std::size_t>(1, config.max_connections / threads),
        .max_arriving_bytes = std::max(SessionConfig().max_arriving_bytes, 2 * config.max_body_bytes),
        .routes = config.routes};
    std::vector<std::unique_ptr<Handler>> handlers;
    for (std::size_t i = 0; i < threads; ++i) handlers.push_back(make_handler(i));
    if (config.pool_thread_count > 0) {
      std::vector<std::unique_ptr<Handler>> of_pool;
      for (std::size_t i = 0; i < static_cast<std::size_t>(config.pool_thread_count); ++i)
        of_pool.push_back(make_handler(threads + i));
      impl->pool_ = std::make_unique<Pool>(std::move(of_pool), Pool::Limits());
    }
    for (std::size_t i = 0; i < threads; ++i) {
      impl->workers_.push_back(std::make_unique<Worker>(TRY(EventLoop::make()), std::move(listeners[i]),
                                                        session, std::move(handlers[i]), config,
                                                        impl->pool_.get()));
    }
    return impl;
  }

  ~Impl() {
    stop();
    wait();
    pool_.reset();  // its last answers find loops that no longer run
  }

  void start() {
    for (const auto& worker : workers_) worker->start();
  }
  void stop() {
    if (stopped_.exchange(true)) return;
    for (const auto& worker : workers_) worker->stop();
  }
  void wait() {
    for (const auto& worker : workers_) worker->join();
  }

  std::uint16_t port() const noexcept { return port_; }
  const Pool* pool() const noexcept { return pool_.get(); }
  const std::vector<std::unique_ptr<Worker>>& workers() const noexcept { return workers_; }

 private:
  std::uint16_t port_ = 0;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<Pool> pool_;
  std::atomic<bool> stopped_ = false;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

base::Result<std::unique_ptr<Server>> Server::start(const ServerConfig& config,
                                                    const MakeHandler& make_handler) {
  std::unique_ptr<Impl> impl = TRY(Impl::make(config, make_handler));
  impl->start();
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

std::uint16_t Server::port() const noexcept { return impl_->port(); }
void Server::set_access(const std::shared_ptr<const AccessRules>& access) {
  for (const auto& worker : impl_->workers()) worker->set_access(access);
}
void Server::set_tls(const std::shared_ptr<const TlsContext>& tls) {
  for (const auto& worker : impl_->workers()) worker->set_tls(tls);
}
std::vector<const LoopCounters*> Server::counters() const {
  std::vector<const LoopCounters*> counters;
  for (const auto& worker : impl_->workers()) counters.push_back(&worker->counters());
  return counters;
}
std::size_t Server::waiting_for_pool() const noexcept {
  return impl_->pool() == nullptr ? 0 : impl_->pool()->waiting();
}
Clock::time_point Server::latest_turn_of_all() const noexcept {
  Clock::time_point earliest = Clock::time_point::max();
  for (const auto& worker : impl_->workers()) earliest = std::min(earliest, worker->latest_turn());
  return earliest;
}
void Server::stop() { impl_->stop(); }
void Server::wait() { impl_->wait(); }

}  // namespace archmlp::http
