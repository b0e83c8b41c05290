#pragma once

#include <cstddef>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
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
  /// Rows that the model is scored on while it is trained; both or none.
  std::optional<std::filesystem::path> x_test, y_test;
  /// A CSV of one column, the weight of each training row.
  std::optional<std::filesystem::path> sample_weight;
  /// A model file whose trees are the first ones; n_estimators counts them.
  std::optional<std::filesystem::path> warm_start;
  /// Seconds from the start of the stage after which no tree is begun, and a support vector machine stops
  /// where it is.
  std::optional<double> max_time;
  /// Bytes that the fit may take on top of the data; 0: as many as it needs.
  std::size_t memory_limit = 0;
  /// Where to write what the model says of each training row by the trees that did not draw it (oob_score).
  std::optional<std::filesystem::path> oob_out;
  int thread_count = 0;
};

struct TrainReport {
  contract::Task task;
  bool task_was_guessed = false;
  bool has_contract = false;  // a contract.json lay beside the CSVs and held
  std::size_t row_count = 0;
  std::size_t feature_count = 0;
  std::string kind;                  // Model::kind()
  nlohmann::ordered_json model;      // Model::summary()
  nlohmann::ordered_json metrics;    // rows, class counts, OOB and validation score where asked for
  std::size_t first_tree_count = 0;  // taken over from another model
  std::size_t wanted_tree_count = 0;
  bool met_deadline = true;  // else there are fewer trees than wanted, or the machine has not converged
  std::string model_sha256;
  std::vector<std::string> warnings;
};

/// The train stage: reads the prepared CSVs, checks them against contract.json where one lies beside them
/// (hashes, schema, row counts, all four files; bundle/prepared_data.h says when one applies), trains, and
/// writes the model file, whole or not at all. Features are used in the order of their names, classes in
/// value order, so that the order of columns and the coding of categories never change a prediction. Without
/// a contract the model has a feature-level one: it takes prepared records, whose integer columns count as
/// real. A model that goes on from one of the same data and parameters has the bytes of a single training;
/// one that max_time stopped has those of a training of as many trees. Errors: kContractBroken (component,
/// file, column), kInvalidInput, kIo, kCancelled; nothing is then written.
base::Result<TrainReport> run_train_stage(const TrainOptions& options,
                                          base::Progress& progress = base::no_progress());

}  // namespace archmlp::train_stage
