#pragma once

#include <string_view>

#include "archmlp/base/result.h"
#include "archmlp/http/answers.h"
#include "archmlp/http/message.h"
#include "archmlp/serve/protocol_buffers.h"

namespace archmlp::serve {

class Service;
class ThreadModels;

/// The Open Inference Protocol, version 2, over HTTP: everything below /v2. A bad record refuses its whole
/// request; every error is {"error": "…"}. See docs/guides/serving.md.
bool is_v2_path(std::string_view path) noexcept;
/// Precondition: is_v2_path(path), the path of the request.
void answer_v2(Service& service, ThreadModels& models, const http::Request& request, std::string_view path,
               http::Response& response);

/// The records of a body of POST …/infer, in a form that the caller knows. They live until the next call with
/// these `buffers`. Errors: as JsonBody::parse, read_v2_request, read_v2_inputs.
base::Result<RecordSource*> read_tensors(ProtocolBuffers& buffers, predict::RecordForm form,
                                         std::string_view body, std::size_t slack, std::size_t max_rows);

}  // namespace archmlp::serve
