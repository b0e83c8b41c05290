#pragma once

#include <cstddef>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "archmlp/base/progress.h"
#include "archmlp/base/result.h"
#include "archmlp/contract/recipe.h"
#include "archmlp/contract/schema.h"

namespace archmlp::train_stage {

struct TrainOptions {
  std::filesystem::path x_train;
  std::filesystem::path y_train;
  std::filesystem::path out = "model.archmlp";
  contract::TrainConfig config;
  int thread_count = 0;
};

struct TrainReport {
  contract::Task task;
  bool task_was_guessed = false;
  bool has_contract = false;  // a contract.json lay beside the CSVs and held
  std::size_t row_count = 0;
  std::size_t feature_count = 0;
  nlohmann::ordered_json model;    // Model::summary()
  nlohmann::ordered_json metrics;  // rows, class counts, OOB score where asked for
  std::string model_sha256;
  std::vector<std::string> warnings;
};

/// The train stage: reads the prepared CSVs, checks them against contract.json where one lies beside them
/// (hashes, schema, row counts, all four files; bundle/prepared_data.h says when one applies), trains, and
/// writes the model file, whole or not at all. Features are used in the order of their names, classes in
/// value order, so that the order of columns and the coding of categories never change a prediction. Without
/// a contract the model has a feature-level one: it takes prepared records, whose integer columns count as
/// real. Errors: kContractBroken (component, file, column), kInvalidInput, kIo, kCancelled; nothing is then
/// written.
base::Result<TrainReport> run_train_stage(const TrainOptions& options,
                                          base::Progress& progress = base::no_progress());

}  // namespace archmlp::train_stage
