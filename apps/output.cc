#include "output.h"

#include <fmt/chrono.h>
#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <string>

#include "archmlp/base/file.h"
#include "archmlp/base/progress_output.h"
#include "archmlp/base/text.h"

namespace archmlp::apps {
namespace {

void write_stderr(std::string_view text) {
  fmt::print(stderr, "{}", text);
  std::fflush(stderr);
}

std::string one_line(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

constexpr std::size_t kWithoutTerminal = 100;

std::size_t width_of(int file) noexcept {
  constexpr std::size_t kLeast = 40;
  winsize size{};
  return ::ioctl(file, TIOCGWINSZ, &size) != 0 || size.ws_col < kLeast ? kWithoutTerminal : size.ws_col;
}

base::ProgressLine& progress_line() {
  static base::ProgressLine instance({.write = write_stderr,
                                      .width = [] { return width_of(STDERR_FILENO); },
                                      .now = base::ProgressClock::now});
  return instance;
}

/// Where standard error is no terminal: what is worth knowing, and nothing that moves.
class NoticesAlone final : public base::Progress {
 public:
  void update(std::string_view, std::uint64_t, std::uint64_t, std::string_view) override {}
  void notice(std::string_view text) override { write_stderr(fmt::format("note: {}\n", text)); }
};

base::Progress& notices_alone() {
  static NoticesAlone instance;
  return instance;
}

base::ProgressJson& progress_json() {
  static base::ProgressJson instance(write_stderr, base::ProgressClock::now);
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

std::size_t output_width() noexcept { return width_of(STDOUT_FILENO); }

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
  write_stderr(one_line({{"error", std::move(json)}}));
}

void print_note(std::string_view text) {
  if (json_progress_wanted()) {
    print_json_note(text);
    return;
  }
  if (json_output_wanted()) return;
  progress_line().erase();
  fmt::print(stderr, "{}\n", text);
}

void print_event(bool is_error, std::string_view text) {
  // The name of a file may hold a line break, which must not begin another event.
  std::string in_one_line(text);
  std::replace_if(
      in_one_line.begin(), in_one_line.end(), [](unsigned char byte) { return byte < ' ' || byte == 0x7F; },
      '?');
  const std::string time = fmt::format("{:%Y-%m-%dT%H:%M:%S}Z", fmt::gmtime(std::time(nullptr)));
  const std::string_view level = is_error ? "error" : "info";
  const std::string line = json_output_wanted()
                               ? one_line({{"time", time}, {"level", level}, {"event", in_one_line}})
                               : fmt::format("{} {} {}\n", time, level, in_one_line);
  std::fwrite(line.data(), 1, line.size(), stderr);  // which nobody may read any more
}

void print_json_note(const nlohmann::ordered_json& note) { write_stderr(one_line({{"note", note}})); }

bool& json_output_wanted() noexcept {
  static bool wanted = false;
  return wanted;
}

bool& json_progress_wanted() noexcept {
  static bool wanted = false;
  return wanted;
}

bool json_errors_wanted() noexcept { return json_output_wanted() || json_progress_wanted(); }

base::Progress& progress_output() {
  if (json_progress_wanted()) return progress_json();
  if (::isatty(STDERR_FILENO) == 1) return progress_line();
  return notices_alone();
}

void end_progress() { progress_line().erase(); }

}  // namespace archmlp::apps
