#include "archmlp/train/oob.h"

#include <algorithm>

#include "archmlp/base/cancel.h"
#include "archmlp/base/parallel.h"
#include "archmlp/base/try.h"
#include "archmlp/metrics/regression.h"

namespace archmlp::train {
namespace {

constexpr std::size_t kRowBlock = 1024;

/// The sum of the leaves that `row` reaches in trees that did not draw it; how many trees there were.
std::size_t add_leaves(const model::Forest& forest, const DrawnRows& drawn, std::size_t row,
                       std::span<const float> features, std::vector<double>& sums) {
  std::fill(sums.begin(), sums.end(), 0.0);
  std::size_t count = 0;
  for (std::size_t tree = 0; tree < forest.tree_count(); ++tree) {
    if (drawn.contains(tree, row)) continue;
    ++count;
    const std::span<const double> leaf = forest.leaf_of(tree, features);
    for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += leaf[k];
  }
  return count;
}

/// What each row is predicted to be: a class index or a value. Rows without a tree are not `known`.
struct Predictions {
  std::vector<double> values;
  std::vector<std::uint8_t> known;
};

base::Result<Predictions> predict_out_of_bag(const model::Forest& forest, const DrawnRows& drawn,
                                             model::MatrixView x, int thread_count) {
  Predictions predictions{std::vector<double>(x.rows), std::vector<std::uint8_t>(x.rows)};
  const bool classification = forest.task() == contract::Task::kClassification;
  const auto predict_block = [&](std::size_t block) -> base::Status {
    TRY(base::check_cancelled());
    std::vector<float> features(x.cols);
    std::vector<double> sums(forest.output_count());
    for (std::size_t row = block * kRowBlock; row < std::min(x.rows, (block + 1) * kRowBlock); ++row) {
      for (std::size_t col = 0; col < x.cols; ++col) features[col] = x.at(row, col);
      const std::size_t trees = add_leaves(forest, drawn, row, features, sums);
      if (trees == 0) continue;
      predictions.known[row] = 1;
      predictions.values[row] = classification ? static_cast<double>(model::arg_max(sums))
                                               : sums.front() / static_cast<double>(trees);
    }
    return {};
  };
  TRY(base::parallel_for((x.rows + kRowBlock - 1) / kRowBlock, thread_count, predict_block));
  return predictions;
}

}  // namespace

void DrawnRows::set(std::size_t tree, std::span<const std::uint8_t> multiplicities) noexcept {
  std::uint64_t* words = words_.data() + tree * words_per_tree_;
  for (std::size_t row = 0; row < multiplicities.size(); ++row) {
    words[row / 64] |= std::uint64_t{multiplicities[row] != 0} << (row % 64);
  }
}

base::Result<std::optional<double>> out_of_bag_score(const model::Forest& forest, const DrawnRows& drawn,
                                                     model::MatrixView x, const Labels& labels,
                                                     int thread_count) {
  const Predictions predictions = TRY(predict_out_of_bag(forest, drawn, x, thread_count));
  std::vector<double> actual;
  std::vector<double> predicted;
  std::size_t right = 0;
  for (std::size_t row = 0; row < x.rows; ++row) {
    if (predictions.known[row] == 0) continue;
    predicted.push_back(predictions.values[row]);
    actual.push_back(labels.task == contract::Task::kClassification ? labels.class_indices[row]
                                                                    : labels.values[row]);
    right += predicted.back() == actual.back() ? 1 : 0;
  }
  if (labels.task == contract::Task::kRegression) return metrics::r2(actual, predicted);
  if (actual.empty()) return std::optional<double>();
  return std::optional<double>(static_cast<double>(right) / static_cast<double>(actual.size()));
}

}  // namespace archmlp::train
