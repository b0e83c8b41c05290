#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace archmlp::serve {

/// Calls `tick` on a thread of its own, at once and then about as often as said.
class Ticker {
 public:
  /// `name`: of the thread, for operators and debuggers.
  Ticker(const char* name, std::chrono::nanoseconds interval, std::function<void()> tick);
  /// Waits for a call that is under way.
  ~Ticker();
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

  /// No further calls. Thread-safe, does not wait.
  void stop();

 private:
  void run();

  std::chrono::nanoseconds interval_;
  std::function<void()> tick_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ends_ = false;
  std::thread thread_;
};

}  // namespace archmlp::serve
