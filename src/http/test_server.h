#pragma once

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "archmlp/http/server.h"
#include "archmlp/test_support/waiting.h"

namespace archmlp::http {

/// Says what it was asked: `METHOD TARGET BODY`. By path:
///  - /long…   is work for the pool
///  - /gated   the same, and waits for the gate
///  - /slow    keeps the loop busy for 50 ms
///  - /big     answers with 24 MiB, more than sockets hold
class EchoHandler final : public Handler {
 public:
  static constexpr std::size_t kBigBytes = 24U << 20U;
  static constexpr std::array<std::string_view, 2> kRoutes = {"other", "echo"};

  EchoHandler(test_support::Gate& gate, std::atomic<int>& ticks) : gate_(gate), ticks_(ticks) {}
  void on_tick() noexcept override { ++ticks_; }
  bool is_long_work(const Request& request) const noexcept override {
    return request.target.starts_with("/long") || request.target == "/gated";
  }
  void handle(const Request& request, Response& response) override {
    if (request.target == "/gated") gate_.pass();
    if (request.target == "/slow") std::this_thread::sleep_for(std::chrono::milliseconds(50));
    if (request.target == "/big") {
      response.body.assign(kBigBytes, 'b');
      return;
    }
    response.content_type = "text/plain";
    response.route = request.target.starts_with("/echo") ? 1 : 0;
    if (request.target == "/echo") response.served_by = "m@1";
    response.body.append(request.method).append(" ").append(request.target).append(" ").append(request.body);
  }

 private:
  test_support::Gate& gate_;
  std::atomic<int>& ticks_;
};

/// A server of EchoHandlers, one loop unless told otherwise.
class TestServer {
 public:
  explicit TestServer(ServerConfig config = {}) {
    config.routes = EchoHandler::kRoutes;
    auto started = Server::start(
        config, [this](std::size_t thread) { return std::make_unique<EchoHandler>(gate_, ticks_[thread]); });
    EXPECT_TRUE(started.ok()) << (started.ok() ? "" : base::to_string(started.error()));
    server_ = std::move(started).value();
  }
  ~TestServer() { gate_.open(); }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  Server* operator->() const noexcept { return server_.get(); }
  test_support::Gate& gate() noexcept { return gate_; }
  /// Of the first threads, loops before those of the pool.
  int ticks(std::size_t thread) const { return ticks_[thread]; }
  std::uint64_t open_connections() const {
    std::uint64_t count = 0;
    for (const LoopCounters* loop : server_->counters()) count += loop->open_connections.value();
    return count;
  }
  std::uint64_t rejected(Rejection reason) const {
    std::uint64_t count = 0;
    for (const LoopCounters* loop : server_->counters())
      count += loop->rejections[static_cast<std::size_t>(reason)].value();
    return count;
  }

 private:
  test_support::Gate gate_;
  std::array<std::atomic<int>, 16> ticks_{};
  std::unique_ptr<Server> server_;
};

inline std::string get(std::string_view target, std::string_view fields = {}) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) + "\r\n";
}
inline std::string post(std::string_view target, std::string_view body, std::string_view fields = {}) {
  return "POST " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

}  // namespace archmlp::http
