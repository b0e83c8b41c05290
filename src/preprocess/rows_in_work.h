#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/contract/recipe.h"
#include "archmlp/preprocess/doubtful_texts.h"
#include "archmlp/preprocess/fit_steps.h"
#include "archmlp/preprocess/learning_rows.h"
#include "archmlp/preprocess/raw_input.h"
#include "archmlp/preprocess/row_store.h"
#include "archmlp/preprocess/step_chain.h"
#include "archmlp/table/table.h"
#include "archmlp/transform/step.h"

namespace archmlp::preprocess {

/// The rows on their way through the steps of a recipe: each step is fitted and kept, and applied to all
/// blocks of rows together with its neighbours as soon as a later one has to see what they make.
class RowsInWork {
 public:
  /// Reads names only. Errors: kInvalidInput if there is no such label, or no other column.
  static base::Result<RowsInWork> start(const contract::Recipe& recipe, RawInput& input, MemoryBudget budget,
                                        int thread_count);

  /// Errors: kInvalidInput, `where` = `recipe.yaml:LINE:COLUMN: step N (name.key)` and, for a row, `data.csv:
  /// row N`; those of reading the data.
  base::Status apply(const contract::StepConfig& config, std::size_t index);
  /// All that has to be known of the rows before they are written: which are test rows, that none lacks its
  /// label, that both sides can be trained and tested on. Errors: kInvalidInput.
  base::Status finish();

  /// Steps that need no row are put off until then.
  bool is_read() const noexcept { return is_read_; }

  // After finish().

  const contract::Schema& schema() const noexcept { return schema_; }
  const table::Column& label() const noexcept { return companions_.column(0); }
  const std::vector<transform::StepPointer>& steps() const noexcept { return steps_; }
  std::size_t dropped_count() const noexcept { return dropped_count_; }
  const std::map<std::string, std::size_t>& unknown_categories() const noexcept {
    return unknown_categories_;
  }
  /// The files that steps read: role -> SHA-256.
  const std::map<std::string, std::string>& inputs() const noexcept { return inputs_; }
  /// Of what was read: text columns that look like numbers, unless a step takes them out.
  std::vector<std::string> warnings() const;
  std::span<const std::uint8_t> is_test() const noexcept { return is_test_; }
  /// Where a row stands in the raw data.
  std::span<const std::uint32_t> raw_rows() const noexcept { return raw_rows_; }

  std::size_t block_count() const noexcept { return store_.block_count(); }
  /// Of each block, the rows in front of it. Shape: [block_count + 1].
  std::vector<std::size_t> row_offsets() const { return store_.row_offsets(); }
  /// A block's features as all steps leave them. Safe from many threads.
  base::Result<table::Table> features(std::size_t block);
  /// Counts what applying the last steps found. Precondition: features() was called for every block.
  void add_last_notes();

 private:
  /// A block as the first steps leave it.
  struct Arrival {
    table::Table companions;
    std::vector<std::uint32_t> positions;  // of the raw block's rows
    ChainNotes notes;
    DoubtfulTexts doubtful_texts;
    std::optional<StepChain::Fault> fault;
  };

  RowsInWork(const contract::Recipe& recipe, RawInput& input, MemoryBudget budget, int thread_count)
      : recipe_(&recipe), input_(&input), thread_count_(thread_count), store_(std::move(budget)) {}

  base::Status check_label_untouched(const contract::StepConfig& config) const;
  base::Status check_labels_present() const;
  base::Status check_both_sides() const;
  base::Status check_columns() const;

  base::Status fit_and_add(const contract::StepConfig& config, std::size_t index, const LearningRows* rows);
  base::Status add(const transform::StepPointer& step, std::size_t index);
  std::vector<std::string> split_columns_lost(const contract::Schema& before,
                                              const contract::Schema& after) const;
  base::Status learn(const contract::StepConfig& config, std::size_t index);

  /// The data is read and goes through the steps so far.
  base::Status read();
  base::Status add_first_steps();
  base::Result<Arrival> arrive(std::size_t block, table::Table rows);
  base::Status collect(std::vector<Arrival>& arrivals);
  base::Status bind_again();
  /// The rows go through the steps that are not applied yet.
  base::Status run_chain();
  base::Status check_some_left(const ChainNotes& notes) const;
  base::Status keep(const std::vector<std::uint32_t>& rows);
  void keep_companions(const std::vector<std::uint32_t>& rows);
  base::Status set_training_values(const std::vector<table::Column>& values);
  table::Table companions_of(std::size_t first_row, std::size_t row_count) const;

  base::Status split();
  base::Result<std::optional<table::Column>> split_column(const std::optional<std::string>& name,
                                                          std::string_view key) const;
  base::Error in_split(base::Error error) const;
  std::vector<std::uint32_t> side_rows(bool test) const;

  base::Error in_step(base::Error error, std::size_t index) const;
  base::Error in_step(base::Error error, std::size_t index,
                      const std::function<std::size_t(std::size_t row)>& raw_row_of) const;

  const contract::Recipe* recipe_;
  RawInput* input_;
  int thread_count_;
  bool is_read_ = false;
  std::vector<std::size_t> first_steps_;  // of the recipe, to be applied while the data is read
  contract::Schema schema_;               // as the steps so far, applied or not, leave it
  contract::ColumnSchema label_schema_;
  std::vector<std::string> companion_names_;  // of raw columns: the label, then what the split looks at
  StepChain chain_;                           // not applied yet
  RowStore store_;
  table::Table companions_;              // of all rows
  std::vector<std::uint32_t> raw_rows_;  // per row
  std::vector<std::uint8_t> is_test_;    // per row
  bool is_split_ = false;
  std::vector<transform::StepPointer> steps_;
  std::size_t dropped_count_ = 0;
  std::map<std::string, std::size_t> unknown_categories_;
  DoubtfulTexts doubtful_texts_;
  std::vector<ChainNotes> last_notes_;  // per block
  std::map<std::string, std::string> inputs_;
};

}  // namespace archmlp::preprocess
