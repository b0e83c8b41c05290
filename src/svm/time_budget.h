#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

namespace archmlp::svm {

/// The time until a deadline, shared out among several fits in proportion to the work that is expected of
/// each. What a fit leaves goes to those that follow.
class TimeBudget {
 public:
  using Clock = std::chrono::steady_clock;

  TimeBudget(std::optional<Clock::time_point> deadline, double whole_work)
      : deadline_(deadline), work_left_(whole_work) {}

  /// When the next fit has to end.
  std::optional<Clock::time_point> next(double work) {
    if (!deadline_) return std::nullopt;
    const auto now = Clock::now();
    const double share = work_left_ > work ? work / work_left_ : 1;
    work_left_ -= work;
    if (now >= *deadline_) return now;
    return now + std::chrono::duration_cast<Clock::duration>((*deadline_ - now) * share);
  }

 private:
  std::optional<Clock::time_point> deadline_;
  double work_left_;
};

}  // namespace archmlp::svm
