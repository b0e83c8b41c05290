#include "archmlp/serve/ticker.h"

#include <utility>

#include "archmlp/base/thread_name.h"

namespace archmlp::serve {

Ticker::Ticker(const char* name, std::chrono::nanoseconds interval, std::function<void()> tick)
    : interval_(interval), tick_(std::move(tick)), thread_([this, name] {
        base::name_this_thread(name);
        run();
      }) {}

Ticker::~Ticker() {
  stop();
  thread_.join();
}

void Ticker::stop() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  changed_.notify_all();
}

void Ticker::run() {
  std::unique_lock lock(mutex_);
  while (!ends_) {
    lock.unlock();
    tick_();
    lock.lock();
    changed_.wait_for(lock, interval_, [this] { return ends_; });
  }
}

}  // namespace archmlp::serve
