#include "archmlp/http/listener.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "archmlp/base/try.h"

namespace archmlp::http {
namespace {

constexpr int kBacklog = 4096;
constexpr int kAcceptsInTurn = 64;

using Addresses = std::unique_ptr<addrinfo, void (*)(addrinfo*)>;

base::Error listen_error(const std::string& host, std::uint16_t port, int error) {
  base::Error result{
      .code = base::ErrorCode::kIo,
      .message = "cannot listen on " + host + " port " + std::to_string(port) + ": " + std::strerror(error)};
  if (error == EADDRINUSE) {
    result.hint = "another program listens there; stop it or choose another port (0 takes any free one)";
  } else if (error == EACCES) {
    result.hint = "ports below 1024 need privileges; choose a larger one";
  } else if (error == EMFILE) {
    result.hint = "raise the limit of open files (ulimit -n)";
  } else {
    result.hint = "give an address of this machine, such as 127.0.0.1";
  }
  return result;
}

base::Result<Addresses> resolve(const std::string& host, std::uint16_t port) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found);
  if (error == 0) return Addresses(found, ::freeaddrinfo);
  return base::Error{.code = base::ErrorCode::kIo,
                     .message = "cannot listen on " + host + ": " + ::gai_strerror(error),
                     .hint = "give an address of this machine, such as 127.0.0.1"};
}

bool set(int socket, int option) noexcept {
  const int on = 1;
  return ::setsockopt(socket, SOL_SOCKET, option, &on, sizeof on) == 0;
}

}  // namespace

base::Result<std::vector<std::unique_ptr<Listener>>> Listener::open(const std::string& host,
                                                                    std::uint16_t port, std::size_t count) {
  const Addresses addresses = TRY(resolve(host, port));
  std::vector<std::unique_ptr<Listener>> listeners;
  sockaddr_storage address{};
  socklen_t size = addresses->ai_addrlen;
  std::memcpy(&address, addresses->ai_addr, size);
  for (std::size_t i = 0; i < count; ++i) {
    const int socket = ::socket(addresses->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket < 0) return listen_error(host, port, errno);
    listeners.push_back(std::unique_ptr<Listener>(new Listener(socket)));
    // The first one is bound before it may share its port, so that a port in use is an error.
    if (!set(socket, SO_REUSEADDR) || (i > 0 && !set(socket, SO_REUSEPORT)) ||
        ::bind(socket, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
        (i == 0 && count > 1 && !set(socket, SO_REUSEPORT))) {
      return listen_error(host, port, errno);
    }
    if (i == 0) ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  }
  for (const auto& listener : listeners) {
    if (::listen(listener->socket_, kBacklog) != 0) return listen_error(host, port, errno);
  }
  return listeners;
}

Listener::~Listener() { ::close(socket_); }

std::uint16_t Listener::port() const noexcept {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

void Listener::start(EventLoop& loop, std::function<void(int)> accepted) {
  loop_ = &loop;
  accepted_ = std::move(accepted);
  loop.watch(socket_, EPOLLIN, *this);
}

void Listener::on_ready(std::uint32_t) {
  for (int turn = 0; turn < kAcceptsInTurn; ++turn) {
    const int socket = ::accept4(socket_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) {
      const bool is_transient =
          errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == ECONNABORTED;
      if (!is_transient && !is_paused_) {  // out of descriptors or memory: those that are open go on
        is_paused_ = true;
        loop_->forget(socket_);
      }
      return;
    }
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    accepted_(socket);
  }
}

void Listener::resume() {
  if (!is_paused_) return;
  is_paused_ = false;
  loop_->watch(socket_, EPOLLIN, *this);
}

void Listener::stop() {
  if (!is_paused_) loop_->forget(socket_);
  is_paused_ = true;
  for (int turn = 0; turn < kBacklog; ++turn) {
    const int socket = ::accept4(socket_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) break;
    accepted_(socket);
  }
  ::shutdown(socket_, SHUT_RDWR);  // who connects from now on is refused
}

}  // namespace archmlp::http
