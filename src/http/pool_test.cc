#include "archmlp/http/pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>

#include "archmlp/test_support/waiting.h"

namespace archmlp::http {
namespace {

using test_support::Gate;
using test_support::wait_until;

class NoHandler final : public Handler {
 public:
  void handle(const Request&, Response&) override {}
  bool is_long_work(const Request&) const noexcept override { return false; }
};

std::vector<std::unique_ptr<Handler>> handlers(std::size_t count) {
  std::vector<std::unique_ptr<Handler>> result;
  for (std::size_t i = 0; i < count; ++i) result.push_back(std::make_unique<NoHandler>());
  return result;
}

TEST(Pool, WorksInOrderOfArrival) {
  std::vector<int> order;
  Gate gate;
  std::atomic<int> done = 0;
  Pool pool(handlers(1), {});
  ASSERT_TRUE(pool.submit(0, [&](Handler&) { gate.pass(); }));
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(pool.submit(0, [&, i](Handler&) {
      order.push_back(i);
      ++done;
    }));
  }
  wait_until([&] { return gate.arrived() == 1; });
  EXPECT_EQ(pool.waiting(), 10U);
  gate.open();
  wait_until([&] { return done == 10; });
  EXPECT_THAT(order, testing::ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
  EXPECT_EQ(pool.waiting(), 0U);
}

TEST(Pool, EachThreadHasAHandlerOfItsOwn) {
  constexpr std::size_t kThreads = 3;
  Gate gate;
  std::mutex mutex;
  std::set<Handler*> seen;
  Pool pool(handlers(kThreads), {});
  for (std::size_t i = 0; i < kThreads; ++i) {
    ASSERT_TRUE(pool.submit(0, [&](Handler& handler) {
      {
        const std::lock_guard lock(mutex);
        seen.insert(&handler);
      }
      gate.pass();
    }));
  }
  wait_until([&] { return gate.arrived() == static_cast<int>(kThreads); });
  EXPECT_EQ(seen.size(), kThreads);
  gate.open();
}

TEST(Pool, SoManyJobsMayWait) {
  Gate gate;
  std::atomic<int> done = 0;
  Pool pool(handlers(1), {.jobs = 2, .bytes = 1000});
  ASSERT_TRUE(pool.submit(0, [&](Handler&) { gate.pass(); }));
  wait_until([&] { return gate.arrived() == 1; });
  const auto job = [&](Handler&) { ++done; };
  EXPECT_TRUE(pool.submit(0, job));
  EXPECT_TRUE(pool.submit(0, job));
  EXPECT_FALSE(pool.submit(0, job));
  gate.open();
  wait_until([&] { return done == 2; });
  EXPECT_TRUE(pool.submit(0, job)) << "there is room again";
  wait_until([&] { return done == 3; });
}

TEST(Pool, SoManyBytesAreHeldByWaitingAndRunningJobs) {
  Gate gate;
  std::atomic<int> done = 0;
  Pool pool(handlers(1), {.jobs = 100, .bytes = 1000});
  const auto job = [&](Handler&) { ++done; };
  EXPECT_FALSE(pool.submit(1001, job)) << "not even alone";
  ASSERT_TRUE(pool.submit(600, [&](Handler&) { gate.pass(); }));
  wait_until([&] { return gate.arrived() == 1; });
  EXPECT_TRUE(pool.submit(400, job));
  EXPECT_FALSE(pool.submit(1, job));
  EXPECT_TRUE(pool.submit(0, job));
  gate.open();
  wait_until([&] { return done == 2; });
  wait_until([&] { return pool.submit(1000, job); });  // the last bytes go a moment behind the job
  wait_until([&] { return done == 3; });
}

TEST(Pool, ItsEndFinishesWhatIsAtWorkAndDropsWhatWaits) {
  Gate gate;
  bool finished = false;
  bool started = false;
  auto pool = std::make_unique<Pool>(handlers(1), Pool::Limits());
  ASSERT_TRUE(pool->submit(0, [&](Handler&) {
    gate.pass();
    finished = true;
  }));
  wait_until([&] { return gate.arrived() == 1; });
  ASSERT_TRUE(pool->submit(0, [&started, dropped = std::shared_ptr<Gate>(&gate, [](Gate* held) {
                                           held->open();
                                         })](Handler&) { started = true; }));
  pool.reset();
  EXPECT_TRUE(finished);
  EXPECT_FALSE(started);
}

}  // namespace
}  // namespace archmlp::http
