#include "archmlp/base/parallel.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <mutex>
#include <new>
#include <optional>
#include <thread>
#include <vector>

#ifndef ARCHMLP_PLAIN_THREADS
#include <pthread.h>

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/info.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>
#endif

namespace archmlp::base {
namespace {

constexpr int kMaxThreads = 256;

/// Keeps the error of the lowest index. Shared by the workers of one parallel_for.
class FirstError {
 public:
  bool should_skip(std::size_t index) const noexcept {
    return index > index_.load(std::memory_order_relaxed);
  }

  void offer(std::size_t index, Error error) {
    const std::scoped_lock lock(mutex_);
    if (index >= index_.load(std::memory_order_relaxed)) return;
    index_.store(index, std::memory_order_relaxed);
    error_ = std::move(error);
  }

  Status take() && {
    if (error_) return *std::move(error_);
    return {};
  }

 private:
  std::atomic<std::size_t> index_ = std::numeric_limits<std::size_t>::max();
  std::mutex mutex_;
  std::optional<Error> error_;
};

void run_one(std::size_t index, const std::function<Status(std::size_t)>& task, FirstError& first_error) {
  if (first_error.should_skip(index)) return;
  try {
    if (Status status = task(index); !status.ok()) first_error.offer(index, std::move(status).error());
  } catch (const std::bad_alloc&) {
    first_error.offer(index, Error{.code = ErrorCode::kResourceLimit,
                                   .message = "out of memory",
                                   .hint = "use fewer rows or a machine with more memory"});
  }
}

}  // namespace

#ifdef ARCHMLP_PLAIN_THREADS

int resolve_thread_count(int requested) noexcept {
  return requested > 0 ? std::min(requested, kMaxThreads)
                       : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

Status parallel_for(std::size_t task_count, int thread_count,
                    const std::function<Status(std::size_t)>& task) {
  FirstError first_error;
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t index = next++; index < task_count; index = next++) run_one(index, task, first_error);
  };
  const auto workers =
      std::min<std::size_t>(static_cast<std::size_t>(resolve_thread_count(thread_count)), task_count);
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < workers; ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  return std::move(first_error).take();
}

#else

int resolve_thread_count(int requested) noexcept {
  return requested > 0 ? std::min(requested, kMaxThreads) : oneapi::tbb::info::default_concurrency();
}

namespace {

/// Whether so many threads with such stacks can live at the same time. The C library keeps the stacks of
/// those that ended for the next ones.
bool can_start_threads(int count, std::size_t stack_size) {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  pthread_attr_setstacksize(&attributes, stack_size);
  std::mutex gate;
  gate.lock();
  std::vector<pthread_t> threads;
  threads.reserve(static_cast<std::size_t>(count));
  const auto wait_at_gate = [](void* mutex) -> void* {
    const std::scoped_lock lock(*static_cast<std::mutex*>(mutex));
    return nullptr;
  };
  bool all = true;
  for (int i = 0; all && i < count; ++i) {
    pthread_t thread = {};
    all = pthread_create(&thread, &attributes, wait_at_gate, &gate) == 0;
    if (all) threads.push_back(thread);
  }
  gate.unlock();
  for (const pthread_t thread : threads) pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  return all;
}

/// `threads`, or 1 where the system does not give so many: TBB would end the program over it.
int startable_threads(int threads) {
  static std::mutex mutex;
  static int known = 1;
  static bool is_refused = false;
  const std::scoped_lock lock(mutex);
  if (threads > known && !is_refused) {
    using oneapi::tbb::global_control;
    is_refused =
        !can_start_threads(threads - 1, global_control::active_value(global_control::thread_stack_size));
    if (!is_refused) known = threads;
  }
  return is_refused ? 1 : threads;
}

}  // namespace

Status parallel_for(std::size_t task_count, int thread_count,
                    const std::function<Status(std::size_t)>& task) {
  FirstError first_error;
  const int threads = task_count <= 1 ? 1 : startable_threads(resolve_thread_count(thread_count));
  if (threads == 1) {
    for (std::size_t index = 0; index < task_count; ++index) run_one(index, task, first_error);
    return std::move(first_error).take();
  }
  // TBB keeps to the number of cores unless told otherwise; who asks for more gets more.
  std::optional<oneapi::tbb::global_control> more;
  if (threads > oneapi::tbb::info::default_concurrency()) {
    more.emplace(oneapi::tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads));
  }
  oneapi::tbb::task_arena arena(threads);
  arena.execute([&] {
    oneapi::tbb::parallel_for(
        oneapi::tbb::blocked_range<std::size_t>(0, task_count, 1),
        [&](const oneapi::tbb::blocked_range<std::size_t>& range) {
          for (std::size_t index = range.begin(); index != range.end(); ++index)
            run_one(index, task, first_error);
        },
        oneapi::tbb::simple_partitioner());
  });
  return std::move(first_error).take();
}

#endif

}  // namespace archmlp::base
