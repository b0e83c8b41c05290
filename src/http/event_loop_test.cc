#include "archmlp/http/event_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "archmlp/test_support/waiting.h"

namespace archmlp::http {
namespace {

using test_support::wait_until;

std::unique_ptr<EventLoop> make_loop() { return std::move(EventLoop::make()).value(); }

TEST(EventLoop, RunsTasksOfOtherThreadsInTheirOrder) {
  constexpr int kThreads = 4;
  constexpr int kTasks = 1000;
  const auto loop = make_loop();
  std::vector<std::vector<int>> got(kThreads);
  std::atomic<int> done = 0;
  std::atomic<bool> is_elsewhere = false;
  std::thread runner([&] { loop->run(); });
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (int task = 0; task < kTasks; ++task) {
        loop->post([&, i, task] {
          if (std::this_thread::get_id() != runner.get_id()) is_elsewhere = true;
          got[static_cast<std::size_t>(i)].push_back(task);
          ++done;
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  wait_until([&] { return done == kThreads * kTasks; });
  loop->stop();
  runner.join();
  EXPECT_FALSE(is_elsewhere);
  for (const std::vector<int>& tasks : got) EXPECT_TRUE(std::is_sorted(tasks.begin(), tasks.end()));
}

TEST(EventLoop, ATaskMayPostAnother) {
  const auto loop = make_loop();
  int depth = 0;
  std::function<void()> next = [&] {
    if (++depth == 100) return loop->stop();
    loop->post(next);
  };
  loop->post(next);
  loop->run();
  EXPECT_EQ(depth, 100);
}

TEST(EventLoop, Ticks) {
  const auto loop = make_loop();
  std::vector<Clock::time_point> ticks;
  loop->on_tick(std::chrono::milliseconds(2), [&](Clock::time_point now) {
    ticks.push_back(now);
    if (ticks.size() == 5) loop->stop();
  });
  loop->run();
  ASSERT_EQ(ticks.size(), 5U);
  EXPECT_TRUE(std::is_sorted(ticks.begin(), ticks.end()));
}

/// Reads a byte and notes it.
class ByteReader final : public EventLoop::Watcher {
 public:
  ByteReader(std::string name, std::vector<std::string>& told) : name_(std::move(name)), told_(told) {
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_), 0);
  }
  ~ByteReader() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  ByteReader(const ByteReader&) = delete;
  ByteReader& operator=(const ByteReader&) = delete;
  int descriptor() const noexcept { return ends_[0]; }
  void poke() const { EXPECT_EQ(::write(ends_[1], "x", 1), 1); }
  void on_ready(std::uint32_t events) override {
    char byte = 0;
    EXPECT_NE(events & EPOLLIN, 0U);
    EXPECT_EQ(::read(ends_[0], &byte, 1), 1);
    told_.push_back(name_);
  }

 private:
  std::string name_;
  std::vector<std::string>& told_;
  int ends_[2] = {-1, -1};
};

TEST(EventLoop, TheEndOfABatchComesBehindAllThatWasReady) {
  const auto loop = make_loop();
  std::vector<std::string> told;
  ByteReader first("event", told);
  ByteReader second("event", told);
  ByteReader forgotten("forgotten", told);
  for (ByteReader* each : {&first, &second, &forgotten}) {
    ASSERT_TRUE(loop->watch(each->descriptor(), EPOLLIN, *each));
    each->poke();
  }
  loop->forget(forgotten.descriptor());
  EXPECT_FALSE(loop->watch(-1, EPOLLIN, first)) << "no descriptor";
  loop->on_batch_end([&] { told.emplace_back("end"); });
  loop->post([&] {
    told.emplace_back("task");
    loop->stop();
  });
  loop->run();
  told.resize(4);
  EXPECT_THAT(told, testing::ElementsAre("event", "event", "end", "task"));
}

TEST(EventLoop, TellsOnlyOfWhatIsWanted) {
  const auto loop = make_loop();
  std::vector<std::string> told;
  ByteReader reader("event", told);
  ASSERT_TRUE(loop->watch(reader.descriptor(), EPOLLIN, reader));
  reader.poke();
  loop->change(reader.descriptor(), 0, reader);
  int ticks = 0;
  loop->on_tick(std::chrono::milliseconds(1), [&](Clock::time_point) {
    ++ticks;
    if (ticks == 3) {
      EXPECT_THAT(told, testing::IsEmpty());
      loop->change(reader.descriptor(), EPOLLIN, reader);
    }
    if (!told.empty()) loop->stop();
  });
  loop->run();
  EXPECT_THAT(told, testing::ElementsAre("event"));
}

}  // namespace
}  // namespace archmlp::http
