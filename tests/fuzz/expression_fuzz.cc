// Any text is refused with an error or compiled; what is compiled gives a table and its records the same
// values.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "archmlp/expression/expression.h"
#include "archmlp/expression/test_support.h"

namespace {

using archmlp::expression::Expression;

const archmlp::table::Table& rows() {
  static const archmlp::table::Table table = [] {
    archmlp::base::Rng rng(1);
    return archmlp::expression::random_table(rng, 20);
  }();
  return table;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const archmlp::contract::Schema schema = archmlp::expression::schema_of(rows());
  const auto expression = Expression::compile({reinterpret_cast<const char*>(data), size}, schema);
  if (!expression.ok()) {
    if (to_string(expression.error()).empty()) std::abort();
    return 0;
  }
  const archmlp::table::Column column("result", *expression->evaluate(rows()));
  archmlp::expression::Scratch scratch;
  for (std::size_t row = 0; row < rows().row_count(); ++row) {
    scratch.clear();
    const auto record = archmlp::expression::record_at(rows(), row);
    const auto cell = expression->evaluate(record, scratch);
    if (!archmlp::expression::equal_cells(cell, archmlp::table::cell_at(column, row))) std::abort();
  }
  return 0;
}
