#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "archmlp/base/result.h"

namespace archmlp::http {

using Clock = std::chrono::steady_clock;

/// Waits for many descriptors with one thread (epoll, level-triggered). Everything but post() and stop() is
/// for that thread, or for any before run().
class EventLoop {
 public:
  /// Told when its descriptor is ready. It must stay alive until forget(); it may be destroyed in its own
  /// on_ready(), in a tick or a posted task.
  class Watcher {
   public:
    virtual ~Watcher() = default;
    virtual void on_ready(std::uint32_t events) = 0;  // EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP
  };

  /// Errors: kIo, out of descriptors.
  static base::Result<std::unique_ptr<EventLoop>> make();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  bool watch(int descriptor, std::uint32_t events, Watcher& watcher) noexcept;
  void change(int descriptor, std::uint32_t events, Watcher& watcher) noexcept;
  void forget(int descriptor) noexcept;

  /// Called between batches of events, about as often as said.
  void on_tick(std::chrono::milliseconds interval, std::function<void(Clock::time_point now)> tick);
  /// Called when what was ready has been told, before the loop waits again.
  void on_batch_end(std::function<void()> end) { batch_end_ = std::move(end); }
  /// Runs the task on the loop's thread, soon. Thread-safe; after stop() it may never run.
  void post(std::function<void()> task);

  /// Returns after stop().
  void run();
  void stop();  // thread-safe
  /// When the events at hand were seen, or the latest ones. Thread-safe: a loop that is well wakes for each
  /// tick.
  Clock::time_point woken_at() const noexcept { return woken_at_.load(std::memory_order_relaxed); }

 private:
  EventLoop(int epoll, int wake) : epoll_(epoll), wake_(wake) {}
  void run_tasks();
  void end_batch();
  template <typename Call>
  static void guarded(const Call& call) noexcept;
  void wake() const noexcept;

  int epoll_;
  int wake_;  // an eventfd
  bool stopped_ = false;
  std::atomic<Clock::time_point> woken_at_ = Clock::now();
  std::chrono::milliseconds interval_{500};
  Clock::time_point next_tick_;
  std::function<void(Clock::time_point)> tick_;
  std::function<void()> batch_end_;
  std::mutex mutex_;  // of tasks_
  std::vector<std::function<void()>> tasks_;
};

}  // namespace archmlp::http
