#include "archmlp/table/json_records.h"

#include <simdjson.h>
#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

#include "archmlp/base/rng.h"
#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/table/cell_decoder.h"
#include "archmlp/table/json_syntax.h"

namespace archmlp::table {
namespace {

using base::Error;
using base::Status;
using contract::ColumnKind;
using simdjson::dom::element;
using simdjson::dom::element_type;

constexpr std::size_t kMaxDepth = 1024;
constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

/// Names to indices. Fields usually arrive in the order of the schema, so find() looks there first.
class FieldIndex {
 public:
  explicit FieldIndex(std::vector<std::string> names) : names_(std::move(names)) {
    std::size_t size = 8;
    while (size < 2 * names_.size()) size *= 2;
    slots_.assign(size, kNone);
    for (std::size_t i = 0; i < names_.size(); ++i) {
      std::size_t slot = hash(names_[i]) & (size - 1);
      while (slots_[slot] != kNone) slot = (slot + 1) & (size - 1);
      slots_[slot] = i;
    }
  }

  const std::vector<std::string>& names() const noexcept { return names_; }

  /// kNone if there is no such name. `likely` is any number.
  std::size_t find(std::string_view name, std::size_t likely) const noexcept {
    if (likely < names_.size() && names_[likely] == name) return likely;
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t slot = hash(name) & mask; slots_[slot] != kNone; slot = (slot + 1) & mask) {
      if (names_[slots_[slot]] == name) return slots_[slot];
    }
    return kNone;
  }

 private:
  static std::size_t hash(std::string_view name) noexcept {
    std::uint64_t hash = name.size();
    for (; name.size() > 8; name.remove_prefix(8)) hash = base::mix64(hash ^ word(name.substr(0, 8)));
    return base::mix64(hash ^ word(name));
  }
  static std::uint64_t word(std::string_view bytes) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), bytes.size());
    return word;
  }

  std::vector<std::string> names_;
  std::vector<std::size_t> slots_;  // a power of two, at most half full
};

struct Field {
  std::size_t column = kNone;  // of the schema; kNone for an ignored name beyond it
  bool ignored = false;
};

std::string_view kind_of(const element& value) noexcept {
  switch (value.type()) {
    case element_type::ARRAY:
      return "an array";
    case element_type::OBJECT:
      return "an object";
    case element_type::STRING:
      return "a string";
    case element_type::BOOL:
      return "a boolean";
    case element_type::NULL_VALUE:
      return "null";
    default:
      return "a number";
  }
}

/// As the value is written, for a message.
std::string shown(const element& value) {
  switch (value.type()) {
    case element_type::ARRAY:
      return "[…]";
    case element_type::OBJECT:
      return "{…}";
    case element_type::STRING:
      return std::string(value.get_string().value_unsafe());
    case element_type::DOUBLE:
      return base::format_real(value.get_double().value_unsafe());
    case element_type::INT64:
      return std::to_string(value.get_int64().value_unsafe());
    case element_type::UINT64:
      return std::to_string(value.get_uint64().value_unsafe());
    case element_type::BOOL:
      return value.get_bool().value_unsafe() ? "true" : "false";
    default:
      return "null";
  }
}

/// JSON knows text by its quotes, which a CSV does not.
Error wrong_json_type(const contract::ColumnSchema& column, const element& value) {
  Error error = wrong_type(column, shown(value));
  if (value.is_string()) {
    error.hint = "send it without quotes: what stands in quotes is text";
  } else if (column.kind == ColumnKind::kText && (value.is_number() || value.is_bool())) {
    error.hint = "send it in quotes: this column holds text";
  }
  return error;
}

Error out_of_range(const contract::ColumnSchema& column, const element& value) {
  return {
      .message = "column " + base::quoted(column.name) + ": the number " + shown(value) +
                 " is out of range for an integer column",
      .hint = "send an integer within 64 bits, written without fraction or exponent if it is beyond 2^53"};
}

base::Result<Cell> decode_integer_value(const contract::ColumnSchema& column, const element& value) {
  switch (value.type()) {
    case element_type::INT64:
      return Cell::of(value.get_int64().value_unsafe());
    case element_type::UINT64:
      return out_of_range(column, value);  // simdjson: only where INT64 does not do
    case element_type::DOUBLE: {
      const double number = value.get_double().value_unsafe();
      if (number != std::floor(number)) return wrong_json_type(column, value);
      if (std::abs(number) >= 0x1p53) return out_of_range(column, value);
      return Cell::of(static_cast<std::int64_t>(number));
    }
    default:
      return wrong_json_type(column, value);
  }
}

base::Result<Cell> decode_value(const contract::ColumnSchema& column, const element& value) {
  const element_type type = value.type();
  if (type == element_type::NULL_VALUE) {
    if (column.nullable) return Cell::none(column.kind);
    return Error{.message = "column " + base::quoted(column.name) + " may not be null",
                 .hint = "send a value: no row that the model was fitted on lacked one"};
  }
  switch (column.kind) {
    case ColumnKind::kInteger:
      return decode_integer_value(column, value);
    case ColumnKind::kReal:
      if (type == element_type::DOUBLE) return Cell::of(value.get_double().value_unsafe());
      if (type == element_type::INT64) return Cell::of(static_cast<double>(value.get_int64().value_unsafe()));
      if (type == element_type::UINT64)
        return Cell::of(static_cast<double>(value.get_uint64().value_unsafe()));
      break;
    case ColumnKind::kBoolean:
      if (type == element_type::BOOL) return Cell::of(value.get_bool().value_unsafe());
      break;
    case ColumnKind::kText:
      if (type == element_type::STRING) return Cell::of(value.get_string().value_unsafe());
      break;
  }
  return wrong_json_type(column, value);
}

/// simdjson 3.0 takes the low half of a surrogate pair on its own.
bool may_hold_surrogates(std::string_view body) noexcept {
  for (std::size_t at = body.find('\\'); at != std::string_view::npos; at = body.find('\\', at + 2)) {
    const std::string_view escape = body.substr(at, 3);
    if (escape == "\\ud" || escape == "\\uD") return true;
  }
  return false;
}

}  // namespace

struct JsonRecordDecoder::State {
  State(const contract::Schema& schema_in, Options options_in)
      : schema(schema_in), options(std::move(options_in)), fields(all_names(schema, options.ignored)) {
    field_of.resize(fields.names().size());
    for (std::size_t i = 0; i < schema.columns.size(); ++i) field_of[i].column = i;
    for (const std::string& name : options.ignored) field_of[fields.find(name, kNone)].ignored = true;
    required_count = static_cast<std::size_t>(
        std::count_if(field_of.begin(), field_of.end(), [](const Field& field) { return !field.ignored; }));
    seen_in.resize(field_of.size());
  }

  static std::vector<std::string> all_names(const contract::Schema& schema,
                                            const std::vector<std::string>& ignored) {
    std::vector<std::string> names = schema.names();
    for (const std::string& name : ignored) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
    return names;
  }

  Status parse(std::string_view body, std::size_t slack);
  Status diagnose(std::string_view body);
  Status collect();
  Status decode(const element& root, std::size_t index, Record& record);
  Status missing_field(std::size_t index) const;
  std::string where(std::size_t index, std::string_view field) const;
  Error at(std::size_t index, std::string_view field, Error error) const {
    error.where = where(index, field);
    return error;
  }

  contract::Schema schema;
  Options options;
  FieldIndex fields;  // the schema's names in order, then the ignored ones beyond it
  std::vector<Field> field_of;
  std::size_t required_count = 0;
  std::vector<std::uint64_t> seen_in;  // per field: the decode() that last saw it
  std::uint64_t decode_number = 0;

  simdjson::dom::parser parser;
  element root;
  std::vector<element> records;
  bool is_syntax_error = false;
  bool is_array = false;
};

Status JsonRecordDecoder::State::parse(std::string_view body, std::size_t slack) {
  is_syntax_error = false;
  is_array = false;
  records.clear();
  constexpr std::size_t kLargeParser = 1'000'000;  // bytes of body; a parser holds up to 14 times that
  if (parser.capacity() > kLargeParser && body.size() < kLargeParser / 16) {
    parser = simdjson::dom::parser();
    std::vector<element>().swap(records);
  }
  const bool needs_copy = slack < simdjson::SIMDJSON_PADDING;
  const bool read = parser.parse(body.data(), body.size(), needs_copy).get(root) == simdjson::SUCCESS;
  if (!read || may_hold_surrogates(body)) TRY(diagnose(body));
  return collect();
}

/// Why the parser refused the body; reads it again where integers beyond 64 bits are all that troubled it,
/// now as reals, which real columns may hold.
Status JsonRecordDecoder::State::diagnose(std::string_view body) {
  const JsonDiagnosis diagnosis = diagnose_json(body, kMaxDepth);
  switch (diagnosis.kind) {
    case JsonDiagnosis::Kind::kSyntax:
      is_syntax_error = true;
      return Error{.message = "the body is not valid JSON: " + diagnosis.message,
                   .where = "byte " + std::to_string(diagnosis.offset)};
    case JsonDiagnosis::Kind::kTooDeep:
      return Error{.code = base::ErrorCode::kResourceLimit,
                   .message = "the body cannot be used: " + diagnosis.message,
                   .where = diagnosis.where,
                   .hint = "send flat records"};
    case JsonDiagnosis::Kind::kNumberRange:
    case JsonDiagnosis::Kind::kUnpairedSurrogate:
      return Error{.message = "the body cannot be used: " + diagnosis.message, .where = diagnosis.where};
    case JsonDiagnosis::Kind::kValid:
      break;
  }
  std::string widened;
  widened.reserve(body.size() + 2 * diagnosis.wide_integers.size());
  std::size_t copied = 0;
  for (const std::size_t end : diagnosis.wide_integers) {
    widened.append(body.substr(copied, end - copied)).append("e0");
    copied = end;
  }
  widened.append(body.substr(copied));
  if (parser.parse(widened).get(root) == simdjson::SUCCESS) return {};
  return Error{.code = base::ErrorCode::kResourceLimit,
               .message = "the body is too large to be parsed",
               .hint = "send fewer records at a time"};
}

Status JsonRecordDecoder::State::collect() {
  if (root.is_object()) {
    records.push_back(root);
    return {};
  }
  simdjson::dom::array array;
  if (root.get(array) != simdjson::SUCCESS) {
    return Error{.message = "expected an object or an array of objects, found " + std::string(kind_of(root))};
  }
  is_array = true;
  for (const element item : array) {
    if (records.size() == options.max_records) {
      records.clear();
      return Error{.code = base::ErrorCode::kResourceLimit,
                   .message = "more than " + base::with_thousands(options.max_records) + " records at once",
                   .hint = "send them in smaller batches"};
    }
    records.push_back(item);
  }
  return {};
}

std::string JsonRecordDecoder::State::where(std::size_t index, std::string_view field) const {
  std::string text = is_array ? "[" + std::to_string(index) + "]" : std::string();
  if (field.data() == nullptr) return text;
  if (is_array) text += '.';
  return text + where_name(field);
}

Status JsonRecordDecoder::State::missing_field(std::size_t index) const {
  std::string message;
  std::string_view first;
  constexpr std::size_t kShown = 10;
  std::size_t count = 0;
  for (std::size_t i = 0; i < field_of.size(); ++i) {
    if (field_of[i].ignored || seen_in[i] == decode_number) continue;
    if (count == 0) first = fields.names()[i];
    if (count < kShown) message += (count == 0 ? "" : ", ") + base::quoted(fields.names()[i]);
    ++count;
  }
  assert(count > 0);
  if (count > kShown) message += ", … (" + std::to_string(count) + " in all)";
  return at(index, first,
            {.message = (count == 1 ? "missing field " : "missing fields ") + message,
             .hint = "send every field of the record; null where a value is missing"});
}

Status JsonRecordDecoder::State::decode(const element& value, std::size_t index, Record& record) {
  simdjson::dom::object object;
  if (value.get(object) != simdjson::SUCCESS) {
    return at(index, {},
              {.message = "expected an object, found " + std::string(kind_of(value)),
               .hint = R"(write a record as {"field": value, …})"});
  }
  record.resize(schema.columns.size());
  for (std::size_t i = 0; i < record.size(); ++i) record[i] = Cell::none(schema.columns[i].kind);
  ++decode_number;
  std::size_t required_seen = 0;
  std::size_t last = kNone;
  for (const simdjson::dom::key_value_pair pair : object) {
    const std::size_t found = fields.find(pair.key, last + 1);
    if (found == kNone) {
      return at(index, pair.key,
                {.message = "unknown field " + base::quoted(pair.key),
                 .hint = base::suggest_names(pair.key, fields.names())});
    }
    last = found;
    if (seen_in[found] == decode_number) {
      return at(index, pair.key, {.message = "the field " + base::quoted(pair.key) + " is there twice"});
    }
    seen_in[found] = decode_number;
    if (field_of[found].ignored) continue;
    ++required_seen;
    const contract::ColumnSchema& column = schema.columns[found];
    base::Result<Cell> cell = decode_value(column, pair.value);
    if (!cell.ok()) return at(index, pair.key, std::move(cell).error());
    record[found] = *cell;
  }
  if (required_seen < required_count) return missing_field(index);
  return {};
}

JsonRecordDecoder::JsonRecordDecoder(const contract::Schema& schema, Options options)
    : state_(std::make_unique<State>(schema, std::move(options))) {}
JsonRecordDecoder::~JsonRecordDecoder() = default;
JsonRecordDecoder::JsonRecordDecoder(JsonRecordDecoder&&) noexcept = default;
JsonRecordDecoder& JsonRecordDecoder::operator=(JsonRecordDecoder&&) noexcept = default;

Status JsonRecordDecoder::parse(std::string_view body, std::size_t slack) {
  return state_->parse(body, slack);
}
bool JsonRecordDecoder::is_syntax_error() const noexcept { return state_->is_syntax_error; }
bool JsonRecordDecoder::is_array() const noexcept { return state_->is_array; }
std::size_t JsonRecordDecoder::record_count() const noexcept { return state_->records.size(); }

Status JsonRecordDecoder::decode(std::size_t index, Record& record) {
  assert(index < state_->records.size());
  return state_->decode(state_->records[index], index, record);
}

}  // namespace archmlp::table
