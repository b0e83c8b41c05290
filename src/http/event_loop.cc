#include "archmlp/http/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <exception>

namespace archmlp::http {

base::Result<std::unique_ptr<EventLoop>> EventLoop::make() {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  const int wake = epoll < 0 ? -1 : ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  if (wake < 0 || ::epoll_ctl(epoll, EPOLL_CTL_ADD, wake, &event) != 0) {
    const int error = errno;
    if (wake >= 0) ::close(wake);
    if (epoll >= 0) ::close(epoll);
    return base::Error{.code = base::ErrorCode::kIo,
                       .message = std::string("cannot make an event loop: ") + std::strerror(error),
                       .hint = "raise the limit of open files (ulimit -n)"};
  }
  return std::unique_ptr<EventLoop>(new EventLoop(epoll, wake));
}

EventLoop::~EventLoop() {
  ::close(wake_);
  ::close(epoll_);
}

bool EventLoop::watch(int descriptor, std::uint32_t events, Watcher& watcher) noexcept {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &watcher;
  return ::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

void EventLoop::change(int descriptor, std::uint32_t events, Watcher& watcher) noexcept {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &watcher;
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, descriptor, &event);
}

void EventLoop::forget(int descriptor) noexcept {
  epoll_event event{};
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, &event);
}

void EventLoop::on_tick(std::chrono::milliseconds interval, std::function<void(Clock::time_point)> tick) {
  interval_ = interval;
  tick_ = std::move(tick);
  next_tick_ = Clock::now() + interval_;
}

void EventLoop::wake() const noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_, &one, sizeof one);
}

void EventLoop::post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  wake();
}

void EventLoop::stop() {
  post([this] { stopped_ = true; });
}

/// What fails, out of memory most likely, fails alone: the loop goes on.
template <typename Call>
void EventLoop::guarded(const Call& call) noexcept {
  try {
    call();
  } catch (const std::exception&) {
  }
}

void EventLoop::end_batch() {
  if (batch_end_) guarded(batch_end_);
}

void EventLoop::run_tasks() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(wake_, &count, sizeof count);
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(tasks_);
  }
  for (const std::function<void()>& task : tasks) guarded(task);
}

void EventLoop::run() {
  std::array<epoll_event, 256> events{};
  while (!stopped_) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_tick_ - Clock::now());
    const int timeout = tick_ ? static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000)) : -1;
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout);
    const Clock::time_point now = Clock::now();
    woken_at_.store(now, std::memory_order_relaxed);
    bool woken = false;
    for (int i = 0; i < count; ++i) {
      auto* watcher = static_cast<Watcher*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (watcher == nullptr) {
        woken = true;
      } else {
        const std::uint32_t ready = events[static_cast<std::size_t>(i)].events;
        guarded([watcher, ready] { watcher->on_ready(ready); });
      }
    }
    end_batch();
    // Behind the batch: what is destroyed here has no event left in it.
    if (woken) {
      run_tasks();
      end_batch();
    }
    if (tick_ && now >= next_tick_) {
      next_tick_ = now + interval_;
      guarded([this, now] { tick_(now); });
      end_batch();
    }
  }
}

}  // namespace archmlp::http
