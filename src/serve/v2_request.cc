#include "archmlp/serve/v2_request.h"

#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/serve/json_members.h"
#include "archmlp/serve/request_options.h"
#include "archmlp/table/json_cell.h"

namespace archmlp::serve {
namespace {

using base::Error;
using base::Status;
using simdjson::dom::array;
using simdjson::dom::element;
using Member = std::optional<element>;

constexpr std::string_view kNoBinary =
    "tensors come as JSON: the extension for binary data is not spoken here";

struct Tensor {
  std::string_view name;
  Datatype datatype = Datatype::kFp64;
  std::size_t rank = 1;
  std::size_t rows = 0;
  std::size_t columns = 1;
  array data;
  std::size_t value_count = 0;  // elements of `data`
  bool is_nested = false;
};

std::string input_place(std::size_t index) { return "inputs[" + std::to_string(index) + "]"; }

base::Result<std::string_view> string_of(const element& value, const std::string& place) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return wrong_member(place, "a string", value);
  return text;
}

Status read_shape(const element& value, const std::string& place, std::size_t max_rows, Tensor& tensor) {
  array shape;
  if (value.get(shape) != simdjson::SUCCESS) return wrong_member(place, "an array of numbers", value);
  const auto hint = [] { return "[n] or [n, 1] for one column, [n, p] for all of them in one tensor"; };
  tensor.rank = shape.size();
  if (tensor.rank < 1 || tensor.rank > 2) {
    return Error{
        .message = "a shape of " + std::to_string(tensor.rank) + " dimensions suits no tensor of records",
        .where = place,
        .hint = hint()};
  }
  std::size_t* into = &tensor.rows;
  tensor.columns = 1;
  for (const element dimension : shape) {
    std::uint64_t size = 0;
    if (dimension.get(size) != simdjson::SUCCESS) {
      return Error{.message = table::shown_json(dimension) + " is no size of a dimension",
                   .where = place,
                   .hint = hint()};
    }
    *std::exchange(into, &tensor.columns) = size;
  }
  Status checked = check_record_count(tensor.rows, max_rows);
  if (checked.ok()) return checked;
  Error error = std::move(checked).error();
  error.where = place;
  return error;
}

/// Everything but `name`, which the caller has read.
Status read_tensor(const element& value, std::size_t index, const Member& shape, const Member& datatype,
                   const Member& data, std::size_t max_rows, Tensor& tensor) {
  const std::string place = input_place(index);
  if (!shape) return missing_member(value, place, "shape", "the number of records: [n]");
  if (!datatype) return missing_member(value, place, "datatype", "such as FP64, INT64, BOOL or BYTES");
  if (!data) return missing_member(value, place, "data", std::string(kNoBinary));
  TRY(read_shape(*shape, place + ".shape", max_rows, tensor));
  const std::string datatype_place = place + ".datatype";
  base::Result<Datatype> known = datatype_from(TRY(string_of(*datatype, datatype_place)));
  if (!known.ok()) {
    Error error = std::move(known).error();
    error.where = datatype_place;
    return error;
  }
  tensor.datatype = *known;
  if (data->get(tensor.data) != simdjson::SUCCESS)
    return wrong_member(place + ".data", "an array of values", *data);
  tensor.value_count = element_count(tensor.data);
  tensor.is_nested = tensor.rank == 2 && tensor.value_count > 0 && (*tensor.data.begin()).is_array();
  return {};
}

Status check_value_count(const Tensor& tensor, std::size_t index) {
  const std::size_t expected = tensor.is_nested ? tensor.rows : tensor.rows * tensor.columns;
  if (tensor.value_count == expected) return {};
  std::string shape = "[" + std::to_string(tensor.rows);
  if (tensor.rank == 2) shape += ", " + std::to_string(tensor.columns);
  return Error{.message = "the shape " + shape + "] asks for " + std::to_string(expected) +
                          (tensor.is_nested ? " rows" : " values") + ", the data have " +
                          std::to_string(tensor.value_count),
               .where = input_place(index) + ".data",
               .hint = "send as many values as the shape says; null where one is missing"};
}

Error unsuited(const contract::ColumnSchema& column, Datatype datatype, std::size_t index,
               const std::string& hint) {
  return {.message = "the column " + base::quoted(column.name) + " is " +
                     std::string(contract::to_string(column.kind)) + ": " + std::string(to_string(datatype)) +
                     " does not suit it",
          .where = input_place(index) + ".datatype",
          .hint = hint};
}

Status add_column(const Tensor& tensor, std::size_t index, std::size_t field,
                  const table::RecordFields& fields, ColumnArrays& columns) {
  if (tensor.columns != 1) {
    return Error{.message = "the input " + base::quoted(tensor.name) + " is one column, its shape has " +
                            std::to_string(tensor.columns),
                 .where = input_place(index) + ".shape",
                 .hint = "send one input a column, shape [n] or [n, 1], or a single input with all columns"};
  }
  const contract::ColumnSchema& column = fields.column(field);
  if (!suits(tensor.datatype, column.kind)) {
    return unsuited(column, tensor.datatype, index,
                    "send it as " + std::string(to_string(datatype_of(column.kind))));
  }
  TRY(check_value_count(tensor, index));
  Status added = columns.add(field, tensor.data, tensor.value_count, tensor.datatype, tensor.is_nested);
  if (added.ok()) return added;
  Error error = std::move(added).error();
  error.where = input_place(index) + ".shape";
  return error;
}

/// One tensor that holds all columns.
base::Result<RecordSource*> read_matrix(const Tensor& tensor, const table::RecordFields& fields,
                                        RowArrays& rows) {
  rows.begin(fields, {});
  rows.use_all_columns();
  if (tensor.columns != rows.column_count()) {
    return Error{.message = "the input " + base::quoted(tensor.name) + " has " +
                            std::to_string(tensor.columns) + " columns, the model takes " +
                            std::to_string(rows.column_count()),
                 .where = "inputs[0].shape",
                 .hint = "in this order: " + rows.shown_columns()};
  }
  if (const contract::ColumnSchema* column = rows.find_unsuited(tensor.datatype); column != nullptr) {
    return unsuited(*column, tensor.datatype, 0, "send one input a column, each with its own datatype");
  }
  TRY(check_value_count(tensor, 0));
  rows.set_values(tensor.data, !tensor.is_nested, tensor.rows, tensor.datatype);
  return &rows;
}

bool is_matrix(const Tensor& tensor, const table::RecordFields& fields) {
  if (tensor.rank != 2) return false;
  if (tensor.columns != 1) return true;
  return fields.required_count() == 1 && fields.find(tensor.name, 0) == table::RecordFields::kNone;
}

Status read_parameters(const element& value, V2Request& request) {
  Member features;
  TRY(read_members(value, "parameters", {{"features", &features}}));
  if (!features) return {};
  const std::string_view form = TRY(string_of(*features, "parameters.features"));
  base::Result<predict::RecordForm> known = record_form_from(form);
  if (!known.ok()) {
    Error error = std::move(known).error();
    error.where = "parameters.features";
    return error;
  }
  request.form = *known;
  return {};
}

Status read_wanted_outputs(const element& value, V2Request& request) {
  array outputs;
  if (value.get(outputs) != simdjson::SUCCESS) return wrong_member("outputs", "an array", value);
  for (const element output : outputs) {
    const auto place = [&] { return "outputs[" + std::to_string(request.outputs.size()) + "]"; };
    Member name;
    TRY(read_members(output, place(), {{"name", &name}}));
    if (!name) return missing_member(output, place(), "name", "");
    request.outputs.push_back(TRY(string_of(*name, place() + ".name")));
  }
  return {};
}

}  // namespace

Status read_v2_request(const element& root, V2Request& request) {
  request.form.reset();
  request.outputs.clear();
  Member parameters;
  Member outputs;
  Member inputs;
  TRY(read_members(
      root, "",
      {{"id", &request.id}, {"parameters", &parameters}, {"inputs", &inputs}, {"outputs", &outputs}}));
  if (request.id && !request.id->is_string()) return wrong_member("id", "a string", *request.id);
  if (parameters) TRY(read_parameters(*parameters, request));
  if (outputs) TRY(read_wanted_outputs(*outputs, request));
  if (!inputs) return missing_member(root, "", "inputs", R"(send {"inputs": [one tensor a column, …]})");
  if (inputs->get(request.inputs) != simdjson::SUCCESS) return wrong_member("inputs", "an array", *inputs);
  return {};
}

base::Result<RecordSource*> read_v2_inputs(const V2Request& request, const table::RecordFields& fields,
                                           std::size_t max_rows, ColumnArrays& columns, RowArrays& rows) {
  columns.begin(fields, {}, "input", max_rows);
  const bool is_alone = request.inputs.size() == 1;
  std::size_t index = 0;
  for (const element value : request.inputs) {
    Member name;
    Member shape;
    Member datatype;
    Member data;
    TRY(read_members(value, input_place(index),
                     {{"name", &name}, {"shape", &shape}, {"datatype", &datatype}, {"data", &data}}));
    if (!name) return missing_member(value, input_place(index), "name", "the column's name");
    Tensor tensor;
    tensor.name = TRY(string_of(*name, input_place(index) + ".name"));
    if (is_alone) {
      TRY(read_tensor(value, index, shape, datatype, data, max_rows, tensor));
      if (is_matrix(tensor, fields)) return read_matrix(tensor, fields, rows);
    }
    base::Result<std::size_t> field = columns.name(tensor.name);
    if (!field.ok()) {
      Error error = std::move(field).error();
      error.where = input_place(index) + ".name";
      return error;
    }
    if (!fields.is_ignored(*field)) {
      if (!is_alone) TRY(read_tensor(value, index, shape, datatype, data, max_rows, tensor));
      TRY(add_column(tensor, index, *field, fields, columns));
    }
    ++index;
  }
  Status complete = columns.end();
  if (!complete.ok()) {
    Error error = std::move(complete).error();
    error.where = "inputs";
    return error;
  }
  return &columns;
}

}  // namespace archmlp::serve
