#include "archmlp/http/session_group.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "archmlp/http/session.h"
#include "archmlp/http/test_server.h"

namespace archmlp::http {
namespace {

/// A group with a few connections, whose other ends are ours.
class SessionGroupTest : public testing::Test {
 protected:
  void start(const SessionConfig& config, std::size_t connections = 1) {
    group_ = std::make_unique<SessionGroup>(*loop_, config, std::make_unique<EchoHandler>(gate_, ticks_),
                                            nullptr, nullptr, counters_);
    for (std::size_t i = 0; i < connections; ++i) {
      int ends[2] = {-1, -1};
      ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
      group_->start(ends[0]);
      ours_.push_back(ends[1]);
    }
    got_.resize(connections);
  }
  void TearDown() override {
    for (const int end : ours_) ::close(end);
  }

  void send(std::string_view bytes, std::size_t connection = 0) const {
    ASSERT_EQ(::write(ours_[connection], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  /// Runs the loop until so many answers are there, of all connections. Once a test.
  void run_until(std::size_t count) {
    loop_->on_tick(std::chrono::milliseconds(1), [this, count](Clock::time_point now) {
      group_->tick(now);
      std::size_t heads = 0;
      for (std::size_t i = 0; i < ours_.size(); ++i) {
        char bytes[4096];
        for (ssize_t size = 0; (size = ::read(ours_[i], bytes, sizeof bytes)) > 0;)
          got_[i].append(bytes, static_cast<std::size_t>(size));
        for (std::size_t at = 0; (at = got_[i].find("HTTP/1.1 ", at)) != std::string::npos; ++at) ++heads;
      }
      if (heads >= count) loop_->stop();
    });
    loop_->run();
  }
  std::string answers(std::size_t count) {
    got_[0].clear();
    run_until(count);
    return got_[0];
  }

  Gate gate_;
  std::atomic<int> ticks_{0};
  LoopCounters counters_;
  std::unique_ptr<EventLoop> loop_ = std::move(EventLoop::make()).value();
  std::unique_ptr<SessionGroup> group_;
  std::vector<int> ours_;
  std::vector<std::string> got_;  // by connection
};

TEST_F(SessionGroupTest, RequestsThatArriveTogetherMayWaitForEachOther) {
  start({}, 3);
  for (std::size_t i = 0; i < 3; ++i) send(get("/wait" + std::to_string(i)), i);
  run_until(3);
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_THAT(got_[i], testing::EndsWith("3 GET /wait" + std::to_string(i) + " ")) << got_[i];
}

TEST_F(SessionGroupTest, NoMoreWaitThanThereIsRoomFor) {
  constexpr std::size_t kConnections = 70;
  start({}, kConnections);
  for (std::size_t i = 0; i < kConnections; ++i) {
    send("POST /wait HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20000\r\n\r\n" +
             std::string(20'000, static_cast<char>('0' + i)),
         i);
  }
  run_until(kConnections);
  for (std::size_t i = 0; i < kConnections; ++i)
    EXPECT_THAT(got_[i], testing::EndsWith(" POST /wait " + std::string(20'000, static_cast<char>('0' + i))));
}

TEST_F(SessionGroupTest, WhatIsFollowedByAnotherRequestDoesNotWait) {
  start({}, 2);
  send(get("/wait/first") + get("/echo") + get("/wait/last"), 0);
  send(get("/wait/other"), 1);
  run_until(4);
  EXPECT_THAT(got_[0], testing::HasSubstr("\r\n\r\nGET /wait/first HTTP/1.1 200"));
  EXPECT_THAT(got_[0], testing::HasSubstr("\r\n\r\nGET /echo HTTP/1.1 200"));
  EXPECT_THAT(got_[0], testing::EndsWith("2 GET /wait/last "));
  EXPECT_THAT(got_[1], testing::EndsWith("2 GET /wait/other "));
}

TEST_F(SessionGroupTest, AnEndAmongThoseThatWaitIsNobodyElses) {
  start({}, 3);
  send("GET /wait/0 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 0);
  send(get("/wait/1"), 1);
  send(get("/wait/2"), 2);
  ::close(std::exchange(ours_[1], ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)));  // its answer finds nobody
  run_until(2);
  EXPECT_THAT(got_[0], testing::EndsWith("3 GET /wait/0 "));
  EXPECT_THAT(got_[2], testing::EndsWith("3 GET /wait/2 "));
}

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
