#pragma once

#include <atomic>
#include <cstddef>
#include <string>

#include "archmlp/base/result.h"
#include "archmlp/train/forest_plan.h"

namespace archmlp::train {

MemoryNeed memory_need(const ForestPlan& plan, std::size_t feature_count);

/// Keeps a fit within a limit. Safe from many threads.
class MemoryBudget {
 public:
  /// limit: bytes; 0: none.
  MemoryBudget(const MemoryNeed& need, std::size_t limit) : need_(need), limit_(limit) {}

  /// How many threads may grow trees at a time. Errors: kResourceLimit if not even one may.
  base::Result<int> affordable_threads(int wanted);
  /// Errors: kResourceLimit once the trees are too large.
  base::Status add_tree(std::size_t bytes);
  /// "needs about 120 MB and the trees, at most 1.5 GB", for people.
  std::string note() const;

 private:
  MemoryNeed need_;
  std::size_t limit_;
  std::size_t threads_ = 1;
  std::atomic<std::size_t> tree_bytes_ = 0, trees_ = 0;
};

/// "1.5 GB", in powers of 1000.
std::string bytes_text(std::size_t bytes);

}  // namespace archmlp::train
