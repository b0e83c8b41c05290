#pragma once

#include <simdjson.h>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/serve/datatype.h"
#include "archmlp/serve/record_source.h"
#include "archmlp/table/json_record_reader.h"
#include "archmlp/table/record_fields.h"

namespace archmlp::serve {

// Records of a parsed JSON document that are not members of it one by one: read in place, row by row. The
// document must live as long as they are asked for. They keep their buffers.

/// How many elements an array has. Linear where there are more than simdjson counts.
std::size_t element_count(const simdjson::dom::array& array) noexcept;
/// Errors: kResourceLimit if that many records are too many for one request.
base::Status check_record_count(std::size_t count, std::size_t max_rows);

/// One array of values a column.
class ColumnArrays final : public RecordSource {
 public:
  /// `place`: where the columns stand, as `inputs`; may be empty. `noun`: "input", "column". Both outlive it.
  void begin(const table::RecordFields& fields, std::string_view place, std::string_view noun,
             std::size_t max_rows);
  /// The next column is `name`: gives its field. Errors: kInvalidInput for a name that is unknown, or there
  /// twice.
  base::Result<std::size_t> name(std::string_view name);
  /// Its values; not those of an ignored field, which nobody looks at. is_nested: every value stands in an
  /// array of its own. Errors: kInvalidInput if the columns before have another number of values;
  /// kResourceLimit.
  base::Status add(std::size_t field, const simdjson::dom::array& values, std::size_t count,
                   Datatype datatype, bool is_nested);
  /// Errors: kInvalidInput for columns that must be there and are not.
  base::Status end() const;

  std::size_t row_count() const noexcept override { return row_count_; }
  base::Status decode(std::size_t row, table::Record& record) override;
  std::string place(std::size_t row) const override;

 private:
  struct Stream {
    std::size_t field;
    simdjson::dom::array::iterator next;
    Datatype datatype;
    bool is_nested;
  };
  const table::RecordFields* fields_ = nullptr;
  std::string_view place_, noun_;
  table::FieldMarks marks_;
  std::vector<Stream> streams_;
  std::size_t last_field_ = table::RecordFields::kNone;
  std::size_t max_rows_ = 0;
  std::size_t row_count_ = 0;
};

/// One array of values a row, or all of them one behind the other.
class RowArrays final : public RecordSource {
 public:
  void begin(const table::RecordFields& fields, std::string_view place);
  /// The columns are those that must be there, in the order of the schema.
  void use_all_columns();
  /// The next column is `name`. Errors: as ColumnArrays::name.
  base::Status add_column(std::string_view name);
  /// Errors: kInvalidInput for columns that must be there and are not.
  base::Status check_columns() const;
  std::size_t column_count() const noexcept { return columns_.size(); }
  /// The names of the columns, for messages.
  std::string shown_columns() const;
  /// Precondition, if they are flat: row_count * column_count() values. `datatype` suits all columns.
  void set_values(const simdjson::dom::array& values, bool is_flat, std::size_t row_count, Datatype datatype);

  std::size_t row_count() const noexcept override { return row_count_; }
  base::Status decode(std::size_t row, table::Record& record) override;
  std::string place(std::size_t row) const override;

  /// The first column that a tensor of that type cannot give its values; null if there is none.
  const contract::ColumnSchema* find_unsuited(Datatype datatype) const noexcept;

 private:
  base::Status decode_cell(std::size_t row, std::size_t field, const simdjson::dom::element& value,
                           table::Record& record) const;

  const table::RecordFields* fields_ = nullptr;
  std::string_view place_;
  table::FieldMarks marks_;
  std::vector<std::size_t> columns_;  // fields, in the order of the values
  std::size_t required_count_ = 0;    // of them
  simdjson::dom::array::iterator next_;
  bool is_flat_ = false;
  Datatype datatype_ = Datatype::kAny;
  std::size_t row_count_ = 0;
};

/// An array of objects.
class RecordObjects final : public RecordSource {
 public:
  RecordObjects(const contract::Schema& schema, const std::vector<std::string>& ignored)
      : reader_(schema, ignored) {}

  const table::RecordFields& fields() const noexcept { return reader_.fields(); }
  /// `place` outlives it.
  void set_values(const simdjson::dom::array& values, std::size_t row_count, std::string_view place);

  std::size_t row_count() const noexcept override { return row_count_; }
  base::Status decode(std::size_t row, table::Record& record) override;
  std::string place(std::size_t row) const override;

 private:
  table::JsonRecordReader reader_;
  std::string_view place_;
  simdjson::dom::array::iterator next_;
  std::size_t row_count_ = 0;
};

}  // namespace archmlp::serve
