#include "archmlp/transform/column_builder.h"

#include <algorithm>
#include <limits>
#include <string>
#include <unordered_map>
#include <utility>

namespace archmlp::transform {

using contract::ColumnKind;

struct ColumnBuilder::Levels {
  std::unordered_map<std::string, std::int32_t> code_of;
};

ColumnBuilder::ColumnBuilder(ColumnKind kind, std::size_t row_count) {
  switch (kind) {
    case ColumnKind::kInteger:
      cells_ = table::IntegerCells{std::vector<std::int64_t>(row_count, 0),
                                   std::vector<std::uint8_t>(row_count, 1)};
      break;
    case ColumnKind::kReal:
      cells_ = table::RealCells{std::vector<double>(row_count, std::numeric_limits<double>::quiet_NaN())};
      break;
    case ColumnKind::kBoolean:
      cells_ = table::BooleanCells{std::vector<std::int8_t>(row_count, -1)};
      break;
    case ColumnKind::kText:
      cells_ = table::TextCells{std::vector<std::int32_t>(row_count, -1), {}};
      levels_ = std::make_unique<Levels>();
      break;
  }
}
ColumnBuilder::~ColumnBuilder() = default;
ColumnBuilder::ColumnBuilder(ColumnBuilder&&) noexcept = default;
ColumnBuilder& ColumnBuilder::operator=(ColumnBuilder&&) noexcept = default;

void ColumnBuilder::set(std::size_t row, const table::Cell& cell) {
  if (cell.missing) return;
  switch (cell.kind) {
    case ColumnKind::kInteger: {
      auto& cells = std::get<table::IntegerCells>(cells_);
      cells.values[row] = cell.integer;
      cells.missing[row] = 0;
      break;
    }
    case ColumnKind::kReal:
      std::get<table::RealCells>(cells_).values[row] = cell.real;
      break;
    case ColumnKind::kBoolean:
      std::get<table::BooleanCells>(cells_).values[row] = cell.boolean ? 1 : 0;
      break;
    case ColumnKind::kText:
      set_code(row, code_of(cell.text));
      break;
  }
}

std::int32_t ColumnBuilder::code_of(std::string_view text) {
  std::vector<std::string>& levels = std::get<table::TextCells>(cells_).levels;
  const auto [entry, is_new] = levels_->code_of.emplace(text, static_cast<std::int32_t>(levels.size()));
  if (is_new) levels.emplace_back(text);
  return entry->second;
}

void ColumnBuilder::set_code(std::size_t row, std::int32_t code) {
  std::get<table::TextCells>(cells_).codes[row] = code;
}

table::Cells ColumnBuilder::take() {
  if (auto* integers = std::get_if<table::IntegerCells>(&cells_)) {
    // The form without gaps is the one that the readers make.
    const auto& missing = integers->missing;
    if (std::find(missing.begin(), missing.end(), 1) == missing.end()) integers->missing.clear();
  }
  return std::move(cells_);
}

}  // namespace archmlp::transform
