#pragma once

#include <string_view>

#include "archmlp/base/result.h"
#include "archmlp/serve/protocol_buffers.h"

namespace archmlp::serve {

/// The records of a body that MLflow's clients send as JSON; one member of it holds them:
///   dataframe_split    {"columns": [names], "data": [[values], …], "index"?: …}
///   dataframe_records  [{name: value, …}, …]
///   instances          the same, or [[values], …] with the columns that must be there, in the schema's order
///   inputs             {name: [values], …}, or as instances
/// `params` and what clients note beside it are passed over. They live until the next call with these
/// `buffers`. Errors: as JsonBody::parse; kInvalidInput with `where`; kResourceLimit.
base::Result<RecordSource*> read_invocation(ProtocolBuffers& buffers, predict::RecordForm form,
                                            std::string_view body, std::size_t slack, std::size_t max_rows);

}  // namespace archmlp::serve
