#pragma once

#include <simdjson.h>
#include <string>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/table/record.h"
#include "archmlp/table/record_fields.h"

namespace archmlp::table {

/// Decodes parsed JSON objects into typed records; fields are matched by name, in any order.
class JsonRecordReader {
 public:
  JsonRecordReader(const contract::Schema& schema, const std::vector<std::string>& ignored)
      : fields_(schema, ignored) {}

  /// Fills `record` with one cell a column of the schema; ignored ones stay missing. Allocates nothing in the
  /// steady state. Errors: as JsonRecordDecoder::decode; `where` = the field, empty if it is no object.
  base::Status decode(const simdjson::dom::element& value, Record& record);
  const RecordFields& fields() const noexcept { return fields_; }

 private:
  RecordFields fields_;
  FieldMarks marks_;
};

}  // namespace archmlp::table
