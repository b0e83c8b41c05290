#include "load_generator.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <random>
#include <thread>

#include "answer_reader.h"

namespace archmlp::bench {
namespace {

using std::chrono::milliseconds;

TEST(LatencyHistogram, AgreesWithSortedTimes) {
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> times(11, 3);  // 60 µs, tails from nanoseconds to minutes
  LatencyHistogram histogram;
  std::vector<std::int64_t> sorted(100'000);
  for (std::int64_t& time : sorted) {
    time = std::llround(times(random));
    histogram.add(time);
  }
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(histogram.count(), sorted.size());
  EXPECT_EQ(histogram.max(), static_cast<std::uint64_t>(sorted.back()));
  for (const double share : {0.0001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
    const std::int64_t exact = sorted[static_cast<std::size_t>(std::ceil(share * 1e5)) - 1];
    const auto found = static_cast<double>(histogram.quantile(share));
    EXPECT_GE(found, static_cast<double>(exact)) << share;
    EXPECT_LE(found, static_cast<double>(exact) * 1.004) << share;
  }
}

TEST(LatencyHistogram, SmallTimesAreExactAndEndsAreKept) {
  LatencyHistogram histogram;
  EXPECT_EQ(histogram.quantile(0.5), 0U);
  EXPECT_EQ(histogram.mean(), 0.0);
  for (int time = -1; time < 256; ++time) histogram.add(time);
  EXPECT_EQ(histogram.quantile(1.0 / 257), 0U);
  EXPECT_EQ(histogram.quantile(0.5), 127U);
  EXPECT_EQ(histogram.quantile(1), 255U);
  constexpr std::int64_t kDays = std::int64_t{1} << 50U;
  histogram.add(kDays);
  EXPECT_EQ(histogram.max(), static_cast<std::uint64_t>(kDays));
  EXPECT_EQ(histogram.count(), 258U);
}

TEST(AnswerReader, FollowsAnAnswerByteByByte) {
  const std::string answer =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 No\r\ncontent-LENGTH: 3\r\nConnection: close\r\n\r\nabc";
  AnswerReader reader;
  for (std::size_t i = 0; i + 1 < answer.size(); ++i) {
    ASSERT_EQ(reader.take(answer.substr(i, 1)), AnswerReader::Progress::kIncomplete) << i;
  }
  EXPECT_EQ(reader.take("c"), AnswerReader::Progress::kComplete);
  EXPECT_EQ(reader.status(), 503);
  EXPECT_TRUE(reader.closes());
  reader.reset();
  EXPECT_EQ(reader.take("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), AnswerReader::Progress::kComplete);
  EXPECT_FALSE(reader.closes());
}

TEST(AnswerReader, RefusesWhatItCannotFollow) {
  for (const std::string_view answer :
       {"HTTP/1.1 200 OK\r\n\r\n", "SSH-2.0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab"}) {
    AnswerReader reader;
    EXPECT_EQ(reader.take(answer), AnswerReader::Progress::kBroken) << answer;
  }
}

/// Takes connections one after another and answers what comes with what `answer` says, on a thread of its
/// own.
class SmallServer {
 public:
  /// `answer` is told the number of the request; nothing closes the connection.
  explicit SmallServer(std::function<std::string(int)> answer) : answer_(std::move(answer)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address_), size), 0);
    EXPECT_EQ(::listen(listener_, 16), 0);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address_), &size), 0);
    thread_ = std::thread([this] { serve(); });
  }
  ~SmallServer() {
    stopped_ = true;
    thread_.join();
    ::close(listener_);
  }
  SmallServer(const SmallServer&) = delete;
  SmallServer& operator=(const SmallServer&) = delete;

  sockaddr_in address() const { return address_; }

 private:
  void serve() {
    std::vector<pollfd> open = {{.fd = listener_, .events = POLLIN, .revents = 0}};
    while (!stopped_) {
      if (::poll(open.data(), open.size(), 20) < 1) continue;
      if (open[0].revents != 0)
        open.push_back({.fd = ::accept(listener_, nullptr, nullptr), .events = POLLIN, .revents = 0});
      for (std::size_t i = 1; i < open.size(); ++i) {
        if (open[i].revents != 0 && !answer_one(open[i].fd)) {
          ::close(open[i].fd);
          open[i].fd = -1;  // which poll leaves out
        }
      }
    }
    for (std::size_t i = 1; i < open.size(); ++i) {
      if (open[i].fd >= 0) ::close(open[i].fd);
    }
  }
  bool answer_one(int descriptor) {
    char buffer[4096];
    if (::recv(descriptor, buffer, sizeof buffer, 0) <= 0) return false;
    const std::string answer = answer_(count_++);
    return !answer.empty() && ::send(descriptor, answer.data(), answer.size(), MSG_NOSIGNAL) > 0;
  }

  std::function<std::string(int)> answer_;
  int listener_ = -1;
  sockaddr_in address_ = {};
  int count_ = 0;
  std::atomic<bool> stopped_ = false;
  std::thread thread_;
};

const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const std::string kRequest = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

LoadPlan plan_for(const SmallServer& server, double rate) {
  LoadPlan plan;
  plan.address = server.address();
  plan.warm_up_seconds = 0.1;
  plan.seconds = 0.9;
  plan.classes = {{.rate = rate, .connections = 4, .requests = {kRequest}}};
  return plan;
}

TEST(LoadGenerator, SendsAtTheRateThatItIsTold) {
  const SmallServer server([](int) { return kOk; });
  LoadPlan plan = plan_for(server, 1000);
  plan.classes.push_back({.name = "few", .rate = 20, .connections = 1, .requests = {kRequest, kRequest}});
  const std::vector<LoadReport> reports = generate_load(plan);
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_EQ(reports[0].scheduled, 900U);
  EXPECT_EQ(reports[0].latency.count(), 900U);
  EXPECT_THAT(reports[0].statuses, testing::ElementsAre(testing::Pair(200, 900)));
  EXPECT_EQ(reports[1].latency.count(), 18U);
  EXPECT_EQ(reports[0].failed + reports[0].unanswered, 0U);
  EXPECT_LE(reports[0].achieved_rate, 1000.1);
}

TEST(LoadReport, TheMiddleTenthIsNotSpoiltByAStall) {
  LoadReport report;
  EXPECT_EQ(p99_of_a_tenth(report), 0U);
  report.tenths.resize(6);  // the last without an answer
  for (int i = 0; i < 5; ++i) {
    for (int request = 0; request < 1000; ++request)
      report.tenths[static_cast<std::size_t>(i)].add(i == 2 ? 5'000'000 : 100'000 * (i + 1));
  }
  EXPECT_NEAR(static_cast<double>(p99_of_a_tenth(report)), 400'000, 400'000 / 32.0);
}

TEST(LoadGenerator, AStallIsFeltByEveryRequestThatFallsIntoIt) {
  // 300 ms of 900 at 1000 a second: a third of the requests is late, by 150 ms on average. A closed loop of
  // four connections would have seen four.
  const SmallServer server([](int request) {
    if (request == 300) std::this_thread::sleep_for(milliseconds(300));
    return kOk;
  });
  const LoadReport report = generate_load(plan_for(server, 1000))[0];
  EXPECT_EQ(report.latency.count(), 900U);
  EXPECT_GT(report.latency.quantile(0.85), 100'000'000U) << "135 requests wait longer than 165 ms";
  EXPECT_GT(report.latency.max(), 290'000'000U);
  EXPECT_GT(report.latency.mean(), 40e6);
  std::uint64_t in_tenths = 0;
  std::size_t slow_tenths = 0;
  for (const SmallLatencyHistogram& tenth : report.tenths) {
    in_tenths += tenth.count();
    if (tenth.max() > 50'000'000U) ++slow_tenths;
  }
  EXPECT_EQ(in_tenths, report.latency.count());
  EXPECT_GE(slow_tenths, 3U);
}

TEST(LoadGenerator, TellsErrorsApart) {
  const SmallServer server([](int request) -> std::string {
    if (request % 10 == 3) return "HTTP/1.1 503 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    if (request % 10 == 7) return "";
    return kOk;
  });
  const LoadReport report = generate_load(plan_for(server, 500))[0];
  EXPECT_EQ(report.scheduled, 450U);
  EXPECT_EQ(report.latency.count() + report.statuses.at(503) + report.failed, 450U);
  EXPECT_NEAR(static_cast<double>(report.statuses.at(503)), 45, 5);
  EXPECT_NEAR(static_cast<double>(report.failed), 45, 5);
}

TEST(LoadGenerator, CountsWhatIsNeverAnswered) {
  const SmallServer server([](int request) { return request < 40 ? kOk : std::string("HTTP/1.1 200"); });
  LoadPlan plan = plan_for(server, 100);
  plan.drain_seconds = 0.1;
  const LoadReport report = generate_load(plan)[0];
  EXPECT_EQ(report.latency.count(), 30U);
  EXPECT_EQ(report.unanswered, 60U);
}

TEST(LoadGenerator, SaysThatNobodyIsThere) {
  LoadPlan plan;
  {
    const SmallServer server([](int) { return kOk; });
    plan = plan_for(server, 10);
  }
  EXPECT_THROW(generate_load(plan), std::runtime_error);
}

}  // namespace
}  // namespace archmlp::bench
