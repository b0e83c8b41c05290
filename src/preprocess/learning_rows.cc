#include "archmlp/preprocess/learning_rows.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <optional>
#include <vector>

#include "archmlp/base/parallel.h"
#include "archmlp/base/try.h"
#include "archmlp/table/concatenate.h"

namespace archmlp::preprocess {
namespace {

using base::Result;
using base::Status;

/// What `piece_of(block)` gives for each block that has rows, joined.
template <typename PieceOf>
Result<table::Column> join_blocks(const RowStore& rows, int thread_count, const PieceOf& piece_of) {
  std::vector<std::optional<table::Column>> found(rows.block_count());
  const auto find = [&](std::size_t block) -> Status {
    if (rows.row_count(block) > 0) found[block] = TRY(piece_of(block));
    return {};
  };
  TRY(base::parallel_for(rows.block_count(), thread_count, find));
  std::vector<table::Column> pieces;
  for (std::optional<table::Column>& piece : found) {
    if (piece) pieces.push_back(*std::move(piece));
  }
  return table::concatenated(pieces);
}

}  // namespace

Result<table::Column> LearningRows::training_cells(std::string_view name) const {
  const auto index = schema_.find(name);
  assert(index);
  const std::vector<std::size_t> offsets = rows_.row_offsets();
  return join_blocks(rows_, thread_count_, [&](std::size_t block) -> Result<table::Column> {
    const table::Column column = TRY(rows_.get_column(block, *index));
    const auto begin = std::ranges::lower_bound(train_rows_, offsets[block]);
    const auto end = std::ranges::lower_bound(begin, train_rows_.end(), offsets[block + 1]);
    std::vector<std::uint32_t> rows(begin, end);
    for (std::uint32_t& row : rows) row -= static_cast<std::uint32_t>(offsets[block]);
    return column.gathered(rows);
  });
}

Result<table::Column> LearningRows::cells(std::string_view name) const {
  const auto index = schema_.find(name);
  assert(index);
  return join_blocks(rows_, thread_count_,
                     [&](std::size_t block) { return rows_.get_column(block, *index); });
}

Result<bool> LearningRows::any_missing(std::string_view name) const {
  const auto index = schema_.find(name);
  assert(index);
  std::atomic<bool> any = false;
  const auto look = [&](std::size_t block) -> Status {
    if (any || rows_.row_count(block) == 0) return {};
    const table::Column column = TRY(rows_.get_column(block, *index));
    if (column.missing_count() > 0) any = true;
    return {};
  };
  TRY(base::parallel_for(rows_.block_count(), thread_count_, look));
  return any.load();
}

Status LearningRows::for_each_block(const Visit& visit) const {
  const std::vector<std::size_t> offsets = rows_.row_offsets();
  return base::parallel_for(rows_.block_count(), thread_count_, [&](std::size_t block) -> Status {
    if (rows_.row_count(block) == 0) return {};
    const table::Table rows = TRY(rows_.get(block));
    return visit(block, offsets[block], rows);
  });
}

}  // namespace archmlp::preprocess
