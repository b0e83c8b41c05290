#include "archmlp/http/session_group.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "archmlp/http/session.h"
#include "archmlp/http/test_server.h"

namespace archmlp::http {
namespace {

/// A group with one connection, whose other end is ours.
class SessionGroupTest : public testing::Test {
 protected:
  void start(const SessionConfig& config) {
    group_ = std::make_unique<SessionGroup>(*loop_, config, std::make_unique<EchoHandler>(gate_, ticks_),
                                            nullptr, nullptr, counters_);
    int ends[2] = {-1, -1};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    group_->start(ends[0]);
    ours_ = ends[1];
  }
  void TearDown() override { ::close(ours_); }

  void send(std::string_view bytes) const {
    ASSERT_EQ(::write(ours_, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  /// Runs the loop until so many answers are there. Once a test.
  std::string answers(std::size_t count) {
    std::string got;
    std::size_t heads = 0;
    loop_->on_tick(std::chrono::milliseconds(1), [&](Clock::time_point now) {
      group_->tick(now);
      char bytes[4096];
      for (ssize_t size = 0; (size = ::read(ours_, bytes, sizeof bytes)) > 0;)
        got.append(bytes, static_cast<std::size_t>(size));
      heads = 0;
      for (std::size_t at = 0; (at = got.find("HTTP/1.1 ", at)) != std::string::npos; ++at) ++heads;
      if (heads >= count) loop_->stop();
    });
    loop_->run();
    return got;
  }

  test_support::Gate gate_;
  std::atomic<int> ticks_{0};
  LoopCounters counters_;
  std::unique_ptr<EventLoop> loop_ = std::move(EventLoop::make()).value();
  std::unique_ptr<SessionGroup> group_;
  int ours_ = -1;
};

TEST_F(SessionGroupTest, WhatWaitedTooLongForItsTurnIsRefused) {
  start({.overload_delay = std::chrono::milliseconds(10)});
  send(get("/slow") + get("/echo") + get("/echo"));
  const std::string got = answers(3);
  EXPECT_THAT(got, testing::StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(got, testing::HasSubstr("GET /slow HTTP/1.1 503"));
  EXPECT_THAT(got, testing::HasSubstr("\r\nRetry-After: "));
  EXPECT_EQ(counters_.rejections[static_cast<std::size_t>(Rejection::kOverload)].value(), 2U);
}

TEST_F(SessionGroupTest, BodiesThatDoNotEndAreRefusedBeforeTheyTakeAllMemory) {
  start({.max_arriving_bytes = 1000});
  send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n" + std::string(1001, 'x'));
  const std::string got = answers(1);
  EXPECT_THAT(got, testing::StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(got, testing::HasSubstr("more memory"));
}

TEST_F(SessionGroupTest, BodiesThatWereWholeTakeNoRoom) {
  start({.max_arriving_bytes = 1000});
  const std::string head = "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\n";
  std::string got;
  for (int i = 0; i < 3; ++i) {
    send(head);  // apart from its body, which is then kept until it is whole
    send(std::string(900, 'x'));
    got += answers(1);
  }
  EXPECT_THAT(got, testing::Not(testing::HasSubstr("HTTP/1.1 503")));
}

TEST_F(SessionGroupTest, CountsWhatItAnswered) {
  start({});
  send(get("/echo") + get("/echo") + get("/") + "NONSENSE\r\n\r\n");
  answers(4);
  EXPECT_EQ(counters_.routes[1].by_status[2].value(), 2U);
  EXPECT_EQ(counters_.routes[0].by_status[2].value(), 1U);
  EXPECT_EQ(counters_.routes[0].by_status[4].value(), 1U);
  EXPECT_EQ(counters_.rejections[static_cast<std::size_t>(Rejection::kFraming)].value(), 1U);
  EXPECT_EQ(counters_.open_connections.value(), 1U) << "until the client has seen the answer";
  group_->close_all();
  EXPECT_TRUE(group_->empty());
  EXPECT_EQ(counters_.open_connections.value(), 0U);
}

}  // namespace
}  // namespace archmlp::http
