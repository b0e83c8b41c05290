#include "output.h"

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include "archmlp/base/file.h"
#include "archmlp/base/text.h"

namespace archmlp::apps {
namespace {

/// `training    [########------------]  40 %  40 / 100 trees  2 s left`
class TerminalProgress final : public base::Progress {
 public:
  TerminalProgress() : enabled_(::isatty(STDERR_FILENO) == 1) {}
  ~TerminalProgress() override { erase(); }
  TerminalProgress(const TerminalProgress&) = delete;
  TerminalProgress& operator=(const TerminalProgress&) = delete;

  void update(std::string_view activity, std::uint64_t done, std::uint64_t total,
              std::string_view note) override {
    if (!enabled_) return;
    const auto now = Clock::now();
    if (activity != activity_) {
      activity_ = activity;
      started_ = now;
    } else if (done < total && now - drawn_ < std::chrono::milliseconds(100)) {
      return;
    }
    drawn_ = now;
    const std::string line = describe(activity, done, total, note, now);
    fmt::print(stderr, "\r\033[K{}", line);
    std::fflush(stderr);
    visible_ = true;
  }

  void erase() {
    if (visible_) fmt::print(stderr, "\r\033[K");
    std::fflush(stderr);
    visible_ = false;
  }

 private:
  using Clock = std::chrono::steady_clock;

  std::string describe(std::string_view activity, std::uint64_t done, std::uint64_t total,
                       std::string_view note, Clock::time_point now) const {
    std::string line = fmt::format("{:<20}", activity);
    if (total == 0) {
      line += " " + base::with_thousands(done);
    } else {
      constexpr std::uint64_t kBarWidth = 24;
      const std::uint64_t filled = std::min(done, total) * kBarWidth / total;
      line += fmt::format(" [{}{}] {:>3} %", std::string(filled, '#'), std::string(kBarWidth - filled, '-'),
                          std::min(done, total) * 100 / total);
      const double elapsed = std::chrono::duration<double>(now - started_).count();
      if (elapsed > 1 && done > 0 && done < total) {
        line += fmt::format("  {:.0f} s left",
                            elapsed * static_cast<double>(total - done) / static_cast<double>(done));
      }
    }
    if (!note.empty()) line += fmt::format("  {}", note);
    return line;
  }

  bool enabled_;
  bool visible_ = false;
  std::string activity_;
  Clock::time_point started_, drawn_;
};

TerminalProgress& progress_line() {
  static TerminalProgress instance;
  return instance;
}

}  // namespace

base::Status write_stdout(std::string_view text) {
  progress_line().erase();
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return base::io_error("cannot write", "standard output", errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

std::size_t output_width() noexcept {
  constexpr std::size_t kWithoutTerminal = 100;
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 40) return kWithoutTerminal;
  return size.ws_col;
}

void print_error(const base::Error& error, bool as_json) {
  progress_line().erase();
  if (!as_json) {
    fmt::print(stderr, "error: {}\n", base::to_string(error));
    return;
  }
  nlohmann::ordered_json json = {{"code", base::to_string(error.code)}, {"message", error.message}};
  if (!error.component.empty()) json["component"] = error.component;
  if (!error.where.empty()) json["where"] = error.where;
  if (!error.hint.empty()) json["hint"] = error.hint;
  const nlohmann::ordered_json document = {{"error", std::move(json)}};
  fmt::print(stderr, "{}\n", document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

void print_note(std::string_view text) {
  if (json_output_wanted()) return;
  progress_line().erase();
  fmt::print(stderr, "{}\n", text);
}

bool& json_output_wanted() noexcept {
  static bool wanted = false;
  return wanted;
}

base::Progress& terminal_progress() { return progress_line(); }

}  // namespace archmlp::apps
