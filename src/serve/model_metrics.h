#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "archmlp/http/counter.h"
#include "archmlp/predict/predictor.h"
#include "archmlp/table/record.h"
#include "archmlp/table/table.h"

namespace archmlp::serve {

/// What a model has been asked and what it said, counted by many threads without waiting for each other.
class ModelMetrics {
 public:
  /// What one thread counts. Only that thread writes.
  class Block {
   public:
    explicit Block(const predict::Predictor& predictor);

    /// A record as it arrived, before it is used up.
    void arrived(const table::Record& record, predict::RecordForm form) noexcept;
    void arrived(const table::Table& rows, predict::RecordForm form) noexcept;
    void unknown_category(const std::string& column, predict::RecordForm form) noexcept;
    /// Records that were predicted: what the model saw of them, [records, inputs], and what it said,
    /// [records, outputs].
    void predicted(const predict::Predictor& predictor, std::span<const float> rows,
                   std::span<const double> outputs) noexcept;
    void refused() noexcept { refused_rows_.add(); }
    void compared(bool agrees) noexcept { (agrees ? agreements_ : disagreements_).add(); }

   private:
    friend class ModelMetrics;
    struct OfColumns {
      std::vector<http::Counter> missing;
      std::vector<http::Counter> unknown;
    };
    void count_output(const predict::Predictor& predictor, std::span<const double> output) noexcept;
    void count_bins(const bundle::ReferenceDistribution& reference, std::span<const float> row) noexcept;

    http::Counter rows_;
    http::Counter refused_rows_;
    http::Counter agreements_;  // of a shadow with the version that answered
    http::Counter disagreements_;
    std::array<OfColumns, 2> columns_;  // by RecordForm
    std::vector<http::Counter> classes_;
    std::atomic<double> value_sum_{0};
    std::vector<http::Counter> unusual_bins_;  // of the reference distribution; those of usual bins stay 0
    std::array<const contract::Schema*, 2> schemas_;
  };

  ModelMetrics(std::shared_ptr<const predict::Predictor> predictor, std::size_t thread_count);

  Block& of_thread(std::size_t thread) noexcept { return *blocks_[thread]; }

  struct Totals {
    std::uint64_t rows = 0;
    std::uint64_t refused_rows = 0;
    std::uint64_t agreements = 0;
    std::uint64_t disagreements = 0;
    std::vector<std::uint64_t> classes;
    double value_sum = 0;  // of a regression's predictions
    struct OfColumn {
      std::string name;
      std::uint64_t missing = 0;
      std::uint64_t unknown = 0;
    };
    std::vector<OfColumn> columns;  // of the form that arrives by default
    struct OfInput {
      std::string name;
      double stability_index = 0;  // of the latest rows against the training's
    };
    std::vector<OfInput> inputs;   // none where the model file has no reference
    std::uint64_t drift_rows = 0;  // on how many rows that stands
  };
  /// Thread-safe. Drift is that of the rows since move_window() last moved twice.
  Totals totals();
  /// Has drift forget old rows: it then stands on the latest 10,000 to 20,000, on more if more come between
  /// two calls, on fewer at the beginning. Called now and then, by one thread.
  void move_window();

 private:
  /// By bin of the reference distribution, input behind input, how many rows were counted in it; in the place
  /// of a usual bin, how many rows there were.
  std::vector<std::uint64_t> counted_bins() const;

  std::shared_ptr<const predict::Predictor> predictor_;
  std::vector<std::unique_ptr<Block>> blocks_;
  std::mutex mutex_;  // of what follows: where the window begins
  std::vector<std::uint64_t> window_bins_, next_window_bins_;
  std::uint64_t window_row_ = 0, next_window_row_ = 0;
};

}  // namespace archmlp::serve
