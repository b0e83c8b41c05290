#include "archmlp/preprocess/columns.h"

#include <fmt/format.h>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"

namespace archmlp::preprocess {

base::Result<const contract::ColumnSchema*> find_column(const contract::Schema& schema,
                                                        std::string_view name) {
  if (const auto index = schema.find(name)) return &schema.columns[*index];
  return base::Error{.message = fmt::format("there is no column {} here", base::quoted(name)),
                     .where = "columns",
                     .hint = base::suggest_names(name, schema.names())};
}

base::Result<std::vector<const contract::ColumnSchema*>> find_columns(const contract::Schema& schema,
                                                                      const std::vector<std::string>& names) {
  std::vector<const contract::ColumnSchema*> columns;
  columns.reserve(names.size());
  for (const std::string& name : names) columns.push_back(TRY(find_column(schema, name)));
  return columns;
}

base::Error no_training_value(std::string_view column) {
  return base::Error{
      .message = fmt::format("column {} has no value in any training row", base::quoted(column)),
      .where = "columns",
      .hint = "remove the column"};
}

}  // namespace archmlp::preprocess
