#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/base/text_index.h"
#include "archmlp/contract/schema.h"

namespace archmlp::table {

/// The names that records of a schema may have: its own, and those that are not read.
class RecordFields {
 public:
  static constexpr std::size_t kNone = base::TextIndex::kNone;

  /// `ignored`: names in the schema or not (the label, columns that the recipe removes).
  RecordFields(const contract::Schema& schema, const std::vector<std::string>& ignored);

  const contract::Schema& schema() const noexcept { return schema_; }
  /// The schema's in order, then the ignored ones beyond it; a field is an index into them.
  const std::vector<std::string>& names() const noexcept { return names_.texts(); }
  bool is_ignored(std::size_t field) const noexcept { return ignored_[field] != 0; }
  const contract::ColumnSchema& column(std::size_t field) const noexcept { return schema_.columns[field]; }
  /// Of those that must be there.
  std::size_t required_count() const noexcept { return required_count_; }

  /// kNone if there is no such name. Fields usually arrive in order: `likely` is looked at first, and may be
  /// any number.
  std::size_t find(std::string_view name, std::size_t likely) const noexcept {
    if (likely < names().size() && names()[likely] == name) return likely;
    return names_.find(name);
  }

 private:
  contract::Schema schema_;
  base::TextIndex names_;
  std::vector<std::uint8_t> ignored_;
  std::size_t required_count_ = 0;
};

/// Which fields one record has shown so far. Reused for the next one without being cleared.
class FieldMarks {
 public:
  void begin_record(std::size_t field_count) {
    if (seen_in_.size() != field_count) seen_in_.assign(field_count, 0);
    ++record_;
  }
  bool is_marked(std::size_t field) const noexcept { return seen_in_[field] == record_; }
  void mark(std::size_t field) noexcept { seen_in_[field] = record_; }

 private:
  std::vector<std::uint64_t> seen_in_;
  std::uint64_t record_ = 0;
};

/// The Error that names those which must be there and are not marked; `where` is the first of them. `noun`:
/// "field", "column". Precondition: there are some.
base::Error missing_fields(const RecordFields& fields, const FieldMarks& marks, std::string_view noun);
/// The Error for a name that no field has, with near names.
base::Error unknown_field(const RecordFields& fields, std::string_view name, std::string_view noun);
base::Error repeated_field(std::string_view name, std::string_view noun);

}  // namespace archmlp::table
