#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/http/event_loop.h"

namespace archmlp::http {

/// A listening socket.
class Listener final : public EventLoop::Watcher {
 public:
  /// `count` sockets on one port, among which the system spreads connections. A port in use is an error even
  /// where its owner shares it. Errors: kIo with what to do.
  static base::Result<std::vector<std::unique_ptr<Listener>>> open(const std::string& host,
                                                                   std::uint16_t port, std::size_t count);
  ~Listener() override;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  std::uint16_t port() const noexcept;
  /// From now on `accepted` gets the sockets of new connections.
  void start(EventLoop& loop, std::function<void(int socket)> accepted);
  /// Accepts again, after a time without descriptors or memory to do so.
  void resume();
  /// Accepts what the system has accepted for us, then no more.
  void stop();
  void on_ready(std::uint32_t events) override;

 private:
  explicit Listener(int socket) : socket_(socket) {}

  int socket_;
  EventLoop* loop_ = nullptr;
  std::function<void(int)> accepted_;
  bool is_paused_ = false;
};

}  // namespace archmlp::http
