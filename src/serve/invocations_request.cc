#include "archmlp/serve/invocations_request.h"

#include <optional>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/serve/json_members.h"
#include "archmlp/table/json_cell.h"

namespace archmlp::serve {
namespace {

using base::Error;
using simdjson::dom::array;
using simdjson::dom::element;

constexpr std::string_view kForms =
    R"(send one of "dataframe_split", "dataframe_records", "instances", "inputs")";

Error with_place(Error error, std::string place) {
  error.where = std::move(place);
  return error;
}

base::Status use_rows(RowArrays& rows, const element& value, const std::string& place, std::size_t max_rows) {
  array values;
  if (value.get(values) != simdjson::SUCCESS) return wrong_member(place, "an array of rows", value);
  const std::size_t count = element_count(values);
  TRY(check_record_count(count, max_rows));
  rows.set_values(values, false, count, Datatype::kAny);
  return {};
}

base::Result<RecordSource*> read_split(ProtocolBuffers& buffers, const table::RecordFields& fields,
                                       const element& value, std::size_t max_rows) {
  constexpr std::string_view kPlace = "dataframe_split";
  std::optional<element> columns;
  std::optional<element> data;
  TRY(read_members(value, kPlace, {{"columns", &columns}, {"data", &data}}));
  if (!columns) return missing_member(value, kPlace, "columns", "the names of the columns");
  if (!data) return missing_member(value, kPlace, "data", "the rows, each an array of values");
  array names;
  if (columns->get(names) != simdjson::SUCCESS)
    return wrong_member("dataframe_split.columns", "an array of names", *columns);
  buffers.rows.begin(fields, "dataframe_split.data");
  for (const element item : names) {
    const auto place = [&] {
      return "dataframe_split.columns[" + std::to_string(buffers.rows.column_count()) + "]";
    };
    std::string_view name;
    if (item.get(name) != simdjson::SUCCESS) return wrong_member(place(), "a name", item);
    base::Status added = buffers.rows.add_column(name);
    if (!added.ok()) return with_place(std::move(added).error(), place());
  }
  base::Status complete = buffers.rows.check_columns();
  if (!complete.ok()) return with_place(std::move(complete).error(), "dataframe_split.columns");
  TRY(use_rows(buffers.rows, *data, "dataframe_split.data", max_rows));
  return &buffers.rows;
}

/// Objects, or arrays in the order of the schema; the first one tells.
base::Result<RecordSource*> read_instances(ProtocolBuffers& buffers, predict::RecordForm form,
                                           const element& value, std::string_view place, bool may_be_arrays,
                                           std::size_t max_rows) {
  array values;
  if (value.get(values) != simdjson::SUCCESS)
    return wrong_member(place, may_be_arrays ? "an array of records" : "an array of objects", value);
  const std::size_t count = element_count(values);
  TRY(check_record_count(count, max_rows));
  if (may_be_arrays && count > 0 && (*values.begin()).is_array()) {
    buffers.rows.begin(buffers.fields(form), place);
    buffers.rows.use_all_columns();
    buffers.rows.set_values(values, false, count, Datatype::kAny);
    return &buffers.rows;
  }
  RecordObjects& objects = buffers.objects(form);
  objects.set_values(values, count, place);
  return &objects;
}

base::Result<RecordSource*> read_columns(ProtocolBuffers& buffers, const table::RecordFields& fields,
                                         const simdjson::dom::object& object, std::size_t max_rows) {
  ColumnArrays& columns = buffers.columns;
  columns.begin(fields, "inputs", "column", max_rows);
  for (const simdjson::dom::key_value_pair pair : object) {
    const auto place = [&] { return member_place("inputs", pair.key); };
    base::Result<std::size_t> field = columns.name(pair.key);
    if (!field.ok()) return with_place(std::move(field).error(), place());
    if (fields.is_ignored(*field)) continue;
    array values;
    if (pair.value.get(values) != simdjson::SUCCESS)
      return wrong_member(place(), "an array of values", pair.value);
    base::Status added = columns.add(*field, values, element_count(values), Datatype::kAny, false);
    if (!added.ok()) return with_place(std::move(added).error(), place());
  }
  base::Status complete = columns.end();
  if (!complete.ok()) return with_place(std::move(complete).error(), "inputs");
  return &columns;
}

}  // namespace

base::Result<RecordSource*> read_invocation(ProtocolBuffers& buffers, predict::RecordForm form,
                                            std::string_view body, std::size_t slack, std::size_t max_rows) {
  TRY(buffers.body.parse(body, slack));
  const element root = buffers.body.root();
  std::optional<element> split;
  std::optional<element> records;
  std::optional<element> instances;
  std::optional<element> inputs;
  TRY(read_members(root, "",
                   {{"dataframe_split", &split},
                    {"dataframe_records", &records},
                    {"instances", &instances},
                    {"inputs", &inputs}}));
  const int count = int{split.has_value()} + int{records.has_value()} + int{instances.has_value()} +
                    int{inputs.has_value()};
  if (count != 1) {
    return Error{
        .message = count == 0 ? "the body holds no records" : "the body holds records more than once",
        .hint = std::string(kForms)};
  }
  if (split) return read_split(buffers, buffers.fields(form), *split, max_rows);
  if (records) return read_instances(buffers, form, *records, "dataframe_records", false, max_rows);
  if (instances) return read_instances(buffers, form, *instances, "instances", true, max_rows);
  simdjson::dom::object object;
  if (inputs->get(object) == simdjson::SUCCESS)
    return read_columns(buffers, buffers.fields(form), object, max_rows);
  return read_instances(buffers, form, *inputs, "inputs", true, max_rows);
}

}  // namespace archmlp::serve
