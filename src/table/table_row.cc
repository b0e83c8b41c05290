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

void read_row(const Table& table, std::size_t row, Record& record) {
  record.resize(table.columns().size());
  for (std::size_t i = 0; i < record.size(); ++i) {
    record[i] = std::visit([row](const auto& cells) { return cell_of(cells, row); }, table.column(i).cells());
  }
}

}  // namespace archmlp::table
