#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "archmlp/http/message.h"
#include "archmlp/serve/request_options.h"
#include "archmlp/serve/thread_models.h"

namespace archmlp::serve {

class Service;

/// What a request asks for.
struct PredictionForm {
  predict::RecordForm records = predict::RecordForm::kRaw;
  BodyFormat body = BodyFormat::kJson;
  AnswerFormat answer = AnswerFormat::kJson;
  bool with_probabilities = true;
  bool refuse_all = false;
  bool is_batch = false;
};

/// POST /predict: one record or a batch of them, as JSON, JSON lines or CSV. See docs/guides/serving.md.
class PredictEndpoint {
 public:
  PredictEndpoint(Service& service, ThreadModels& models) : service_(service), models_(models) {}

  void answer(const http::Request& request, http::Response& response);

  /// As http::Handler says of the same names. What waits is a lone record: those of one model are predicted
  /// together.
  bool begin(const http::Request& request, http::Response& response);
  void finish(std::size_t index, http::Response& response);
  void forget_waiting() noexcept;
  bool is_waiting() const noexcept { return !waiting_.empty(); }

 private:
  /// A lone record, added to those that its session has waiting.
  struct Waiting {
    ModelSession* session;
    PredictionForm form;
    std::size_t position;
    std::string_view body;
  };

  Service& service_;
  ThreadModels& models_;
  std::vector<Waiting> waiting_;
};

}  // namespace archmlp::serve
