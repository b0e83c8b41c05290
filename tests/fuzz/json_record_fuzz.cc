#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "archmlp/table/json_records.h"
#include "archmlp/table/json_syntax.h"

namespace {

using archmlp::contract::ColumnKind;
using archmlp::table::JsonDiagnosis;

archmlp::table::JsonRecordDecoder make_decoder() {
  const archmlp::contract::Schema schema{{{.name = "a", .kind = ColumnKind::kInteger},
                                          {.name = "b", .kind = ColumnKind::kReal, .nullable = true},
                                          {.name = "c", .kind = ColumnKind::kBoolean},
                                          {.name = "d", .kind = ColumnKind::kText}}};
  return {schema, {.ignored = {"label"}}};
}

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

/// The strict reader and the fast parser must agree on what is JSON; decoding must give every cell or an
/// error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static archmlp::table::JsonRecordDecoder decoder = make_decoder();
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const JsonDiagnosis diagnosis = archmlp::table::diagnose_json(body, 1024);
  const archmlp::base::Status parsed = decoder.parse(body, 0, 1000);
  require(decoder.is_syntax_error() == (diagnosis.kind == JsonDiagnosis::Kind::kSyntax));
  if (diagnosis.kind != JsonDiagnosis::Kind::kValid) require(!parsed.ok());
  if (!parsed.ok()) {
    require(!parsed.error().message.empty() && decoder.record_count() == 0);
    return 0;
  }
  archmlp::table::Record record;
  for (std::size_t i = 0; i < decoder.record_count(); ++i) {
    const archmlp::base::Status decoded = decoder.decode(i, record);
    if (!decoded.ok()) {
      require(!decoded.error().message.empty());
      continue;
    }
    require(record.size() == 4 && !record[0].missing && !record[2].missing && !record[3].missing);
  }
  return 0;
}
