#include "archmlp/table/json_record_reader.h"

#include <utility>

#include "archmlp/table/json_cell.h"
#include "archmlp/table/json_syntax.h"

namespace archmlp::table {

base::Status JsonRecordReader::decode(const simdjson::dom::element& value, Record& record) {
  simdjson::dom::object object;
  if (value.get(object) != simdjson::SUCCESS) {
    return base::Error{.message = "expected an object, found " + std::string(json_kind_of(value)),
                       .hint = R"(write a record as {"field": value, …})"};
  }
  const std::vector<contract::ColumnSchema>& columns = fields_.schema().columns;
  record.resize(columns.size());
  for (std::size_t i = 0; i < record.size(); ++i) record[i] = Cell::none(columns[i].kind);
  marks_.begin_record(fields_.names().size());
  std::size_t required_seen = 0;
  std::size_t last = RecordFields::kNone;
  for (const simdjson::dom::key_value_pair pair : object) {
    const std::size_t field = fields_.find(pair.key, last + 1);
    if (field == RecordFields::kNone) return unknown_field(fields_, pair.key, "field");
    last = field;
    if (marks_.is_marked(field)) return repeated_field(pair.key, "field");
    marks_.mark(field);
    if (fields_.is_ignored(field)) continue;
    ++required_seen;
    base::Result<Cell> cell = decode_json(columns[field], pair.value);
    if (!cell.ok()) {
      base::Error error = std::move(cell).error();
      error.where = where_name(pair.key);
      return error;
    }
    record[field] = *cell;
  }
  if (required_seen < fields_.required_count()) return missing_fields(fields_, marks_, "field");
  return {};
}

}  // namespace archmlp::table
