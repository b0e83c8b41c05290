#include "archmlp/base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <new>
#include <thread>
#include <vector>

namespace archmlp::base {
namespace {

class ParallelFor : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Threads, ParallelFor, testing::Values(1, 2, 4, 16));

TEST_P(ParallelFor, RunsEveryTaskOnce) {
  std::vector<std::atomic<int>> runs(1000);
  ASSERT_TRUE(parallel_for(runs.size(), GetParam(), [&](std::size_t i) -> Status {
                ++runs[i];
                return {};
              }).ok());
  for (const auto& count : runs) EXPECT_EQ(count, 1);
}

TEST_P(ParallelFor, GivesTheErrorOfTheLowestIndex) {
  for (int round = 0; round < 20; ++round) {
    const Status status = parallel_for(500, GetParam(), [](std::size_t i) -> Status {
      if (i == 137 || i == 400) return Error{.message = std::to_string(i)};
      return {};
    });
    EXPECT_EQ(status.error().message, "137");
  }
}

TEST_P(ParallelFor, NestedCallsFinish) {
  std::atomic<int> sum = 0;
  ASSERT_TRUE(parallel_for(8, GetParam(), [&](std::size_t) {
                return parallel_for(8, GetParam(), [&](std::size_t) -> Status {
                  ++sum;
                  return {};
                });
              }).ok());
  EXPECT_EQ(sum, 64);
}

TEST_P(ParallelFor, OutOfMemoryIsAnError) {
  const Status status = parallel_for(4, GetParam(), [](std::size_t) -> Status { throw std::bad_alloc(); });
  EXPECT_EQ(status.error().code, ErrorCode::kResourceLimit);
}

TEST_P(ParallelFor, AsManyThreadsAsAskedForWork) {
  if (GetParam() > 4) GTEST_SKIP() << "enough is enough";
  std::atomic<int> waiting = 0;
  const auto threads = static_cast<std::size_t>(GetParam());
  // Each task waits until all of them run: without that many threads this would never end.
  ASSERT_TRUE(parallel_for(threads, GetParam(), [&](std::size_t) -> Status {
                ++waiting;
                while (waiting.load() < GetParam()) std::this_thread::yield();
                return {};
              }).ok());
}

TEST(ParallelForEdge, NoTasks) {
  EXPECT_TRUE(parallel_for(0, 4, [](std::size_t) -> Status { return Error{.message = "ran"}; }).ok());
}

}  // namespace
}  // namespace archmlp::base
