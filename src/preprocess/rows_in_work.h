#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/contract/recipe.h"
#include "archmlp/table/table.h"
#include "archmlp/transform/step.h"

namespace archmlp::preprocess {

/// What was read: the rows of the data and, behind them, those of the test file.
struct RawData {
  table::Table rows;
  contract::Schema schema;
  std::size_t data_row_count = 0;                          // the rows behind it are from the test file
  std::string data_name, test_name;                        // for messages
  std::map<std::string, std::string, std::less<>> inputs;  // role -> SHA-256
};

/// The rows on their way through the steps of a recipe: each step is fitted, applied and kept.
class RowsInWork {
 public:
  /// Takes the label off. Errors: kInvalidInput if there is no such column, or no other.
  static base::Result<RowsInWork> start(const contract::Recipe& recipe, const RawData& raw, int thread_count);

  /// Errors: kInvalidInput, `where` = `recipe.yaml:LINE:COLUMN: step N (name.key)` and, for a row, `data.csv:
  /// row N`.
  base::Status apply(const contract::StepConfig& config, std::size_t index);
  /// Decides which rows are test rows, unless that is done. Errors: kInvalidInput.
  base::Status split();
  /// That the rows can be trained and tested on. Errors: kInvalidInput.
  base::Status check_complete() const;

  const table::Table& features() const noexcept { return features_; }
  const table::Column& label() const noexcept { return *label_; }
  const contract::Schema& schema() const noexcept { return schema_; }
  const std::vector<transform::StepPointer>& steps() const noexcept { return steps_; }
  std::size_t dropped_count() const noexcept { return dropped_count_; }
  const std::map<std::string, std::size_t>& unknown_categories() const noexcept {
    return unknown_categories_;
  }
  /// The files that steps read: role -> SHA-256.
  const std::map<std::string, std::string>& inputs() const noexcept { return inputs_; }
  /// Of what was read: text columns that look like numbers, unless a step takes them out.
  std::vector<std::string> warnings() const;
  /// Positions in features(), ascending. Precondition: split() was called.
  std::vector<std::uint32_t> side_rows(bool test) const;
  /// Where a row of features() stands in the raw data.
  std::uint32_t raw_row(std::uint32_t row) const { return raw_rows_[row]; }

 private:
  RowsInWork(const contract::Recipe& recipe, const RawData& raw, int thread_count)
      : recipe_(&recipe),
        thread_count_(thread_count),
        data_row_count_(raw.data_row_count),
        data_name_(raw.data_name),
        test_name_(raw.test_name) {}
  base::Status check_label_untouched(const contract::StepConfig& config) const;
  base::Status check_labels_present() const;
  base::Status check_both_sides() const;
  base::Status apply_fitted(const transform::StepPointer& step, bool is_filter);
  base::Status drop(const std::vector<std::uint8_t>& outside);
  void keep(const std::vector<std::uint32_t>& rows);
  void set_training_values(const std::vector<table::Column>& values,
                           std::span<const std::uint32_t> train_rows);
  base::Result<std::optional<table::Column>> split_column(const std::optional<std::string>& name,
                                                          std::string_view key) const;
  base::Error in_step(base::Error error, const contract::StepConfig& config, std::size_t index) const;
  base::Error in_raw_rows(base::Error error) const;
  std::string row_name(std::uint32_t raw_row) const;

  const contract::Recipe* recipe_;
  int thread_count_;
  std::size_t data_row_count_;
  std::string data_name_, test_name_;
  std::size_t dropped_count_ = 0;
  table::Table features_;
  contract::Schema schema_;
  std::optional<table::Column> label_;
  contract::ColumnSchema label_schema_;
  std::optional<table::Column> raw_time_;  // all raw rows
  std::optional<table::Column> raw_group_;
  std::vector<std::uint32_t> raw_rows_;  // per row of features_
  std::vector<std::uint8_t> is_test_;
  bool is_split_ = false;
  std::vector<transform::StepPointer> steps_;
  std::map<std::string, std::size_t> unknown_categories_;
  std::map<std::string, std::string> inputs_;
  struct Suspicion {
    std::string message, hint;
  };
  std::map<std::string, Suspicion> suspicions_;  // raw column -> why it may be text by mistake
};

}  // namespace archmlp::preprocess
