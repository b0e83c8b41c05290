#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "archmlp/base/progress.h"
#include "archmlp/base/result.h"
#include "archmlp/bundle/feature_encoder.h"
#include "archmlp/contract/schema.h"
#include "archmlp/model/matrix_view.h"
#include "archmlp/prepared/prepared_data.h"
#include "archmlp/train/forest_trainer.h"
#include "archmlp/train_stage/train_stage.h"

// What is read before a fit.

namespace archmlp::train_stage {

/// Rows to score a model on.
struct ScoredRows {
  std::vector<float> matrix;  // [rows, features]
  train::Labels labels;
  std::size_t row_count = 0;

  model::MatrixView view() const noexcept {
    return model::MatrixView::row_major(matrix.data(), row_count, matrix.size() / row_count);
  }
};

struct SampleWeights {
  std::vector<double> values;
  std::string sha256;
};

/// Everything that a fit needs, read and checked.
struct TrainInputs {
  std::vector<std::string> features;           // by name, so that the order of the columns never matters
  bundle::FeatureCategories categories;        // of text
  bundle::FeatureEncoder encoder;              // makes `matrix`
  std::vector<std::uint32_t> category_counts;  // [features]; 0 where the feature is a number
  std::vector<float> matrix;                   // [rows, features]
  std::size_t row_count = 0;
  train::Labels labels;
  std::optional<SampleWeights> weights;
  std::optional<ScoredRows> scored;

  model::MatrixView view() const noexcept {
    return model::MatrixView::row_major(matrix.data(), row_count, features.size());
  }
};

/// Errors: kInvalidInput: a label, weight or feature that the model cannot be trained with (file, row,
/// column), only one of x_test and y_test; kContractBroken; kIo.
base::Result<TrainInputs> read_train_inputs(const TrainOptions& options, const prepared::PreparedData& data,
                                            const contract::LabelSchema& label, base::Progress& progress);

}  // namespace archmlp::train_stage
