#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "archmlp/contract/schema.h"
#include "archmlp/table/record.h"
#include "archmlp/table/table.h"
#include "archmlp/transform/step.h"

// Columns of 0 and 1 that are made of one column.

namespace archmlp::transform {

/// Appends `count` columns, named as those of `output` behind what `columns` has. `made_of(row)`: which of
/// them is 1, negative for none.
template <typename MadeOf>
void append_indicators(const contract::Schema& output, std::size_t count, std::size_t row_count,
                       const MadeOf& made_of, std::vector<table::Column>& columns) {
  std::vector<table::IntegerCells> indicators(count);
  for (table::IntegerCells& cells : indicators) cells.values.resize(row_count, 0);
  for (std::size_t row = 0; row < row_count; ++row) {
    const auto made = made_of(row);
    if (made >= 0) indicators[static_cast<std::size_t>(made)].values[row] = 1;
  }
  for (table::IntegerCells& cells : indicators)
    columns.emplace_back(output.columns[columns.size()].name, std::move(cells));
}

/// A step whose output ends with such columns: `apply_sparsely` is the one to write.
class IndicatorStep : public BoundStep {
 public:
  using BoundStep::apply;
  base::Status apply(table::Record& record, RecordScratch& scratch) const final;
  base::Status apply_sparsely(table::Record& record, RecordScratch& scratch) const override = 0;

 protected:
  using BoundStep::BoundStep;
};

}  // namespace archmlp::transform
