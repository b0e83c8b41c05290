#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>

#include "archmlp/contract/schema.h"
#include "archmlp/expression/emitter.h"
#include "archmlp/expression/program.h"

namespace archmlp::expression {

/// The columns that an expression names.
class ColumnNames {
 public:
  /// `schema` must outlive this.
  explicit ColumnNames(const contract::Schema& schema) : schema_(schema) {}

  /// The column's cells, by its index in the schema; nothing if there is none of that name. `at`: where the
  /// name stands.
  std::optional<Value> find(const std::string& name, std::size_t at);
  std::string hint_for_unknown(const std::string& name, bool is_followed_by_name) const;

 private:
  const contract::Schema& schema_;
  std::unordered_map<std::string, std::size_t> resolved_;
};

/// From indices into the schema to indices into program.columns, the ascending list of those that are read.
void number_columns(Expression::Program& program);

}  // namespace archmlp::expression
