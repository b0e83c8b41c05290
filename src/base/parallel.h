#pragma once

#include <cstddef>
#include <functional>

#include "archmlp/base/result.h"

namespace archmlp::base {

/// How many threads `requested` means: itself if positive (at most 256), all that the process may use if 0 or
/// negative (scikit-learn's n_jobs: -1 is all).
int resolve_thread_count(int requested) noexcept;

/// Calls `task(index)` once for every index in [0, task_count), on up to `thread_count` threads, and waits.
/// Tasks must not depend on each other nor on the thread that runs them. Calls may nest.
/// Errors: that of the failing task with the lowest index among those that ran (so one failing task gives the
/// same error whatever the threads); kResourceLimit if a task runs out of memory. Once a task has failed,
/// tasks with a higher index that have not started are skipped.
Status parallel_for(std::size_t task_count, int thread_count, const std::function<Status(std::size_t)>& task);

}  // namespace archmlp::base
