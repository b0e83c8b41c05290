#include "archmlp/http/access_log.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "archmlp/base/try.h"

namespace archmlp::http {
namespace {

constexpr std::size_t kMaxWaitingBytes = 16U << 20U;

base::Result<int> open_log(const std::filesystem::path& path) {
  const int descriptor = path == "-" ? ::dup(STDOUT_FILENO)
                                     : ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
  if (descriptor >= 0) return descriptor;
  return base::Error{.code = base::ErrorCode::kIo,
                     .message = std::string("cannot open the access log: ") + std::strerror(errno),
                     .where = path.string(),
                     .hint = "give a file in a folder that may be written with --access-log"};
}

}  // namespace

base::Result<std::unique_ptr<AccessLog>> AccessLog::open(const std::filesystem::path& path) {
  const int descriptor = TRY(open_log(path));
  return std::unique_ptr<AccessLog>(new AccessLog(path, descriptor));
}

AccessLog::AccessLog(std::filesystem::path path, int descriptor)
    : path_(std::move(path)), descriptor_(descriptor), writer_([this] { write_lines(); }) {}

AccessLog::~AccessLog() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  changed_.notify_one();
  writer_.join();
  ::close(descriptor_);
}

void AccessLog::append(std::string_view lines) {
  if (lines.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() + lines.size() > kMaxWaitingBytes) {
      dropped_bytes_ += lines.size();
      return;
    }
    waiting_ += lines;
  }
  changed_.notify_one();
}

std::uint64_t AccessLog::dropped_bytes() const {
  const std::lock_guard lock(mutex_);
  return dropped_bytes_;
}

base::Status AccessLog::reopen() {
  const int descriptor = TRY(open_log(path_));
  const std::lock_guard lock(mutex_);
  ::dup2(descriptor, descriptor_);  // the writer may be using it: its number stays
  ::close(descriptor);
  return {};
}

void AccessLog::write_lines() {
  std::string lines;
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ends_ || !waiting_.empty(); });
    const bool is_last = ends_;
    lines.swap(waiting_);
    lock.unlock();
    std::string_view rest = lines;
    while (!rest.empty()) {
      pollfd ready{.fd = descriptor_, .events = POLLOUT, .revents = 0};
      if (::poll(&ready, 1, is_last ? 1000 : -1) == 0) break;  // at the end, not for ever
      const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
      if (written < 0 && errno != EINTR && errno != EAGAIN) break;  // disk full: these lines are lost
      if (written > 0) rest.remove_prefix(static_cast<std::size_t>(written));
    }
    const std::size_t lost = rest.size();
    lines.clear();
    lock.lock();
    dropped_bytes_ += lost;
    if (is_last && waiting_.empty()) return;
  }
}

}  // namespace archmlp::http
