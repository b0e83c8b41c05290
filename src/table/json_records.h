#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/contract/schema.h"
#include "archmlp/table/record.h"

namespace archmlp::table {

/// Decodes JSON objects into typed records by a schema; fields are matched by name, in any order. Keeps its
/// buffers: make one a thread. Integers stay exact; a JSON number with an integral value suits an integer
/// column; null is missing. Columns named in `ignored` may be there or not, whatever they hold (their cells
/// stay missing); all others must be there.
class JsonRecordDecoder {
 public:
  struct Options {
    std::vector<std::string>
        ignored;  // names, in the schema or not (the label, columns that the recipe removes)
  };
  JsonRecordDecoder(const contract::Schema& schema, const Options& options);
  ~JsonRecordDecoder();
  JsonRecordDecoder(JsonRecordDecoder&&) noexcept;
  JsonRecordDecoder& operator=(JsonRecordDecoder&&) noexcept;

  /// Parses a whole body: one object, or an array of objects. All of it is checked as JSON before any of it
  /// is used. Errors: kInvalidInput, message "the body is not valid JSON: …" with `where` = `byte N` (from
  /// 0), for anything that RFC 8259 or UTF-8 does not allow (is_syntax_error() is then true). Otherwise it is
  /// JSON that cannot be used: kInvalidInput for something that is neither object nor array, a number beyond
  /// the range of a 64-bit float, an unpaired surrogate escape (both refused in ignored columns, too);
  /// kResourceLimit for more than 1,024 levels or `max_records`. After an error there are no records.
  /// `slack`: how many bytes behind the body may be read, whatever they hold; 64 and more save a copy of it.
  base::Status parse(std::string_view body, std::size_t slack = 0,
                     std::size_t max_records = std::numeric_limits<std::size_t>::max());
  bool is_syntax_error() const noexcept;  // of the last parse
  bool is_array() const noexcept;         // of the last parse: the answer takes the same form
  std::size_t record_count() const noexcept;
  /// Fills `record` with one cell a column of the schema. Its text lives until the next parse. Steady state
  /// allocates nothing. Precondition: index < record_count(). Errors: kInvalidInput with `where` = `field` or
  /// `[index].field`: not an object, a missing field, an unknown field (near names), a duplicate key, a wrong
  /// type, a number out of range, null in a column that is not nullable.
  base::Status decode(std::size_t index, Record& record);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace archmlp::table
