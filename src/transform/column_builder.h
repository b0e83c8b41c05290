#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "archmlp/table/record.h"
#include "archmlp/table/table.h"

namespace archmlp::transform {

/// Puts the cells of a column together, in any order; all are missing at first.
class ColumnBuilder {
 public:
  ColumnBuilder(contract::ColumnKind kind, std::size_t row_count);
  ~ColumnBuilder();
  ColumnBuilder(ColumnBuilder&&) noexcept;
  ColumnBuilder& operator=(ColumnBuilder&&) noexcept;

  /// Precondition: a cell of this kind.
  void set(std::size_t row, const table::Cell& cell);
  /// For a text that many rows have: its code, for set_code. Precondition: kText.
  std::int32_t code_of(std::string_view text);
  void set_code(std::size_t row, std::int32_t code);
  /// Last of all.
  table::Cells take();

 private:
  struct Levels;
  table::Cells cells_;
  std::unique_ptr<Levels> levels_;
};

}  // namespace archmlp::transform
