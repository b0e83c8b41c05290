#include "archmlp/base/progress_output.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "archmlp/base/text.h"

namespace archmlp::base {
namespace {

using std::chrono::duration;
using std::chrono::milliseconds;

constexpr milliseconds kRedraw{100};
constexpr milliseconds kQuiet{250};  // shorter work would only flash
constexpr milliseconds kJsonInterval{250};
constexpr double kMegabyte = 1e6;

bool counts_bytes(const StageProgress& progress) { return progress.unit == "bytes"; }

/// A count that has no fraction worth showing, or one digit of it where it is small.
std::string rounded(double value) {
  return value < 10 ? fmt::format("{:.1f}", value)
                    : with_thousands(static_cast<std::size_t>(std::llround(value)));
}

std::string amount(const StageProgress& progress, std::uint64_t count) {
  return counts_bytes(progress) ? rounded(static_cast<double>(count) / kMegabyte) : with_thousands(count);
}

std::string count_text(const StageProgress& progress) {
  const std::string unit = counts_bytes(progress) ? "MB" : progress.unit;
  const std::string of =
      progress.total ? fmt::format(" / {}", amount(progress, *progress.total)) : std::string();
  return fmt::format("{}{} {}", amount(progress, progress.done), of, unit);
}

std::string rate_text(const StageProgress& progress) {
  return counts_bytes(progress) ? rounded(*progress.rate / kMegabyte) + " MB/s"
                                : fmt::format("{} {}/s", rounded(*progress.rate), progress.unit);
}

std::string time_text(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  if (whole < 60) return fmt::format("{} s left", whole);
  if (whole < 3600) return fmt::format("{} min {} s left", whole / 60, whole % 60);
  return fmt::format("{} h {} min left", whole / 3600, whole % 3600 / 60);
}

std::uint64_t hundredths(const StageProgress& progress) {
  const double share =
      static_cast<double>(std::min(progress.done, *progress.total)) / static_cast<double>(*progress.total);
  return static_cast<std::uint64_t>(share * 100);
}

std::string bar_text(const StageProgress& progress) {
  constexpr std::size_t kBarWidth = 20;
  const std::size_t filled = hundredths(progress) * kBarWidth / 100;
  return fmt::format("[{}{}]", std::string(filled, '#'), std::string(kBarWidth - filled, '-'));
}

struct Part {
  int weight;  // the part of the least goes first where there is no room
  std::string text;
};

std::vector<Part> parts_of(const StageProgress& progress) {
  std::vector<Part> parts = {{7, fmt::format("{:<12}", progress.stage)}};
  if (progress.total) {
    parts.push_back({1, bar_text(progress)});
    parts.push_back({6, fmt::format("{:>3} %", hundredths(progress))});
  }
  if (!progress.unit.empty()) parts.push_back({3, count_text(progress)});
  if (progress.rows) parts.push_back({2, with_thousands(*progress.rows) + " rows"});
  if (progress.rate && !progress.unit.empty()) parts.push_back({4, rate_text(progress)});
  if (progress.seconds_left && *progress.seconds_left > 0) {
    parts.push_back({5, time_text(*progress.seconds_left)});
  }
  if (!progress.note.empty()) parts.push_back({1, progress.note});
  return parts;
}

std::size_t width_of(const std::vector<Part>& parts) {
  std::size_t width = 0;
  for (const Part& part : parts) width += part.text.size() + (width == 0 ? 0 : 2);
  return width;
}

std::string json_number(const std::optional<double>& value) {
  return value ? fmt::format("{:.3f}", *value) : "null";
}

}  // namespace

std::string progress_text(const StageProgress& progress, std::size_t width) {
  std::vector<Part> parts = parts_of(progress);
  while (parts.size() > 1 && width_of(parts) >= width) {
    parts.erase(std::min_element(parts.begin(), parts.end(),
                                 [](const Part& a, const Part& b) { return a.weight < b.weight; }));
  }
  std::string line;
  for (const Part& part : parts) line += (line.empty() ? "" : "  ") + part.text;
  return line.substr(0, width == 0 ? 0 : width - 1);
}

bool TimedProgress::is_due(bool is_new, std::uint64_t done, std::uint64_t total,
                           ProgressClock::time_point now) const {
  if (is_new || now - shown_ >= interval_) return true;
  return total > 0 && done >= total && last_done_ < total;
}

void TimedProgress::update(std::string_view stage, std::uint64_t done, std::uint64_t total,
                           std::string_view unit) {
  const ProgressClock::time_point now = now_();
  const std::optional<std::uint64_t> rows = std::exchange(rows_, std::nullopt);
  const bool is_new = stage != stage_ || done < last_done_;  // the second file is read from its beginning
  if (is_new) {
    stage_ = stage;
    started_ = now;
    first_done_ = done;
  }
  const bool due = is_due(is_new, done, total, now);
  last_done_ = done;
  if (!due) return;
  shown_ = now;
  StageProgress progress = {.stage = stage_,
                            .done = done,
                            .unit = std::string(unit),
                            .rows = rows,
                            .note = std::exchange(note_, {})};
  if (total > 0) progress.total = total;
  const double seconds = duration<double>(now - started_).count();
  if (done > first_done_ && seconds > 0) {
    progress.rate = static_cast<double>(done - first_done_) / seconds;
    if (total > 0)
      progress.seconds_left = static_cast<double>(total - std::min(done, total)) / *progress.rate;
  }
  show(progress, now);
}

ProgressLine::ProgressLine(Terminal terminal)
    : TimedProgress(kRedraw, terminal.now), terminal_(std::move(terminal)) {}

void ProgressLine::show(const StageProgress& progress, ProgressClock::time_point now) {
  if (!first_report_) first_report_ = now;
  if (now - *first_report_ < kQuiet) return;
  // Written over what is there, and only the rest of the line cleared: clearing first would flicker.
  terminal_.write("\r" + progress_text(progress, terminal_.width()) + "\033[K");
  visible_ = true;
}

void ProgressLine::erase() {
  if (visible_) terminal_.write("\r\033[K");
  visible_ = false;
}

void ProgressLine::notice(std::string_view text) {
  erase();
  terminal_.write(std::string(text) + "\n");
}

ProgressJson::ProgressJson(std::function<void(std::string_view)> write, Now now)
    : TimedProgress(kJsonInterval, std::move(now)), write_(std::move(write)) {}

void ProgressJson::show(const StageProgress& progress, ProgressClock::time_point /*now*/) {
  // Stages and units are words of the program, never of the data: they need no escapes.
  std::string line =
      fmt::format(R"({{"stage": "{}", "done": {}, "total": {}, "unit": "{}", "rate": {}, "eta_seconds": {})",
                  progress.stage, progress.done, progress.total ? std::to_string(*progress.total) : "null",
                  progress.unit, json_number(progress.rate), json_number(progress.seconds_left));
  if (progress.rows) line += fmt::format(R"(, "rows": {})", *progress.rows);
  if (!progress.note.empty()) line += fmt::format(R"(, "note": "{}")", progress.note);
  write_(line + "}\n");
}

void ProgressJson::notice(std::string_view text) {
  std::string line = "{\"notice\": \"";
  for (const char character : text) {
    if (static_cast<unsigned char>(character) < 0x20) {
      line += fmt::format("\\u{:04x}", static_cast<unsigned>(character));
      continue;
    }
    if (character == '"' || character == '\\') line += '\\';
    line += character;
  }
  write_(line + "\"}\n");
}

}  // namespace archmlp::base
