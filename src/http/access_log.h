#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "archmlp/base/result.h"

namespace archmlp::http {

/// Lines of JSON, one a request, appended to a file by a thread of its own: a disk or a reader that stalls
/// stalls no answer. Thread-safe.
class AccessLog {
 public:
  /// Called by the thread that writes, when lines begin to be lost (is_error) and when they are written
  /// again.
  using Tell = std::function<void(bool is_error, const std::string& line)>;
  /// "-" is standard output. Errors: kIo.
  static base::Result<std::unique_ptr<AccessLog>> open(const std::filesystem::path& path, Tell tell = {});
  /// Writes what is left, unless the reader stalls.
  ~AccessLog();
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  /// Whole lines. Those that would make more than 16 MiB wait are dropped and counted.
  void append(std::string_view lines);
  std::uint64_t dropped_bytes() const;
  /// Opens the path anew: the old file may have been moved away. Errors: kIo; the old one stays open.
  base::Status reopen();

 private:
  AccessLog(std::filesystem::path path, int descriptor, Tell tell);
  void write_lines();
  std::size_t write(std::string_view lines, int& error) const;
  void tell_change(bool is_losing, int error) const;
  bool must_end() const;

  std::filesystem::path path_;
  Tell tell_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  int descriptor_;
  std::string waiting_;
  std::uint64_t dropped_bytes_ = 0;
  bool ends_ = false;
  std::thread writer_;
};

}  // namespace archmlp::http
