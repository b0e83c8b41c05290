#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "archmlp/base/progress.h"

namespace archmlp::base {

using ProgressClock = std::chrono::steady_clock;

/// How far a stage is, with what follows from when it began.
struct StageProgress {
  std::string stage;
  std::uint64_t done = 0;
  std::optional<std::uint64_t> total;
  std::string unit;
  std::optional<std::uint64_t> rows;   // where the unit is another
  std::optional<double> rate;          // units a second, on average; none before the second report
  std::optional<double> seconds_left;  // none without a total or a rate
  std::string note;
};

/// What every output of progress does: times the stages, and picks the reports that are worth showing. Those
/// are the first and the last of a stage, and others once `interval` has passed.
class TimedProgress : public Progress {
 public:
  using Now = std::function<ProgressClock::time_point()>;
  TimedProgress(ProgressClock::duration interval, Now now) : interval_(interval), now_(std::move(now)) {}

  void update(std::string_view stage, std::uint64_t done, std::uint64_t total, std::string_view unit) final;
  void set_rows(std::uint64_t rows) final { rows_ = rows; }
  void set_note(std::string_view note) final { note_ = note; }

 private:
  virtual void show(const StageProgress& progress, ProgressClock::time_point now) = 0;

  bool is_due(bool is_new, std::uint64_t done, std::uint64_t total, ProgressClock::time_point now) const;

  ProgressClock::duration interval_;
  Now now_;
  std::string stage_;
  std::uint64_t first_done_ = 0;
  std::uint64_t last_done_ = 0;
  std::optional<std::uint64_t> rows_;
  std::string note_;
  ProgressClock::time_point started_, shown_;
};

/// A line of a terminal that redraws itself in place. Work that is over within a quarter of a second shows
/// none.
class ProgressLine final : public TimedProgress {
 public:
  struct Terminal {
    std::function<void(std::string_view)> write;
    std::function<std::size_t()> width;  // columns, asked each time: windows change
    Now now;
  };
  explicit ProgressLine(Terminal terminal);

  /// Leaves the terminal as it was before the line.
  void erase();
  void notice(std::string_view text) override;

 private:
  void show(const StageProgress& progress, ProgressClock::time_point now) override;

  Terminal terminal_;
  std::optional<ProgressClock::time_point> first_report_;
  bool visible_ = false;
};

/// One JSON object a line: {"stage", "done", "total", "unit", "rate", "eta_seconds"}, and "rows" where the
/// unit is another. What is not known is null. A notice is {"notice"}.
class ProgressJson final : public TimedProgress {
 public:
  ProgressJson(std::function<void(std::string_view)> write, Now now);
  void notice(std::string_view text) override;

 private:
  void show(const StageProgress& progress, ProgressClock::time_point now) override;

  std::function<void(std::string_view)> write_;
};

/// `reading  [####----]  50 %  64 / 128 MB  1,000 rows  32 MB/s  2 s left`, in less than `width` columns:
/// what matters least is left out first.
std::string progress_text(const StageProgress& progress, std::size_t width);

}  // namespace archmlp::base
