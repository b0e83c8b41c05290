#pragma once

#include <cstddef>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/table/csv_columns.h"
#include "archmlp/table/table.h"
#include "archmlp/table/text_levels.h"

namespace archmlp::table {

/// One whole column, built of its chunks in their order. Chunks of numbers are copied, so that they can be
/// used again; those of text are kept.
class ColumnBuilder {
 public:
  /// Takes the cells of `chunk`, which may be restarted afterwards. `expected_row_count`: of the column, as
  /// things look now.
  void add(ColumnChunk& chunk, std::size_t expected_row_count);

  SeenForms seen() const noexcept { return seen_; }
  bool any_missing() const noexcept { return any_missing_; }
  /// Whether take(kind) can be called; otherwise the text must be read again with that kind given.
  bool holds(contract::ColumnKind kind) const noexcept;
  /// The column; what was held is gone afterwards. Precondition: holds(kind). Errors: kResourceLimit.
  base::Result<Cells> take(contract::ColumnKind kind, int thread_count);

 private:
  using Form = ColumnChunk::Form;

  void add_cells(ColumnChunk& chunk, std::size_t expected_row_count);
  /// Makes what is held, all missing so far, of the form.
  void become(Form form);
  void integers_to_reals();
  void append_missing(std::size_t row_count);
  void give_up();

  Form form_ = Form::kIntegers;
  SeenForms seen_;
  bool any_missing_ = false;
  std::size_t row_count_ = 0;
  std::vector<std::int64_t> integers_;
  std::vector<std::uint8_t> missing_;  // of integers_; empty if none is
  std::vector<double> reals_;
  std::vector<std::int8_t> booleans_;
  std::vector<TextChunk> texts_;
};

}  // namespace archmlp::table
