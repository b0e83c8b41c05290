#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "archmlp/base/result.h"
#include "archmlp/contract/schema.h"
#include "archmlp/preprocess/row_store.h"
#include "archmlp/table/table.h"

namespace archmlp::preprocess {

/// The rows that a step learns from, as the steps before left them. Columns are brought into memory one at a
/// time, as they are asked for.
class LearningRows {
 public:
  /// What is handed over must outlive this. Shapes: `label` [rows]; `train_rows` positions, ascending.
  /// `data_row_count`: the rows behind are those of a given test file.
  LearningRows(const RowStore& rows, const contract::Schema& schema, const table::Column& label,
               std::span<const std::uint32_t> train_rows, std::size_t data_row_count, int thread_count)
      : rows_(rows),
        schema_(schema),
        label_(label),
        train_rows_(train_rows),
        data_row_count_(data_row_count),
        thread_count_(thread_count) {}

  std::size_t row_count() const noexcept { return label_.row_count(); }
  std::size_t data_row_count() const noexcept { return data_row_count_; }
  const table::Column& label() const noexcept { return label_; }
  std::span<const std::uint32_t> train_rows() const noexcept { return train_rows_; }

  /// The training rows' cells of a column, in row order. Precondition: there is such a column.
  /// Errors: kIo, kResourceLimit.
  base::Result<table::Column> training_cells(std::string_view name) const;
  /// All rows' cells. Precondition and errors as above.
  base::Result<table::Column> cells(std::string_view name) const;
  /// Whether a cell of the column is missing in any row. Precondition: there is such a column.
  base::Result<bool> any_missing(std::string_view name) const;
  /// Calls `visit` for every block that has rows, from several threads at once, in no order.
  /// Errors: kIo; that of `visit` in the first block that has one.
  using Visit =
      std::function<base::Status(std::size_t block, std::size_t first_row, const table::Table& rows)>;
  base::Status for_each_block(const Visit& visit) const;
  std::size_t block_count() const noexcept { return rows_.block_count(); }
  const MemoryBudget& budget() const noexcept { return rows_.budget(); }
  int thread_count() const noexcept { return thread_count_; }

 private:
  const RowStore& rows_;
  const contract::Schema& schema_;
  const table::Column& label_;
  std::span<const std::uint32_t> train_rows_;
  std::size_t data_row_count_;
  int thread_count_;
};

}  // namespace archmlp::preprocess
