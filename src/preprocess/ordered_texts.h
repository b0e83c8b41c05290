#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "archmlp/base/result.h"

namespace archmlp::preprocess {

/// Passes texts that come from several threads on in the order of their numbers. Numbers may be left out.
class OrderedTexts {
 public:
  using Sink = std::function<base::Status(std::string_view text)>;
  explicit OrderedTexts(Sink sink) : sink_(std::move(sink)) {}

  /// Safe from many threads. Errors: the sink's.
  base::Status put(std::size_t number, std::string text) {
    const std::scoped_lock lock(mutex_);
    waiting_.emplace(number, std::move(text));
    while (!waiting_.empty() && waiting_.begin()->first == next_) {
      if (base::Status status = sink_(waiting_.begin()->second); !status.ok()) return status;
      waiting_.erase(waiting_.begin());
      ++next_;
    }
    return {};
  }
  /// What waits behind numbers that were left out. Errors: the sink's.
  base::Status finish() {
    for (const auto& [number, text] : waiting_)
      if (base::Status status = sink_(text); !status.ok()) return status;
    waiting_.clear();
    return {};
  }

 private:
  Sink sink_;
  std::mutex mutex_;
  std::map<std::size_t, std::string> waiting_;
  std::size_t next_ = 0;
};

}  // namespace archmlp::preprocess
