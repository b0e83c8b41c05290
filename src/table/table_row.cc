#include "archmlp/table/table_row.h"

namespace archmlp::table {
namespace {

Cell cell_of(const IntegerCells& cells, std::size_t row) noexcept {
  const bool missing = !cells.missing.empty() && cells.missing[row] != 0;
  return missing ? Cell::none(contract::ColumnKind::kInteger) : Cell::of(cells.values[row]);
}
Cell cell_of(const RealCells& cells, std::size_t row) noexcept { return Cell::of(cells.values[row]); }
Cell cell_of(const BooleanCells& cells, std::size_t row) noexcept {
  const bool missing = cells.values[row] == kMissingBoolean;
  return missing ? Cell::none(contract::ColumnKind::kBoolean) : Cell::of(cells.values[row] != 0);
}
Cell cell_of(const TextCells& cells, std::size_t row) noexcept {
  const std::int32_t code = cells.codes[row];
  if (code < 0) return Cell::none(contract::ColumnKind::kText);
  return Cell::of(std::string_view(cells.levels[static_cast<std::size_t>(code)]));
}

}  // namespace

Cell cell_at(const Column& column, std::size_t row) noexcept {
  switch (column.kind()) {
    case contract::ColumnKind::kInteger:
      return cell_of(column.integers(), row);
    case contract::ColumnKind::kReal:
      return cell_of(column.reals(), row);
    case contract::ColumnKind::kBoolean:
      return cell_of(column.booleans(), row);
    case contract::ColumnKind::kText:
      break;
  }
  return cell_of(column.texts(), row);
}

}  // namespace archmlp::table
