#include "archmlp/table/record_fields.h"

#include <algorithm>
#include <cassert>

#include "archmlp/base/text.h"
#include "archmlp/table/json_syntax.h"

namespace archmlp::table {
namespace {

std::vector<std::string> names_of(const contract::Schema& schema, const std::vector<std::string>& ignored) {
  std::vector<std::string> names = schema.names();
  for (const std::string& name : ignored) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

}  // namespace

RecordFields::RecordFields(const contract::Schema& schema, const std::vector<std::string>& ignored)
    : schema_(schema), names_(names_of(schema, ignored)), ignored_(names().size()) {
  for (const std::string& name : ignored) ignored_[names_.find(name)] = 1;
  required_count_ = static_cast<std::size_t>(std::count(ignored_.begin(), ignored_.end(), 0));
}

base::Error missing_fields(const RecordFields& fields, const FieldMarks& marks, std::string_view noun) {
  std::string names;
  std::string_view first;
  constexpr std::size_t kShown = 10;
  std::size_t count = 0;
  for (std::size_t i = 0; i < fields.names().size(); ++i) {
    if (fields.is_ignored(i) || marks.is_marked(i)) continue;
    if (count == 0) first = fields.names()[i];
    if (count < kShown) names += (count == 0 ? "" : ", ") + base::quoted(fields.names()[i]);
    ++count;
  }
  assert(count > 0);
  if (count > kShown) names += ", … (" + std::to_string(count) + " in all)";
  const std::string thing(noun);
  return {.message = "missing " + thing + (count == 1 ? " " : "s ") + names,
          .where = where_name(first),
          .hint = "send every " + thing + " of the record; null where a value is missing"};
}

base::Error unknown_field(const RecordFields& fields, std::string_view name, std::string_view noun) {
  return {.message = "unknown " + std::string(noun) + " " + base::quoted(name),
          .where = where_name(name),
          .hint = base::suggest_names(name, fields.names())};
}

base::Error repeated_field(std::string_view name, std::string_view noun) {
  return {.message = "the " + std::string(noun) + " " + base::quoted(name) + " is there twice",
          .where = where_name(name)};
}

}  // namespace archmlp::table
