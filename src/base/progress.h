#pragma once

#include <cstdint>
#include <string_view>

namespace archmlp::base {

/// Where long work reports how far it is. The command line draws a bar, programs get JSON, tests get nothing.
/// Called from the thread that runs the stage; cheap enough to call a few hundred times a run.
class Progress {
 public:
  virtual ~Progress() = default;

  /// `done` of `total` units of `activity` ("trees", "rows", "MB"); total 0 means unknown.
  /// `note` is an extra to show behind, e.g. "OOB 0.93"; may be empty.
  virtual void update(std::string_view activity, std::uint64_t done, std::uint64_t total,
                      std::string_view note) = 0;
};

/// Reports nowhere.
Progress& no_progress() noexcept;

}  // namespace archmlp::base
