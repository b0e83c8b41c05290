#include "archmlp/transform/cell_map.h"

#include <fmt/format.h>

#include <utility>

#include "archmlp/transform/column_builder.h"
#include "archmlp/transform/step_support.h"

namespace archmlp::transform {

using base::Error;
using base::Result;
using base::Status;
using contract::ColumnKind;
using table::Cell;

namespace {

Cell cell_of(const table::IntegerCells& cells, std::size_t row) noexcept {
  const bool missing = !cells.missing.empty() && cells.missing[row] != 0;
  return missing ? Cell::none(ColumnKind::kInteger) : Cell::of(cells.values[row]);
}
Cell cell_of(const table::RealCells& cells, std::size_t row) noexcept { return Cell::of(cells.values[row]); }
Cell cell_of(const table::BooleanCells& cells, std::size_t row) noexcept {
  return cells.values[row] < 0 ? Cell::none(ColumnKind::kBoolean) : Cell::of(cells.values[row] != 0);
}

/// The first cell that was refused, as if the rows came one by one.
struct Refused {
  std::size_t row = 0;
  const MappedColumn* by = nullptr;
};

/// What becomes of each cell of one column.
class ColumnMap {
 public:
  ColumnMap(const MappedColumn& mapped, std::size_t row_count, const BatchNotes& notes, Refused& refused)
      : mapped_(mapped), notes_(notes), refused_(refused), builder_(mapped.map->kind, row_count) {}

  template <typename NumberCells>
  table::Cells operator()(const NumberCells& cells) {
    std::string buffer;
    for (std::size_t row = 0; row < cells.values.size(); ++row) {
      const Cell cell = cell_of(cells, row);
      if (cell.missing) continue;
      if (const auto made = mapped_.map->apply(cell, buffer)) {
        builder_.set(row, *made);
      } else {
        refuse(row);
      }
    }
    return builder_.take();
  }

  table::Cells operator()(const table::TextCells& cells) {
    const bool makes_text = mapped_.map->kind == ColumnKind::kText;
    std::vector<std::optional<Cell>> made(cells.levels.size());
    std::vector<std::int32_t> codes(makes_text ? cells.levels.size() : 0);
    std::string buffer;
    for (std::size_t level = 0; level < cells.levels.size(); ++level) {
      made[level] = mapped_.map->apply(Cell::of(std::string_view(cells.levels[level])), buffer);
      if (makes_text && made[level] && !made[level]->missing)
        codes[level] = builder_.code_of(made[level]->text);
    }
    for (std::size_t row = 0; row < cells.codes.size(); ++row) {
      if (cells.codes[row] < 0) continue;
      const auto level = static_cast<std::size_t>(cells.codes[row]);
      if (!made[level]) {
        refuse(row);
      } else if (makes_text) {
        if (!made[level]->missing) builder_.set_code(row, codes[level]);
      } else {
        builder_.set(row, *made[level]);
      }
    }
    return builder_.take();
  }

 private:
  void refuse(std::size_t row) noexcept {
    const bool is_outside = !notes_.outside.empty() && notes_.outside[row] != 0;
    if (!is_outside && (refused_.by == nullptr || row < refused_.row)) refused_ = {row, &mapped_};
  }

  const MappedColumn& mapped_;
  const BatchNotes& notes_;
  Refused& refused_;
  ColumnBuilder builder_;
};

Error refusal(const CellMap& map, const std::string& column, const Cell& cell, std::string where) {
  Error error = map.refusal(column, cell);
  error.where = std::move(where);
  return error;
}

class BoundCellMaps final : public BoundStep {
 public:
  BoundCellMaps(contract::Schema output, std::vector<MappedColumn> columns)
      : BoundStep(std::move(output)), columns_(std::move(columns)) {}

  Result<table::Table> apply(const table::Table& rows, BatchNotes& notes) const override {
    if (columns_.empty()) return rows;
    std::vector<table::Column> columns(rows.columns().begin(), rows.columns().end());
    Refused refused;
    for (const MappedColumn& mapped : columns_) {
      table::Column& column = columns[mapped.column];
      ColumnMap map(mapped, rows.row_count(), notes, refused);
      column = {column.name(), std::visit(map, column.cells())};
    }
    if (refused.by == nullptr) return table::Table::from_columns(std::move(columns));
    const table::Column& column = rows.column(refused.by->column);
    return refusal(*refused.by->map, column.name(), cell_in(column, refused.row),
                   fmt::format("row {}", refused.row + 1));
  }

  Status apply(table::Record& record, RecordScratch& scratch) const override {
    std::string unused;
    for (const MappedColumn& mapped : columns_) {
      const CellMap& map = *mapped.map;
      Cell& cell = record[mapped.column];
      if (cell.missing) {
        cell = Cell::none(map.kind);
        continue;
      }
      const auto made = map.apply(cell, map.kind == ColumnKind::kText ? next_text(scratch) : unused);
      if (!made) {
        const std::string& name = output().columns[mapped.column].name;
        return refusal(map, name, cell, name);
      }
      cell = *made;
    }
    return {};
  }

  std::vector<bool> inputs_needed(const std::vector<bool>& needed) const override {
    std::vector<bool> result = needed;
    for (const MappedColumn& mapped : columns_) {
      if (mapped.map->may_refuse) result[mapped.column] = true;
    }
    return result;
  }

 private:
  std::vector<MappedColumn> columns_;
};

}  // namespace

std::unique_ptr<const BoundStep> bind_cell_maps(contract::Schema output, std::vector<MappedColumn> columns) {
  return std::make_unique<BoundCellMaps>(std::move(output), std::move(columns));
}

std::string& next_text(RecordScratch& scratch) {
  expression::Scratch& texts = scratch.expression;
  if (texts.texts_used == texts.texts.size()) texts.texts.emplace_back();
  return texts.texts[texts.texts_used++];
}

}  // namespace archmlp::transform
