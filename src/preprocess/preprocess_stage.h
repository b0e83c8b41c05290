#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "archmlp/base/progress.h"
#include "archmlp/base/result.h"
#include "archmlp/contract/dataset_contract.h"
#include "archmlp/contract/recipe.h"

namespace archmlp::preprocess {

struct PreprocessOptions {
  contract::Recipe recipe;
  /// The input CSVs, at least one, with the same columns by name; the rows of the first come first. "-" is
  /// standard input.
  std::vector<std::filesystem::path> data;
  std::filesystem::path out;                           // the folder to make
  std::optional<std::filesystem::path> test_rows_out;  // raw test rows, in the order of x_test.csv
  int thread_count = 0;
  /// What the stage may take, in bytes, beside about 16 bytes for each row that goes on; rows beyond it wait
  /// in an unnamed file beside `out`. None: as much as it takes. The output is the same.
  std::optional<std::size_t> memory;
};

struct PreprocessReport {
  contract::DatasetContract contract;
  std::size_t rows_read = 0;
  std::size_t rows_dropped = 0;
  std::map<std::string, std::size_t> unknown_categories;  // in the test rows
  std::vector<std::string> warnings;
};

/// The preprocess stage: reads, drops filtered rows, splits, fits every step on the training rows, applies it
/// to all, and publishes the four CSVs and contract.json as one folder, whole or not at all. Errors:
/// kInvalidInput (the data, the recipe), kIo; nothing is then published. Source: paper, section 4.1.
base::Result<PreprocessReport> run_preprocess_stage(const PreprocessOptions& options,
                                                    base::Progress& progress = base::no_progress());

}  // namespace archmlp::preprocess
