#include "archmlp/table/csv_chunk_reader.h"

#include <algorithm>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/table/csv_rows.h"

namespace archmlp::table {
namespace {

/// Split into fields, then read column by column while still in cache.
std::size_t rows_of_a_block(std::size_t field_count) {
  constexpr std::size_t kBlockFields = 8192;
  return std::clamp<std::size_t>(kBlockFields / field_count, 1, 1024);
}

}  // namespace

base::Status CsvChunkReader::read(const CsvPiece& piece, bool endless, CsvWorkspace& workspace) const {
  if (workspace.columns.size() != plans_.size()) {
    workspace.columns.clear();
    workspace.columns.reserve(plans_.size());
    for (const ColumnPlan& plan : plans_) workspace.columns.emplace_back(plan);
  } else {
    for (std::size_t column = 0; column < plans_.size(); ++column)
      workspace.columns[column].restart(plans_[column]);
  }
  const std::size_t field_count = file_.names().size();
  const CsvErrors& errors = file_.errors();
  bool is_validated = false;
  const char* invalid = nullptr;
  CsvScanner scanner(piece.text, file_.delimiter(), field_count);
  CsvBlock& block = workspace.block;
  const std::size_t max_rows = rows_of_a_block(field_count);
  std::size_t last_record = piece.offset;
  while (true) {
    const std::optional<CsvFault> fault = scanner.next(max_rows, block);
    if (block.row_count() == 0 && !fault) break;
    if (!scanner.all_ascii() && !is_validated) {
      is_validated = true;
      if (const auto at = base::find_invalid_utf8(piece.text)) invalid = piece.text.data() + *at;
    }
    const char* const end = fault ? fault->record_begin : scanner.position();
    TRY(read_records(piece, {block, end, invalid}, workspace));
    if (fault && endless && fault->record_end == piece.end()) {
      return errors.endless_record(piece.offset_of(fault->record_begin), &*fault, piece, file_.names());
    }
    if (fault) return errors.of(*fault, piece, field_count, file_.delimiter(), file_.names());
    last_record = piece.offset_of(block.records.back());
  }
  if (endless) return errors.endless_record(last_record, nullptr, piece, file_.names());
  for (ColumnChunk& column : workspace.columns) column.close();
  return {};
}

base::Status CsvChunkReader::read_records(const CsvPiece& piece, const Records& records,
                                          CsvWorkspace& workspace) const {
  const CsvBlock& block = records.block;
  if (block.row_count() == 0) return {};
  const std::size_t field_count = file_.names().size();
  const std::size_t none = block.row_count();
  std::size_t bad_row = none;
  std::size_t bad_column = 0;
  base::Error bad_cell;
  for (std::size_t column = 0; column < workspace.columns.size() && bad_row > 0; ++column) {
    // Only the rows before the bad one: further right, nothing in it comes first.
    auto bad = workspace.columns[column].append(block.fields.data() + column, field_count, bad_row);
    if (!bad) continue;
    bad_row = bad->row;
    bad_column = column;
    bad_cell = std::move(bad->error);
  }
  const char* const invalid = records.invalid_utf8;
  if (invalid != nullptr && invalid >= block.records[0] && invalid < records.end) {
    const auto behind = std::ranges::upper_bound(block.records, invalid);
    const auto row = static_cast<std::size_t>(behind - block.records.begin()) - 1;
    const std::size_t column = column_at(block, row, invalid);
    if (row < bad_row || (row == bad_row && column <= bad_column)) {
      return file_.errors().invalid_utf8(piece.offset_of(block.records[row]),
                                         block.fields[row * field_count + column].raw(), column,
                                         file_.names());
    }
  }
  if (bad_row < none) return file_.errors().at(piece.offset_of(block.records[bad_row]), std::move(bad_cell));
  return {};
}

std::size_t CsvChunkReader::column_at(const CsvBlock& block, std::size_t row, const char* position) const {
  const std::size_t field_count = file_.names().size();
  std::size_t column = field_count - 1;
  while (column > 0 && block.fields[row * field_count + column].begin > position) --column;
  return column;
}

}  // namespace archmlp::table
