#pragma once

#include <simdjson.h>
#include <optional>
#include <string_view>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/predict/predictor.h"
#include "archmlp/serve/array_sources.h"

namespace archmlp::serve {

/// A request for inference of the Open Inference Protocol. The views show the parsed document.
struct V2Request {
  std::optional<simdjson::dom::element> id;  // a string
  std::optional<predict::RecordForm> form;   // parameters.features
  std::vector<std::string_view> outputs;     // that are asked for; none: all
  simdjson::dom::array inputs;
};

/// Parameters and members that the protocol or its extensions may add are passed over. Errors: kInvalidInput,
/// `where` = the member.
base::Status read_v2_request(const simdjson::dom::element& root, V2Request& request);

/// The tensors of the request as records: one of `columns` and `rows`, filled. One tensor a column, shape [n]
/// or [n, 1], in any order; or one [n, p] of any name with the columns that must be there, in the order of
/// the schema. Errors: kInvalidInput, `where` = `inputs[i].member`: a column that is unknown, missing or
/// there twice, a datatype that is unknown or does not suit the column, a shape that does not suit the data;
/// kResourceLimit beyond max_rows.
base::Result<RecordSource*> read_v2_inputs(const V2Request& request, const table::RecordFields& fields,
                                           std::size_t max_rows, ColumnArrays& columns, RowArrays& rows);

}  // namespace archmlp::serve
