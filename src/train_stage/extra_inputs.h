#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "archmlp/base/progress.h"
#include "archmlp/base/result.h"
#include "archmlp/bundle/bundle.h"
#include "archmlp/contract/schema.h"
#include "archmlp/model/forest.h"
#include "archmlp/prepared/prepared_data.h"
#include "archmlp/train/forest_trainer.h"
#include "archmlp/train_stage/train_stage.h"

// What training may be given beside x and y.

namespace archmlp::train_stage {

/// Rows to score a model on while it is trained.
struct ScoredRows {
  std::vector<float> matrix;  // [rows, features]
  train::Labels labels;
  std::size_t row_count = 0;

  model::MatrixView view() const noexcept {
    return model::MatrixView::row_major(matrix.data(), row_count, matrix.size() / row_count);
  }
};

/// x_test and y_test, read as the training rows are. Errors: kInvalidInput if only one of them is given, or
/// they do not fit the features or classes; kContractBroken; kIo.
base::Result<ScoredRows> read_scored_rows(const TrainOptions& options, const contract::Schema& features,
                                          const std::vector<std::string>& names,
                                          const contract::LabelSchema& label, base::Progress& progress);

struct SampleWeights {
  std::vector<double> values;
  std::string sha256;
};

/// Errors: kInvalidInput: not one column of numbers >= 0, or not one for each row (file and row); kIo.
base::Result<SampleWeights> read_sample_weights(const std::filesystem::path& path, std::size_t row_count,
                                                int thread_count, base::Progress& progress);

/// The model to go on from.
struct FirstTrees {
  std::shared_ptr<const bundle::Bundle> bundle;
  const model::Forest* forest = nullptr;  // in it
  bool is_same_training = false;          // of the same data by the same parameters, up to n_estimators
};

/// `lineage`: of the model that is to be. Errors: kInvalidInput: a model of other features, label or classes,
/// or no forest; kNotFound; kIo.
base::Result<FirstTrees> read_first_trees(const std::filesystem::path& path,
                                          const std::vector<std::string>& features,
                                          const contract::LabelSchema& label,
                                          const nlohmann::ordered_json& lineage);

/// Writes what the out-of-bag trees say of each training row: `probability_CLASS`, …, or `prediction`.
/// Missing where every tree drew the row. Errors: kIo.
base::Status write_out_of_bag(const std::filesystem::path& path, const train::OutOfBag& out_of_bag,
                              const contract::LabelSchema& label);

}  // namespace archmlp::train_stage
