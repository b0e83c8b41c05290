#include "archmlp/http/access_log.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <utility>

#include "archmlp/base/file.h"
#include "archmlp/base/thread_name.h"
#include "archmlp/base/try.h"

namespace archmlp::http {
namespace {

constexpr std::size_t kMaxWaitingBytes = 16U << 20U;
constexpr int kPatience = 500;  // milliseconds; a reader that stalls for longer does not hold up the end

/// A pipe that is ready takes so much without waiting for its reader.
std::size_t piece_bytes(int descriptor) noexcept {
  struct stat status {};
  const bool is_file = ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  return is_file ? kMaxWaitingBytes : PIPE_BUF;
}

base::Result<int> open_log(const std::filesystem::path& path) {
  const int descriptor = path == "-" ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
                                     : ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
  if (descriptor >= 0) return descriptor;
  return base::Error{.code = base::ErrorCode::kIo,
                     .message = std::string("cannot open the access log: ") + std::strerror(errno),
                     .where = path.string(),
                     .hint = "give a file in a folder that may be written with --access-log"};
}

}  // namespace

base::Result<std::unique_ptr<AccessLog>> AccessLog::open(const std::filesystem::path& path, Tell tell) {
  const int descriptor = TRY(open_log(path));
  return std::unique_ptr<AccessLog>(new AccessLog(path, descriptor, std::move(tell)));
}

AccessLog::AccessLog(std::filesystem::path path, int descriptor, Tell tell)
    : path_(std::move(path)),
      tell_(std::move(tell)),
      descriptor_(descriptor),
      writer_([this] { write_lines(); }) {}

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
  ::dup3(descriptor, descriptor_, O_CLOEXEC);  // the writer may be using it: its number stays
  ::close(descriptor);
  return {};
}

bool AccessLog::must_end() const {
  const std::lock_guard lock(mutex_);
  return ends_;
}

/// Gives how many bytes were written before that failed with `error`, or before the end was no longer waited
/// for.
std::size_t AccessLog::write(std::string_view lines, int& error) const {
  const std::size_t piece = piece_bytes(descriptor_);
  std::size_t written = 0;
  while (written < lines.size()) {
    pollfd ready{.fd = descriptor_, .events = POLLOUT, .revents = 0};
    if (::poll(&ready, 1, kPatience) == 0) {
      if (must_end()) break;
      continue;
    }
    const ssize_t count =
        ::write(descriptor_, lines.data() + written, std::min(lines.size() - written, piece));
    if (count > 0) written += static_cast<std::size_t>(count);
    if (count < 0 && errno != EINTR && errno != EAGAIN) {  // disk full, or no reader: these lines are lost
      error = errno;
      break;
    }
  }
  return written;
}

/// error: of the write that failed; 0 where lines are lost because their reader stalls.
void AccessLog::tell_change(bool is_losing, int error) const {
  if (!tell_) return;
  if (!is_losing) return tell_(false, "the access log is written again: " + path_.string());
  base::Error lost = base::io_error("cannot write the access log, requests go on without it", path_, error);
  if (error == 0) {
    lost.message = "the access log is not read as fast as it is written, requests go on without it";
    lost.hint = "look at what reads it";
  }
  tell_(true, base::to_string(lost));
}

void AccessLog::write_lines() {
  base::name_this_thread("access log");
  // A reader that is gone must not end the process.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::string lines;
  bool is_cut = false;     // what was written last is a part of a line
  bool is_losing = false;  // as it was told last
  std::uint64_t known_dropped = 0;
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ends_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    lines.swap(waiting_);
    lock.unlock();
    if (is_cut) lines.insert(0, 1, '\n');
    int error = 0;
    const std::size_t written = write(lines, error);
    if (written > 0) is_cut = lines[written - 1] != '\n';
    const std::size_t lost = lines.size() - written;
    lines.clear();
    lock.lock();
    dropped_bytes_ += lost;
    const bool loses = std::exchange(known_dropped, dropped_bytes_) != dropped_bytes_;
    if (std::exchange(is_losing, loses) == loses) continue;
    lock.unlock();
    tell_change(loses, error);
    lock.lock();
  }
}

}  // namespace archmlp::http
