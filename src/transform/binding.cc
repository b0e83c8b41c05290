#include "archmlp/transform/binding.h"

#include <unordered_set>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"

namespace archmlp::transform {

base::Result<std::size_t> require_column(const contract::Schema& schema, const std::string& name) {
  if (const auto index = schema.find(name)) return *index;
  return base::Error{.message = "there is no column " + base::quoted(name),
                     .hint = base::suggest_names(name, schema.names())};
}

base::Result<std::vector<std::size_t>> require_columns(const contract::Schema& schema,
                                                       const std::vector<std::string>& names) {
  std::vector<std::size_t> indices;
  std::unordered_set<std::size_t> seen;
  for (const std::string& name : names) {
    indices.push_back(TRY(require_column(schema, name)));
    if (!seen.insert(indices.back()).second) {
      return base::Error{.message = "column " + base::quoted(name) + " is named twice",
                         .hint = "name it once"};
    }
  }
  return indices;
}

base::Status require_distinct_names(const contract::Schema& schema) {
  std::unordered_set<std::string_view> seen;
  for (const contract::ColumnSchema& column : schema.columns) {
    if (column.name.empty()) return base::Error{.message = "a column would have an empty name"};
    if (!seen.insert(column.name).second) {
      return base::Error{.message = "two columns would be called " + base::quoted(column.name),
                         .hint = "rename or remove one of them first"};
    }
  }
  return {};
}

contract::ColumnSchema made_column(std::string name, contract::ColumnKind kind, bool nullable) {
  return {.name = std::move(name), .kind = kind, .nullable = nullable, .missing_values = {""}};
}

base::Result<table::Table> make_table(std::vector<table::Column> columns, std::size_t row_count) {
  if (columns.empty()) return table::Table::without_columns(row_count);
  return table::Table::from_columns(std::move(columns));
}

}  // namespace archmlp::transform
