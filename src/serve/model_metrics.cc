#include "archmlp/serve/model_metrics.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "archmlp/table/table_row.h"

namespace archmlp::serve {
namespace {

using predict::RecordForm;

constexpr std::uint64_t kWindowRows = 10'000;
constexpr std::array<RecordForm, 2> kForms = {RecordForm::kRaw, RecordForm::kPrepared};

std::size_t index_of(RecordForm form) noexcept { return form == RecordForm::kRaw ? 0 : 1; }

void add_to(std::vector<std::uint64_t>& sums, const std::vector<http::Counter>& counters) {
  for (std::size_t i = 0; i < counters.size(); ++i) sums[i] += counters[i].value();
}

/// counts: of one input, how far its bins went between two readings; the usual one, how far the rows went.
/// Neither goes back, so only here is there anything to fall below zero: threads count on after the bins are
/// read, until the rows are, and the difference is off by those, which matters where next to none are usual.
void derive_usual(std::size_t usual, std::vector<std::uint64_t>& counts) {
  const std::uint64_t rows = std::exchange(counts[usual], 0);
  const std::uint64_t others = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  counts[usual] = rows - std::min(rows, others);
}

}  // namespace

ModelMetrics::Block::Block(const predict::Predictor& predictor)
    : classes_(predictor.bundle().contract().label.classes.size()), schemas_{} {
  for (const RecordForm form : kForms) {
    const contract::Schema& schema = predictor.schema(form);
    schemas_[index_of(form)] = &schema;
    OfColumns& columns = columns_[index_of(form)];
    columns.missing = std::vector<http::Counter>(schema.columns.size());
    columns.unknown = std::vector<http::Counter>(schema.columns.size());
  }
  const bundle::ReferenceDistribution* reference = predictor.bundle().reference();
  if (reference == nullptr) return;
  unusual_bins_ = std::vector<http::Counter>(reference->bin_count());
}

void ModelMetrics::Block::arrived(const table::Record& record, RecordForm form) noexcept {
  std::vector<http::Counter>& missing = columns_[index_of(form)].missing;
  for (std::size_t i = 0; i < record.size(); ++i) {
    if (record[i].missing) missing[i].add();
  }
}

void ModelMetrics::Block::arrived(const table::Table& rows, RecordForm form) noexcept {
  OfColumns& columns = columns_[index_of(form)];
  const contract::Schema& schema = *schemas_[index_of(form)];
  for (std::size_t i = 0; i < schema.columns.size(); ++i) {
    const table::Column* column = rows.find(schema.columns[i].name, i);
    if (column == nullptr) continue;
    for (std::size_t row = 0; row < rows.row_count(); ++row) {
      if (table::cell_at(*column, row).missing) columns.missing[i].add();
    }
  }
}

void ModelMetrics::Block::unknown_category(const std::string& column, RecordForm form) noexcept {
  if (const auto index = schemas_[index_of(form)]->find(column))
    columns_[index_of(form)].unknown[*index].add();
}

void ModelMetrics::Block::predicted(const predict::Predictor& predictor, std::span<const float> rows,
                                    std::span<const double> outputs) noexcept {
  const bundle::ReferenceDistribution* reference = predictor.bundle().reference();
  const std::size_t inputs = predictor.bundle().encoder().input_count();
  const std::size_t width = predictor.output_count();
  const std::size_t count = outputs.size() / width;
  for (std::size_t i = 0; i < count; ++i) {
    rows_.add();
    count_output(predictor, outputs.subspan(i * width, width));
    if (reference != nullptr) count_bins(*reference, rows.subspan(i * inputs, inputs));
  }
}

void ModelMetrics::Block::count_output(const predict::Predictor& predictor,
                                       std::span<const double> output) noexcept {
  if (classes_.empty()) {
    value_sum_.store(value_sum_.load(std::memory_order_relaxed) + output[0], std::memory_order_relaxed);
  } else {
    classes_[predictor.class_of(output)].add();
  }
}

void ModelMetrics::Block::count_bins(const bundle::ReferenceDistribution& reference,
                                     std::span<const float> row) noexcept {
  reference.for_each_unusual_bin(row, [this](std::size_t bin) { unusual_bins_[bin].add(); });
}

ModelMetrics::ModelMetrics(std::shared_ptr<const predict::Predictor> predictor, std::size_t thread_count)
    : predictor_(std::move(predictor)) {
  for (std::size_t i = 0; i < thread_count; ++i) blocks_.push_back(std::make_unique<Block>(*predictor_));
  window_bins_ = next_window_bins_ = counted_bins();
}

std::vector<std::uint64_t> ModelMetrics::counted_bins() const {
  const bundle::ReferenceDistribution* reference = predictor_->bundle().reference();
  if (reference == nullptr) return {};
  std::vector<std::uint64_t> sums(reference->bin_count());
  std::size_t first = 0;
  for (std::size_t input = 0; input < reference->input_count(); ++input) {
    const std::size_t usual = first + reference->usual_bin(input), count = reference->bin_count(input);
    for (const auto& block : blocks_) {
      for (std::size_t i = first; i < first + count; ++i) sums[i] += block->unusual_bins_[i].value();
      sums[usual] += block->rows_.value();
    }
    first += count;
  }
  return sums;
}

ModelMetrics::Totals ModelMetrics::totals() {
  const std::lock_guard lock(mutex_);  // readers see counts that only grow
  Totals totals;
  totals.classes.resize(blocks_.front()->classes_.size());
  const std::size_t form = index_of(predictor_->default_form());
  const contract::Schema& schema = *blocks_.front()->schemas_[form];
  std::vector<std::uint64_t> missing(schema.columns.size());
  std::vector<std::uint64_t> unknown(schema.columns.size());
  for (const auto& block : blocks_) {
    totals.rows += block->rows_.value();
    totals.value_sum += block->value_sum_.load(std::memory_order_relaxed);
    totals.refused_rows += block->refused_rows_.value();
    totals.agreements += block->agreements_.value();
    totals.disagreements += block->disagreements_.value();
    add_to(totals.classes, block->classes_);
    add_to(missing, block->columns_[form].missing);
    add_to(unknown, block->columns_[form].unknown);
  }
  const std::vector<std::string>& ignored = predictor_->ignored(predictor_->default_form());
  for (std::size_t i = 0; i < schema.columns.size(); ++i) {
    const std::string& name = schema.columns[i].name;
    if (std::find(ignored.begin(), ignored.end(), name) != ignored.end()) continue;
    totals.columns.push_back({name, missing[i], unknown[i]});
  }
  const bundle::ReferenceDistribution* reference = predictor_->bundle().reference();
  if (reference == nullptr) return totals;

  const std::vector<std::uint64_t> bins = counted_bins();
  totals.drift_rows = totals.rows - window_row_;
  std::size_t begin = 0;
  for (std::size_t input = 0; input < reference->input_count(); ++input) {
    std::vector<std::uint64_t> counts(reference->bin_count(input));
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] = bins[begin + i] - window_bins_[begin + i];
    begin += counts.size();
    derive_usual(reference->usual_bin(input), counts);
    totals.inputs.push_back(
        {predictor_->bundle().model_features()[input], reference->population_stability_index(input, counts)});
  }
  return totals;
}

void ModelMetrics::move_window() {
  const std::lock_guard lock(mutex_);
  std::uint64_t rows = 0;
  for (const auto& block : blocks_) rows += block->rows_.value();
  if (rows - next_window_row_ < kWindowRows) return;
  window_bins_ = std::exchange(next_window_bins_, counted_bins());
  window_row_ = std::exchange(next_window_row_, rows);
}

}  // namespace archmlp::serve
