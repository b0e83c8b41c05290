// Any JSON is refused with an error or read as fitted steps; steps that bind give a table and its records the
// same values, before and after they are written and read again.

#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "archmlp/contract/json_reader.h"
#include "archmlp/expression/test_support.h"
#include "archmlp/transform/plan.h"

namespace {

using archmlp::transform::Plan;
namespace expression = archmlp::expression;
namespace transform = archmlp::transform;

const archmlp::table::Table& rows() {
  static const archmlp::table::Table table = [] {
    archmlp::base::Rng rng(1);
    return expression::random_table(rng, 10);
  }();
  return table;
}

void require(bool condition) {
  if (!condition) std::abort();
}

void compare(const Plan& plan) {
  transform::BatchNotes notes;
  const auto table = plan.apply(rows(), notes);
  transform::RecordScratch scratch;
  for (std::size_t row = 0; row < rows().row_count(); ++row) {
    auto record = expression::record_at(rows(), row);
    const auto status = plan.apply(record, scratch);
    if (!table.ok()) continue;
    require(status.ok() == (notes.outside.empty() || notes.outside[row] == 0));
    if (!status.ok()) continue;
    require(record.size() == table->columns().size());
    for (std::size_t i = 0; i < record.size(); ++i) {
      require(expression::equal_cells(record[i], cell_at(table->column(i), row)));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const archmlp::contract::Schema schema = expression::schema_of(rows());
  const auto json = archmlp::contract::parse_json({reinterpret_cast<const char*>(data), size});
  if (!json.ok()) return 0;
  const auto steps = transform::steps_from_json(*json);
  if (!steps.ok()) return 0;
  const auto written = transform::to_json(*steps);
  const auto again = transform::steps_from_json(written);
  require(again.ok() && transform::to_json(*again) == written);
  const auto plan = Plan::bind(*steps, schema);
  if (plan.ok()) compare(*plan);
  return 0;
}
