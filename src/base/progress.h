#pragma once

#include <cstdint>
#include <string_view>

namespace archmlp::base {

/// Where long work reports how far it is. The command line draws a line, programs get JSON, tests get nothing
/// (progress_output.h). Called from one thread at a time; cheap enough to call a few hundred times a run.
class Progress {
 public:
  virtual ~Progress() = default;

  /// `done` of `total` units of `stage` ("reading", "training"); total 0 means unknown. `unit` is a plural:
  /// "rows", "trees"; "bytes" are shown as MB. A stage's first report, before any work, starts its clock.
  virtual void update(std::string_view stage, std::uint64_t done, std::uint64_t total,
                      std::string_view unit) = 0;
  /// Where the unit is another: the rows that the next update has come to.
  virtual void set_rows(std::uint64_t /*rows*/) {}
  /// What else there is to say with the next update, e.g. "OOB 0.93": words and numbers of the program's own.
  virtual void set_note(std::string_view /*note*/) {}
  /// What people want to know before the work goes on: a sentence that stays, in UTF-8.
  virtual void notice(std::string_view /*text*/) {}
};

/// Reports nowhere.
Progress& no_progress() noexcept;

}  // namespace archmlp::base
