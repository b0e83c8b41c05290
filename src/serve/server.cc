#include "archmlp/serve/server.h"

#include <utility>  // Boost.Asio 1.74 forgets it

#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <thread>
#include <vector>

#include "archmlp/base/try.h"
#include "archmlp/serve/session.h"

namespace archmlp::serve {
namespace {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;
using tcp = asio::ip::tcp;
using Acceptor = tcp::acceptor;

constexpr std::chrono::milliseconds kAcceptPause{100};  // when the process is out of descriptors

base::Error listen_error(const ServeConfig& config, const ErrorCode& error) {
  base::Error result{.code = base::ErrorCode::kIo,
                     .message = "cannot listen on " + config.host + " port " + std::to_string(config.port) +
                                ": " + error.message()};
  if (error == asio::error::address_in_use) {
    result.hint = "another program listens there; stop it or choose another port (0 takes any free one)";
  } else if (error == asio::error::access_denied) {
    result.hint = "ports below 1024 need privileges; choose a larger one";
  } else {
    result.hint = "give an address of this machine, such as 127.0.0.1";
  }
  return result;
}

base::Status check(const ServeConfig& config) {
  if (config.thread_count < 0 || config.thread_count > 1024) {
    return base::Error{.message = "the number of threads must be from 0 to 1024", .where = "threads"};
  }
  if (config.read_timeout_seconds < 1 || config.write_timeout_seconds < 1 || config.grace_seconds < 0) {
    return base::Error{.message = "time-outs must be at least a second"};
  }
  return {};
}

bool allow_sharing(Acceptor& acceptor) noexcept {
  const int on = 1;
  return ::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0;
}

/// One event loop: a thread, its connections, and its own listening socket where the system shares a port
/// among several.
class Worker {
 public:
  Worker(const SessionConfig& config, Handler handler, std::chrono::milliseconds grace)
      : group_(config, std::move(handler)),
        timer_(context_),
        accept_timer_(context_),
        grace_(grace),
        tick_(std::clamp(config.read_timeout / 10, std::chrono::milliseconds(20),
                         std::chrono::milliseconds(500))) {}

  asio::io_context& context() noexcept { return context_; }

  void listen(Acceptor acceptor) { acceptor_.emplace(std::move(acceptor)); }
  /// The workers that this one's listening socket feeds in turn. Without any, its own.
  void feed(std::vector<Worker*> workers) { fed_ = std::move(workers); }

  void run() {
    if (acceptor_) accept();
    tick();
    while (true) {
      try {
        context_.run();
        return;
      } catch (const std::exception&) {
        // Sessions catch their own; what gets here (no memory for an accepted connection) ended that
        // connection alone.
        if (acceptor_ && !accepting_ && !stopping_) accept_later();
      }
    }
  }

  /// Thread-safe.
  void stop() {
    asio::post(context_, [this] {
      stopping_ = true;
      deadline_ = Clock::now() + grace_;
      if (acceptor_) accept_backlog();
      group_.drain();
      if (acceptor_) acceptor_->close();
      end_if_done();
    });
  }

 private:
  void accept() {
    Worker* target = fed_.empty() ? this : fed_[next_fed_++ % fed_.size()];
    accepting_ = true;
    acceptor_->async_accept(target->context_, [this, target](ErrorCode error, tcp::socket socket) {
      accepting_ = false;
      if (!error) target->adopt(std::move(socket), target == this);
      if (error == asio::error::operation_aborted || stopping_) return;
      if (error && error != asio::error::connection_aborted) {
        return accept_later();  // out of descriptors or memory: those that are open go on
      }
      accept();
    });
  }

  void accept_later() {
    accept_timer_.expires_after(kAcceptPause);
    accept_timer_.async_wait([this](ErrorCode error) {
      if (!error && !stopping_) accept();
    });
  }

  /// Connections that the system has accepted for us are ours: their requests are answered.
  void accept_backlog() {
    ErrorCode error;
    acceptor_->cancel(error);
    acceptor_->non_blocking(true, error);
    while (!error) {
      tcp::socket socket(context_);
      acceptor_->accept(socket, error);
      if (!error) group_.start(std::move(socket));
    }
  }

  void adopt(tcp::socket socket, bool is_own_thread) {
    if (is_own_thread) return group_.start(std::move(socket));
    asio::post(context_, [this, moved = std::move(socket)]() mutable { group_.start(std::move(moved)); });
  }

  void tick() {
    timer_.expires_after(stopping_ ? std::chrono::milliseconds(20) : tick_);
    timer_.async_wait([this](ErrorCode error) {
      if (error) return;
      const Clock::time_point now = Clock::now();
      group_.close_overdue(now);
      if (stopping_ && now >= deadline_) group_.close_all();
      if (stopping_) return end_if_done();
      tick();
    });
  }

  /// While stopping: looks again soon, until no connection is left.
  void end_if_done() {
    if (group_.empty()) {
      timer_.cancel();
      context_.stop();
    } else {
      tick();
    }
  }

  SessionGroup group_;  // before the context, whose destruction may end sessions
  asio::io_context context_{1};
  asio::steady_timer timer_;
  asio::steady_timer accept_timer_;
  std::optional<Acceptor> acceptor_;
  std::vector<Worker*> fed_;
  std::size_t next_fed_ = 0;
  bool accepting_ = false;
  bool stopping_ = false;
  std::chrono::milliseconds grace_;
  std::chrono::milliseconds tick_;
  Clock::time_point deadline_;
};

}  // namespace

class Server::Impl {
 public:
  Impl(const std::shared_ptr<const predict::Predictor>& predictor, const ServeConfig& config) {
    const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    const int count = config.thread_count == 0 ? cores : config.thread_count;
    const SessionConfig session{
        .limits = {.max_header_bytes = config.max_header_bytes, .max_body_bytes = config.max_body_bytes},
        .read_timeout = std::chrono::seconds(config.read_timeout_seconds),
        .write_timeout = std::chrono::seconds(config.write_timeout_seconds)};
    for (int i = 0; i < count; ++i) {
      workers_.push_back(
          std::make_unique<Worker>(session, Handler(predictor), std::chrono::seconds(config.grace_seconds)));
    }
  }

  base::Status listen(const ServeConfig& config) {
    ErrorCode error;
    tcp::resolver resolver(workers_.front()->context());
    const auto found = resolver.resolve(config.host, std::to_string(config.port),
                                        tcp::resolver::passive | tcp::resolver::numeric_service, error);
    if (error || found.empty()) return listen_error(config, error ? error : asio::error::host_not_found);
    tcp::endpoint endpoint = found.begin()->endpoint();
    // The first socket is bound before it may share its port, so that a port in use is an error even where
    // its owner shares it.
    Acceptor first(workers_.front()->context());
    open(first, endpoint, false, error);
    if (error) return listen_error(config, error);
    endpoint = first.local_endpoint(error);
    port_ = endpoint.port();
    std::vector<Acceptor> others;
    if (workers_.size() > 1 && allow_sharing(first)) {
      for (std::size_t i = 1; i < workers_.size() && !error; ++i) {
        others.emplace_back(workers_[i]->context());
        open(others.back(), endpoint, true, error);
      }
      if (!error) first.listen(tcp::socket::max_listen_connections, error);
      for (Acceptor& other : others) {
        if (!error) other.listen(tcp::socket::max_listen_connections, error);
      }
      if (error) others.clear();
    }
    if (others.empty()) {
      error = {};
      first.listen(tcp::socket::max_listen_connections, error);
      if (error) return listen_error(config, error);
      if (workers_.size() > 1) feed_all_from_first();
    }
    workers_.front()->listen(std::move(first));
    for (std::size_t i = 0; i < others.size(); ++i) workers_[i + 1]->listen(std::move(others[i]));
    return {};
  }

  void run() {
    threads_.reserve(workers_.size());
    for (const auto& worker : workers_) threads_.emplace_back([&worker] { worker->run(); });
  }

  void stop() {
    if (stopped_.exchange(true)) return;
    for (const auto& worker : workers_) worker->stop();
  }

  void wait() {
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

  std::uint16_t port() const noexcept { return port_; }

 private:
  static void open(Acceptor& acceptor, const tcp::endpoint& endpoint, bool is_shared, ErrorCode& error) {
    acceptor.open(endpoint.protocol(), error);
    if (error) return;
    acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (error) return;
    if (is_shared && !allow_sharing(acceptor)) {
      error = asio::error::operation_not_supported;
      return;
    }
    acceptor.bind(endpoint, error);
  }

  void feed_all_from_first() {
    std::vector<Worker*> all;
    for (const auto& worker : workers_) all.push_back(worker.get());
    workers_.front()->feed(std::move(all));
  }

  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::thread> threads_;
  std::atomic<bool> stopped_ = false;
  std::uint16_t port_ = 0;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() {
  stop();
  wait();
}

base::Result<std::unique_ptr<Server>> Server::start(
    const std::shared_ptr<const predict::Predictor>& predictor, const ServeConfig& config) {
  TRY(check(config));
  auto impl = std::make_unique<Impl>(predictor, config);
  TRY(impl->listen(config));
  impl->run();
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

std::uint16_t Server::port() const noexcept { return impl_->port(); }
void Server::stop() { impl_->stop(); }
void Server::wait() { impl_->wait(); }

}  // namespace archmlp::serve
