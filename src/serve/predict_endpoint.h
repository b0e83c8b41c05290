#pragma once

#include "archmlp/http/message.h"
#include "archmlp/serve/request_options.h"
#include "archmlp/serve/thread_models.h"

namespace archmlp::serve {

class ShadowQueue;

/// POST /predict: one record or a batch of them, as JSON, JSON lines or CSV. See docs/guides/serving.md.
void answer_predict(ThreadModels& models, ShadowQueue* shadows, const http::Request& request,
                    http::Response& response);

/// The decoded records of the body. Errors: as the formats say; `is_syntax_error` is then set.
struct Records {
  RecordSource* source = nullptr;
  bool is_batch = true;  // not a lone object
  std::unique_ptr<RecordSource> owned;
};
base::Result<Records> read_records(ModelSession& session, predict::RecordForm form, BodyFormat format,
                                   std::string_view body, std::size_t slack);

}  // namespace archmlp::serve
