#include "archmlp/serve/read_records.h"

#include <utility>

#include "archmlp/base/try.h"
#include "archmlp/serve/invocations_request.h"
#include "archmlp/serve/protocol_buffers.h"
#include "archmlp/serve/v2_endpoint.h"

namespace archmlp::serve {

base::Result<Records> read_records(ModelSession& session, predict::RecordForm form, BodyFormat format,
                                   std::string_view body, std::size_t slack, std::size_t max_rows) {
  Records records;
  if (format == BodyFormat::kCsv) {
    records.owned =
        std::make_unique<CsvSource>(TRY(CsvSource::make(body, session.predictor(), form, max_rows)));
    records.source = records.owned.get();
    return records;
  }
  if (format == BodyFormat::kTensors || format == BodyFormat::kInvocations) {
    const auto read = format == BodyFormat::kTensors ? read_tensors : read_invocation;
    records.source = TRY(read(session.protocols(), form, body, slack, max_rows));
    return records;
  }
  JsonSource& json = session.json_source(form);
  if (format == BodyFormat::kJsonLines) {
    records.owned = std::make_unique<LinesSource>(TRY(LinesSource::make(body, json.decoder(), max_rows)));
    records.source = records.owned.get();
    return records;
  }
  TRY(json.parse(body, slack, max_rows));
  records.source = &json;
  records.is_batch = json.is_array();
  return records;
}

}  // namespace archmlp::serve
