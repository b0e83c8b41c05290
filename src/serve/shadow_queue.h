#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "archmlp/serve/request_options.h"
#include "archmlp/serve/thread_models.h"

namespace archmlp::serve {

/// Predicts requests a second time, with versions on trial, on a thread of its own behind all others. What
/// they say is only counted: predictions, drift, and how often they agree with the version that answered.
class ShadowQueue {
 public:
  /// `thread`: the number that its predictions are counted under. `store` outlives it.
  ShadowQueue(const ModelStore& store, std::size_t thread);
  ~ShadowQueue();
  ShadowQueue(const ShadowQueue&) = delete;
  ShadowQueue& operator=(const ShadowQueue&) = delete;

  /// After the chosen version has answered. Never waits: what finds the queue full is dropped.
  void offer(ThreadModels& models, ModelSession& chosen, BodyFormat format, predict::RecordForm form,
             std::string_view body);
  std::uint64_t dropped() const;

 private:
  struct Trial {
    std::shared_ptr<const ServedModel> model;
    BodyFormat format;
    predict::RecordForm form;
    std::string body;
    std::vector<contract::Value> answers;  // of the good rows, as the other version gave them
    bool was_whole;                        // no row was bad
  };
  void work();
  void drop_unserved();
  void run(const Trial& trial);

  const ModelStore& store_;
  std::size_t thread_number_;
  std::uint64_t generation_ = 0;
  std::shared_ptr<const ModelSet> set_;  // of work() alone, as what follows
  std::vector<std::unique_ptr<ModelSession>> sessions_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Trial> trials_;
  std::size_t bytes_ = 0;
  std::uint64_t dropped_ = 0;
  bool ends_ = false;
  std::thread worker_;
};

}  // namespace archmlp::serve
