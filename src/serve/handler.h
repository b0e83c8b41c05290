#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "archmlp/predict/predictor.h"

namespace archmlp::serve {

struct Request {
  std::string_view method;        // "GET"
  std::string_view target;        // "/predict?features=prepared"
  std::string_view content_type;  // may be empty
  std::string_view accept;        // may be empty
  std::string_view body;
};
struct Response {
  int status = 200;
  std::string_view content_type = "application/json";
  std::string_view allow;  // of a 405
  std::string body;        // of HEAD, too: what GET would answer
};

/// What the server answers, without any HTTP: a pure function of the request and the model. One a thread (it
/// keeps buffers); errors are one JSON form: {"error": {"code", "message", "where", "hint"}}.
///
///   POST /predict    one record or a batch -> predictions (docs/guides/serving.md)
///   GET  /livez      the process answers
///   GET  /readyz     200, or 503 once set_ready(false) was called
///   GET  /v1/model   what the model wants and gives
class Handler {
 public:
  explicit Handler(std::shared_ptr<const predict::Predictor> predictor);
  ~Handler();
  Handler(Handler&&) noexcept;
  Handler& operator=(Handler&&) noexcept;

  /// Never fails: whatever the request, `response` (reused between calls) is an answer to it.
  void handle(const Request& request, Response& response);
  void set_ready(bool ready) noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace archmlp::serve
