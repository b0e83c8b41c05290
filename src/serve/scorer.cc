#include "archmlp/serve/scorer.h"

#include <utility>

#include "archmlp/base/try.h"

namespace archmlp::serve {
namespace {

// Records go through the steps by columns where they are many, and few enough for the memory of the columns.
constexpr std::size_t kTableRows = 64;
constexpr std::size_t kTableCells = std::size_t{1} << 20U;
constexpr std::size_t kKeptItems = 1U << 17U;  // buffers of more are given back

template <typename T>
void give_back(std::vector<T>& buffer) {
  if (buffer.capacity() > kKeptItems) std::vector<T>().swap(buffer);
  buffer.clear();
}

/// `[3]` and `age` to `[3].age`, `line 4` and `age` to `line 4, age`.
std::string joined(const std::string& place, const std::string& where) {
  if (place.empty() || where.empty()) return place + where;
  if (!place.ends_with(']')) return place + ", " + where;
  return where.front() == '[' ? place + where : place + "." + where;
}

}  // namespace

void Scorer::reset() {
  row_count_ = predicted_count_ = 0;
  give_back(matrix_);
  give_back(outputs_);
  errors_.clear();
  give_back(unknown_);
  give_back(unknown_begin_);
}

base::Status Scorer::add(RecordSource& source, std::size_t row, predict::RecordForm form) {
  TRY(source.decode(row, record_));
  metrics_.arrived(record_, form);
  if (base::Status prepared = predictor_.prepare(record_, form, scratch_); !prepared.ok()) {
    base::Error error = std::move(prepared).error();
    error.where = joined(source.place(row), error.where);
    return error;
  }
  matrix_.insert(matrix_.end(), scratch_.row.begin(), scratch_.row.end());
  const auto& unknown = scratch_.transform.unknown_categories;
  if (!unknown.empty() || !unknown_begin_.empty()) {
    unknown_begin_.resize(predicted_count_, 0);
    unknown_begin_.push_back(unknown_.size());
    unknown_.insert(unknown_.end(), unknown.begin(), unknown.end());
    for (const std::string* column : unknown) metrics_.unknown_category(*column, form);
  }
  ++predicted_count_;
  return {};
}

/// False: something is to be said of single rows, which needs a look at each.
bool Scorer::add_table(const table::Table& rows, predict::RecordForm form) {
  transform::BatchNotes notes;
  base::Result<std::vector<float>> matrix = predictor_.prepare(rows, form, notes);
  if (!matrix.ok() || !notes.outside.empty() || !notes.unknown_categories.empty()) return false;
  metrics_.arrived(rows, form);
  matrix_ = *std::move(matrix);
  row_count_ = predicted_count_ = rows.row_count();
  return true;
}

void Scorer::predict() {
  outputs_.resize(predicted_count_ * predictor_.output_count());
  if (predicted_count_ == 0) return;
  predictor_.predict_prepared(matrix_, outputs_);
  metrics_.predicted(predictor_, matrix_, outputs_);
}

void Scorer::score(RecordSource& source, predict::RecordForm form, bool stop_at_error) {
  reset();
  const std::size_t row_count = source.row_count();
  const std::size_t cells = row_count * predictor_.bundle().encoder().input_count();
  const bool by_columns = row_count >= kTableRows && cells <= kTableCells;
  const table::Table* table = by_columns ? source.table() : nullptr;
  if (table != nullptr && add_table(*table, form)) return predict();
  for (std::size_t row = 0; row < row_count; ++row) {
    ++row_count_;
    base::Status added = add(source, row, form);
    if (added.ok()) continue;
    metrics_.refused();
    errors_.push_back({row, source.is_syntax_error(), std::move(added).error()});
    if (stop_at_error || has_too_many_errors()) {
      predicted_count_ = 0;
      return;
    }
  }
  predict();
}

std::span<const std::string* const> Scorer::unknown_categories(std::size_t position) const noexcept {
  if (position >= unknown_begin_.size()) return {};
  const std::size_t begin = unknown_begin_[position];
  const std::size_t end =
      position + 1 < unknown_begin_.size() ? unknown_begin_[position + 1] : unknown_.size();
  return std::span(unknown_).subspan(begin, end - begin);
}

}  // namespace archmlp::serve
