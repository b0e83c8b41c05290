#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/predict/predictor.h"
#include "archmlp/serve/model_metrics.h"
#include "archmlp/serve/record_source.h"

namespace archmlp::serve {

/// A record of a batch that was not predicted.
struct RowError {
  std::size_t row = 0;
  bool is_syntax_error = false;
  base::Error error;
};

/// Predicts the records of a request, all of them at once. Keeps its buffers: one a thread and model.
class Scorer {
 public:
  Scorer(const predict::Predictor& predictor, ModelMetrics::Block& metrics)
      : predictor_(predictor), metrics_(metrics) {}

  /// What is said of a bad row takes many times the room of a row that is empty: beyond so many, those that
  /// follow are not looked at, and there are no predictions.
  static constexpr std::size_t kMaxErrors = 1000;

  /// `stop_at_error`: the rows behind the first bad one are not looked at.
  void score(RecordSource& source, predict::RecordForm form, bool stop_at_error);

  std::size_t row_count() const noexcept { return row_count_; }
  /// Ascending by row; what is asked of a row below is for those that are not here.
  const std::vector<RowError>& errors() const noexcept { return errors_; }
  bool has_too_many_errors() const noexcept { return errors_.size() > kMaxErrors; }
  /// Of the good rows, in order: `position` counts those alone. [outputs]
  std::span<const double> outputs(std::size_t position) const noexcept {
    const std::size_t count = predictor_.output_count();
    return {outputs_.data() + position * count, count};
  }
  std::size_t predicted_count() const noexcept { return predicted_count_; }
  /// Columns whose value in that row no training row has.
  std::span<const std::string* const> unknown_categories(std::size_t position) const noexcept;

 private:
  bool add_table(const table::Table& rows, predict::RecordForm form);
  base::Status add(RecordSource& source, std::size_t row, predict::RecordForm form);
  void predict();
  void reset();

  const predict::Predictor& predictor_;
  ModelMetrics::Block& metrics_;
  table::Record record_;
  predict::Predictor::Scratch scratch_;
  std::size_t row_count_ = 0;
  std::size_t predicted_count_ = 0;
  std::vector<float> matrix_;    // [predicted, inputs]
  std::vector<double> outputs_;  // [predicted, outputs]
  std::vector<RowError> errors_;
  std::vector<const std::string*> unknown_;  // of all rows
  std::vector<std::size_t> unknown_begin_;   // of each predicted row; empty while there are none
};

}  // namespace archmlp::serve
