#pragma once

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "archmlp/train/test_data.h"

// Forests for tests.

namespace archmlp::train {

inline FittedForest fit(const TestData& data, const contract::ForestParams& params, int threads = 2) {
  auto fitted = fit_forest(data.view(), data.labels, params, {.thread_count = threads});
  EXPECT_TRUE(fitted.ok()) << (fitted.ok() ? "" : to_string(fitted.error()));
  return std::move(fitted).value();
}

inline contract::ForestParams trees(std::int64_t count) {
  contract::ForestParams params;
  params.n_estimators = count;
  return params;
}

/// One tree on every row and every feature: nothing is drawn.
inline contract::ForestParams plain_tree() {
  contract::ForestParams params = trees(1);
  params.bootstrap = false;
  params.max_features = contract::MaxFeatures::kAll;
  return params;
}

inline std::vector<double> predict(const model::Forest& forest, const TestData& data) {
  std::vector<double> out(data.rows() * forest.output_count());
  EXPECT_TRUE(forest.predict(data.view(), out, 2).ok());
  return out;
}

inline std::vector<double> predict_row(const model::Forest& forest, const std::vector<float>& row) {
  std::vector<double> out(forest.output_count());
  forest.predict_row(row, out);
  return out;
}

}  // namespace archmlp::train
