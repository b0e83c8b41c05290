#include "archmlp/table/csv_column_builder.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

#include "archmlp/table/large_memory.h"

namespace archmlp::table {
namespace {

using contract::ColumnKind;

template <typename T>
void append(std::vector<T>& all, const std::vector<T>& more, std::size_t expected_count) {
  if (all.capacity() < all.size() + more.size()) {
    reserve_large(all, std::max({expected_count, all.size() + more.size(), all.size() * 3 / 2}));
  }
  all.insert(all.end(), more.begin(), more.end());
}

}  // namespace

void ColumnBuilder::add(ColumnChunk& chunk, std::size_t expected_row_count) {
  if (form_ != Form::kNothing) add_cells(chunk, expected_row_count);
  seen_.add(chunk.seen_);
  any_missing_ = any_missing_ || chunk.any_missing_;
  row_count_ += chunk.row_count_;
}

void ColumnBuilder::add_cells(ColumnChunk& chunk, std::size_t expected_row_count) {
  if (chunk.form_ == Form::kNothing) return give_up();
  if (chunk.form_ == Form::kTexts) {
    if (row_count_ == 0) form_ = Form::kTexts;
    if (form_ != Form::kTexts) return give_up();
    texts_.push_back(std::exchange(chunk.text_, {}));
    return;
  }
  if (chunk.seen_.none()) return append_missing(chunk.row_count_);
  if (seen_.none() && form_ != chunk.form_) become(chunk.form_);
  if (form_ == Form::kIntegers && chunk.form_ == Form::kReals) integers_to_reals();
  if (form_ == Form::kReals && chunk.form_ == Form::kIntegers) chunk.integers_to_reals();
  if (form_ != chunk.form_) return give_up();
  switch (form_) {
    case Form::kIntegers:
      append(integers_, chunk.integers_, expected_row_count);
      if (missing_.empty() && chunk.missing_.empty()) return;
      missing_.resize(row_count_, 0);
      append(missing_, chunk.missing_, expected_row_count);
      missing_.resize(integers_.size(), 0);
      return;
    case Form::kReals:
      return append(reals_, chunk.reals_, expected_row_count);
    case Form::kBooleans:
      return append(booleans_, chunk.booleans_, expected_row_count);
    case Form::kTexts:
    case Form::kNothing:
      assert(false && "treated above");
  }
}

void ColumnBuilder::become(Form form) {
  assert(seen_.none());
  release(integers_);
  release(missing_);
  release(reals_);
  release(booleans_);
  form_ = form;
  const std::size_t row_count = std::exchange(row_count_, 0);
  append_missing(row_count);
  row_count_ = row_count;
}

void ColumnBuilder::append_missing(std::size_t row_count) {
  const std::size_t all = row_count_ + row_count;
  switch (form_) {
    case Form::kIntegers:
      if (row_count == 0) return;
      integers_.resize(all, 0);
      missing_.resize(row_count_, 0);
      missing_.resize(all, 1);
      return;
    case Form::kReals:
      return reals_.resize(all, kMissingReal);
    case Form::kBooleans:
      return booleans_.resize(all, kMissingBoolean);
    case Form::kTexts:
      texts_.emplace_back().codes.assign(row_count, -1);
      return;
    case Form::kNothing:
      return;
  }
}

void ColumnBuilder::integers_to_reals() {
  std::vector<double> reals;
  reserve_large(reals, integers_.capacity());
  for (std::size_t row = 0; row < integers_.size(); ++row) {
    const bool missing = !missing_.empty() && missing_[row] != 0;
    reals.push_back(missing ? kMissingReal : static_cast<double>(integers_[row]));
  }
  release(integers_);
  release(missing_);
  reals_ = std::move(reals);
  form_ = Form::kReals;
}

void ColumnBuilder::give_up() {
  release(integers_);
  release(missing_);
  release(reals_);
  release(booleans_);
  release(texts_);
  form_ = Form::kNothing;
}

bool ColumnBuilder::holds(ColumnKind kind) const noexcept {
  if (form_ == Form::kNothing) return false;
  if (kind == ColumnKind::kText || form_ == Form::kTexts)
    return kind == ColumnKind::kText && form_ == Form::kTexts;
  if (seen_.none()) return true;
  switch (form_) {
    case Form::kIntegers:
      return kind == ColumnKind::kInteger || kind == ColumnKind::kReal;
    case Form::kReals:
      return kind == ColumnKind::kReal;
    default:
      return kind == ColumnKind::kBoolean;
  }
}

base::Result<Cells> ColumnBuilder::take(ColumnKind kind, int thread_count) {
  assert(holds(kind));
  if (kind == ColumnKind::kText) {
    std::vector<const TextChunk*> chunks;
    for (const TextChunk& chunk : texts_) chunks.push_back(&chunk);
    auto merged = merge_text_chunks(chunks, thread_count);
    give_up();
    if (!merged.ok()) return std::move(merged).error();
    return Cells(std::move(merged).value());
  }
  const Form wanted = kind == ColumnKind::kInteger ? Form::kIntegers
                      : kind == ColumnKind::kReal  ? Form::kReals
                                                   : Form::kBooleans;
  if (form_ != wanted && seen_.none()) become(wanted);
  if (form_ != wanted) integers_to_reals();
  Cells cells;
  if (kind == ColumnKind::kInteger) {
    cells = IntegerCells{std::move(integers_), std::move(missing_)};
  } else if (kind == ColumnKind::kReal) {
    cells = RealCells{std::move(reals_)};
  } else {
    cells = BooleanCells{std::move(booleans_)};
  }
  give_up();
  return cells;
}

}  // namespace archmlp::table
