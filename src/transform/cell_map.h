#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/table/record.h"
#include "archmlp/transform/step.h"

namespace archmlp::transform {

/// A function of one cell, for steps that change columns cell by cell.
class CellMap {
 public:
  virtual ~CellMap() = default;
  /// What `cell`, which has a value, becomes: a cell of `kind`; nothing if it is refused. Text lives in
  /// `buffer`, where `cell` lives, or in this.
  virtual std::optional<table::Cell> apply(const table::Cell& cell, std::string& buffer) const = 0;
  /// Message and hint for a cell that apply() refuses.
  virtual base::Error refusal(std::string_view column, const table::Cell& cell) const = 0;

  const contract::ColumnKind kind;
  const bool may_refuse;

 protected:
  CellMap(contract::ColumnKind made, bool refuses) : kind(made), may_refuse(refuses) {}
};

struct MappedColumn {
  std::size_t column = 0;
  std::shared_ptr<const CellMap> map;
};

/// Missing cells stay missing, as the map's kind. Errors of the bound step: kInvalidInput for the first row
/// with a refused cell, as if the rows came one by one; rows outside the population are not refused. `output`
/// is the schema with the columns as they become.
std::unique_ptr<const BoundStep> bind_cell_maps(contract::Schema output, std::vector<MappedColumn> columns);

/// A text that lives as long as the record's other texts.
std::string& next_text(RecordScratch& scratch);

}  // namespace archmlp::transform
