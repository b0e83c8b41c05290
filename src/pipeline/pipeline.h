#pragma once

#include <filesystem>
#include <optional>

#include "archmlp/base/progress.h"
#include "archmlp/base/result.h"
#include "archmlp/contract/recipe.h"
#include "archmlp/evaluate/evaluate.h"
#include "archmlp/preprocess/preprocess_stage.h"
#include "archmlp/train_stage/train_stage.h"

namespace archmlp::pipeline {

struct RunOptions {
  contract::Recipe recipe;
  std::vector<std::filesystem::path> data;  // instead of the recipe's
  std::filesystem::path out = "out";        // gets prepared/, model.archmlp, metrics.json
  std::optional<std::filesystem::path> test_rows_out;
  int thread_count = 0;
  std::optional<std::size_t> preprocess_memory;  // bytes; see preprocess::PreprocessOptions
};

struct RunReport {
  preprocess::PreprocessReport preprocess;
  train_stage::TrainReport train;
  evaluate::Evaluation evaluation;
  std::filesystem::path model;
};

/// The whole way from a CSV to an evaluated model. Stages hand over files, as the containers do; a stage that
/// fails leaves what the stages before it and earlier runs published.
base::Result<RunReport> run(const RunOptions& options, base::Progress& progress = base::no_progress());

}  // namespace archmlp::pipeline
