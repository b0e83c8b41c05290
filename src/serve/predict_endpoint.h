#pragma once

#include "archmlp/http/message.h"
#include "archmlp/serve/thread_models.h"

namespace archmlp::serve {

class Service;

/// POST /predict: one record or a batch of them, as JSON, JSON lines or CSV. See docs/guides/serving.md.
void answer_predict(Service& service, ThreadModels& models, const http::Request& request,
                    http::Response& response);

}  // namespace archmlp::serve
