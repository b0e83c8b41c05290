#include "archmlp/http/pool.h"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <exception>
#include <system_error>
#include <utility>

#include "archmlp/base/thread_name.h"

namespace archmlp::http {
namespace {

constexpr std::chrono::seconds kIdleTick{1};

/// Of this thread alone, which Linux allows: small requests come first where all share a core.
void give_way() noexcept {
  constexpr int kNice = 10;
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);
}

}  // namespace

Pool::Pool(std::vector<std::unique_ptr<Handler>> handlers, Limits limits)
    : handlers_(std::move(handlers)), limits_(limits) {
  threads_.reserve(handlers_.size());
  try {
    for (const auto& handler : handlers_) threads_.emplace_back([this, &handler] { work(*handler); });
  } catch (const std::system_error&) {  // no memory for so many
    end();
    throw;
  }
}

Pool::~Pool() { end(); }

void Pool::end() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
    entries_.clear();
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool Pool::submit(std::size_t bytes, Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (ends_ || entries_.size() >= limits_.jobs || bytes_ + bytes > limits_.bytes) return false;
    entries_.push_back({bytes, std::move(job)});
    bytes_ += bytes;
    waiting_.store(entries_.size(), std::memory_order_relaxed);
  }
  changed_.notify_one();
  return true;
}

void Pool::work(Handler& handler) {
  base::name_this_thread("request pool");
  give_way();
  std::unique_lock lock(mutex_);
  while (true) {
    while (!changed_.wait_for(lock, kIdleTick, [this] { return ends_ || !entries_.empty(); })) {
      lock.unlock();
      handler.on_tick();
      lock.lock();
    }
    if (ends_) return;
    Entry entry = std::move(entries_.front());
    entries_.pop_front();
    waiting_.store(entries_.size(), std::memory_order_relaxed);
    lock.unlock();
    try {
      entry.job(handler);
    } catch (const std::exception&) {  // out of memory even for the answer that says so
    }
    entry.job = nullptr;
    lock.lock();
    bytes_ -= entry.bytes;
  }
}

}  // namespace archmlp::http
