#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "archmlp/http/message.h"

namespace archmlp::http {

/// Threads for requests that take long, behind the event loops in priority. What waits is bounded.
class Pool {
 public:
  using Job = std::function<void(Handler&)>;
  struct Limits {
    std::size_t jobs = 64;
    std::size_t bytes = 256U << 20U;  // of all bodies, waiting and at work
  };

  /// One thread a handler. Throws std::system_error if the system does not give so many.
  Pool(std::vector<std::unique_ptr<Handler>> handlers, Limits limits);
  /// Finishes what is at work; what waits is dropped.
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// False, and nothing happens, if there is no room. `bytes`: what the job holds. Thread-safe.
  bool submit(std::size_t bytes, Job job);
  std::size_t waiting() const noexcept { return waiting_.load(std::memory_order_relaxed); }

 private:
  struct Entry {
    std::size_t bytes;
    Job job;
  };
  void work(Handler& handler);
  void end();

  std::vector<std::unique_ptr<Handler>> handlers_;
  Limits limits_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Entry> entries_;
  std::size_t bytes_ = 0;
  std::atomic<std::size_t> waiting_{0};
  bool ends_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace archmlp::http
