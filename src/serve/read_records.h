#pragma once

#include <memory>
#include <string_view>

#include "archmlp/base/result.h"
#include "archmlp/serve/request_options.h"
#include "archmlp/serve/thread_models.h"

namespace archmlp::serve {

/// The decoded records of a body. They live as long as the body, and until the next ones of the same session.
struct Records {
  RecordSource* source = nullptr;
  bool is_batch = true;  // not a lone object
  std::unique_ptr<RecordSource> owned;
};
/// Errors: as the formats say; kResourceLimit beyond max_rows.
base::Result<Records> read_records(ModelSession& session, predict::RecordForm form, BodyFormat format,
                                   std::string_view body, std::size_t slack, std::size_t max_rows);

}  // namespace archmlp::serve
