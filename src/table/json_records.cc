#include "archmlp/table/json_records.h"

#include <cassert>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/table/json_body.h"
#include "archmlp/table/json_cell.h"
#include "archmlp/table/json_record_reader.h"

namespace archmlp::table {

using base::Error;
using base::Status;
using simdjson::dom::element;

struct JsonRecordDecoder::State {
  State(const contract::Schema& schema, const Options& options) : reader(schema, options.ignored) {}

  Status collect(std::size_t max_records);

  JsonBody body;
  JsonRecordReader reader;
  std::vector<element> records;
  bool is_array = false;
};

Status JsonRecordDecoder::State::collect(std::size_t max_records) {
  const element root = body.root();
  if (root.is_object()) {
    records.push_back(root);
    return {};
  }
  simdjson::dom::array array;
  if (root.get(array) != simdjson::SUCCESS) {
    return Error{.message =
                     "expected an object or an array of objects, found " + std::string(json_kind_of(root))};
  }
  is_array = true;
  for (const element item : array) {
    if (records.size() == max_records) {
      records.clear();
      return Error{.code = base::ErrorCode::kResourceLimit,
                   .message = "more than " + base::with_thousands(max_records) + " records at once",
                   .hint = "send them in smaller batches"};
    }
    records.push_back(item);
  }
  return {};
}

JsonRecordDecoder::JsonRecordDecoder(const contract::Schema& schema, const Options& options)
    : state_(std::make_unique<State>(schema, options)) {}
JsonRecordDecoder::~JsonRecordDecoder() = default;
JsonRecordDecoder::JsonRecordDecoder(JsonRecordDecoder&&) noexcept = default;
JsonRecordDecoder& JsonRecordDecoder::operator=(JsonRecordDecoder&&) noexcept = default;

Status JsonRecordDecoder::parse(std::string_view body, std::size_t slack, std::size_t max_records) {
  constexpr std::size_t kKeptRecords = 10'000;
  state_->is_array = false;
  const std::size_t room = state_->records.capacity();
  if (room > kKeptRecords && body.size() < room) std::vector<element>().swap(state_->records);
  state_->records.clear();
  TRY(state_->body.parse(body, slack));
  return state_->collect(max_records);
}
bool JsonRecordDecoder::is_syntax_error() const noexcept { return state_->body.is_syntax_error(); }
bool JsonRecordDecoder::is_array() const noexcept { return state_->is_array; }
std::size_t JsonRecordDecoder::record_count() const noexcept { return state_->records.size(); }

Status JsonRecordDecoder::decode(std::size_t index, Record& record) {
  assert(index < state_->records.size());
  Status decoded = state_->reader.decode(state_->records[index], record);
  if (decoded.ok() || !state_->is_array) return decoded;
  Error error = std::move(decoded).error();
  error.where = "[" + std::to_string(index) + "]" + (error.where.empty() ? "" : ".") + error.where;
  return error;
}

}  // namespace archmlp::table
