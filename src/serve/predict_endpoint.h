#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "archmlp/http/message.h"
#include "archmlp/serve/thread_models.h"

namespace archmlp::serve {

class ShadowQueue;

/// POST /predict: one record or a batch of them, as JSON, JSON lines or CSV. See docs/guides/serving.md.
class PredictEndpoint {
 public:
  PredictEndpoint(ThreadModels& models, ShadowQueue& shadows);
  ~PredictEndpoint();

  void answer(const http::Request& request, http::Response& response);

  /// As http::Handler says of the same names. What waits is a lone record: those of one model are predicted
  /// together.
  bool begin(const http::Request& request, http::Response& response);
  void finish(std::size_t index, http::Response& response);
  void forget_waiting() noexcept;
  bool is_waiting() const noexcept { return !waiting_.empty(); }

 private:
  struct Waiting;

  ThreadModels& models_;
  ShadowQueue& shadows_;
  std::vector<Waiting> waiting_;
};

}  // namespace archmlp::serve
