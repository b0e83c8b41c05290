#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/contract/recipe.h"
#include "archmlp/preprocess/learning_rows.h"
#include "archmlp/table/table.h"
#include "archmlp/transform/step.h"

namespace archmlp::preprocess {

/// What a step is fitted to.
struct FitInput {
  const contract::Schema& schema;      // of the features, as the steps before left them
  std::string label;                   // its name
  std::optional<contract::Task> task;  // none: to be guessed from the label
  std::filesystem::path folder;        // where the paths of a recipe start
  const LearningRows* rows = nullptr;  // null for a step that looks at none
};

/// What fitting a step gives.
struct FittedStep {
  std::vector<transform::StepPointer> steps;  // to be applied in this order; none if nothing would change
  /// Which rows go on, ascending; one that is there twice goes on twice. None: all. Not part of the model.
  std::optional<std::vector<std::uint32_t>> rows;
  /// What the training rows hold instead of what the steps make of them, by column name; shape [train_rows].
  std::vector<table::Column> training_values;
  std::map<std::string, std::string> inputs;  // files that it read, for the contract: role -> SHA-256

  FittedStep() = default;
  explicit FittedStep(transform::StepPointer step) : steps{std::move(step)} {}
};
using Fitted = base::Result<FittedStep>;

/// Errors: kInvalidInput, `where` empty or a key of the step.
Fitted fit_step(const contract::StepConfig& step, const FitInput& input);

// One a kind of step.

Fitted fit(const contract::FilterStep& step, const FitInput& input);
Fitted fit(const contract::RemoveStep& step, const FitInput& input);
Fitted fit(const contract::RenameStep& step, const FitInput& input);
Fitted fit(const contract::ReplaceStep& step, const FitInput& input);
Fitted fit(const contract::AddFeaturesStep& step, const FitInput& input);
Fitted fit(const contract::CastStep& step, const FitInput& input);
Fitted fit(const contract::DatePartsStep& step, const FitInput& input);

/// Reads the other file and keeps it. Errors: kInvalidInput: the file, its keys (absent, of another kind,
/// there twice), a column that is there already; kResourceLimit: too large to travel in a model.
Fitted fit(const contract::JoinStep& step, const FitInput& input);

/// Learns what the missing values of each column become from the training rows. Placeholders count as
/// missing.
///   mean, median    number columns; the result is real (median: the mean of the two middle values, if two)
///   most_frequent   any column; ties go to the smallest value
///   constant        any column whose kind the value suits
/// Without named columns: those that the strategy can treat and that have or may have a missing value.
/// Errors: kInvalidInput: an absent column, a strategy or value that does not suit its kind, no value to
/// learn from, a placeholder that suits none of the columns.
Fitted fit(const contract::ImputeStep& step, const FitInput& input);

// The steps below learn from the training rows, as the scikit-learn class that docs/guides/recipe.md names.
// Errors: kInvalidInput: an absent column or one of a kind that the step cannot treat, a column without any
// value in the training rows, a statistic beyond a double; kResourceLimit: too many categories.

/// Learns the categories of each column from the training rows: text, boolean and integer columns, by value.
Fitted fit(const contract::OneHotStep& step, const FitInput& input);
Fitted fit(const contract::ScaleStep& step, const FitInput& input);
Fitted fit(const contract::LogStep& step, const FitInput& input);
Fitted fit(const contract::Log1pStep& step, const FitInput& input);
Fitted fit(const contract::PowerStep& step, const FitInput& input);
Fitted fit(const contract::ClipStep& step, const FitInput& input);
Fitted fit(const contract::BinStep& step, const FitInput& input);
Fitted fit(const contract::OrdinalStep& step, const FitInput& input);
Fitted fit(const contract::SelectStep& step, const FitInput& input);
/// The training rows get what rows of the other folds teach.
Fitted fit(const contract::TargetEncodeStep& step, const FitInput& input);
Fitted fit(const contract::TextHashStep& step, const FitInput& input);
/// Of the covariance matrix. Errors: also a missing value in a training row, fewer components than asked for.
Fitted fit(const contract::PcaStep& step, const FitInput& input);

// Which rows go on. Errors: kInvalidInput: an absent column, more rows than there are.

Fitted fit(const contract::DropMissingStep& step, const FitInput& input);
Fitted fit(const contract::DropDuplicatesStep& step, const FitInput& input);
/// `balance` draws among training rows only.
Fitted fit(const contract::SampleStep& step, const FitInput& input);

}  // namespace archmlp::preprocess
