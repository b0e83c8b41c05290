#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "archmlp/train/test_data.h"
#include "archmlp/train/test_forests.h"

namespace archmlp::train {
namespace {

using contract::ForestParams;
using contract::Task;

/// CART by its definition: every cut between two values of a node is tried and compared exactly, in integers.
class ReferenceTree {
 public:
  ReferenceTree(const TestData& data, std::size_t min_samples_leaf)
      : data_(data), min_samples_leaf_(min_samples_leaf), class_count_(data.labels.classes.size()) {
    std::vector<std::size_t> rows(data.rows());
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = i;
    root_ = grow(rows);
  }

  std::vector<double> predict(std::span<const float> row) const {
    const Node* node = root_.get();
    while (node->left) node = row[node->feature] <= node->threshold ? node->left.get() : node->right.get();
    return node->value;
  }

 private:
  struct Node {
    std::size_t feature = 0;
    float threshold = 0;
    std::unique_ptr<Node> left, right;
    std::vector<double> value;
  };
  __extension__ using Wide = __int128;
  /// Of the part of a split's worth that depends on the cut: sum over sides of (sum of squares) / size.
  struct Worth {
    Wide numerator;
    Wide denominator;
    bool operator>(const Worth& other) const {
      return numerator * other.denominator > other.numerator * denominator;
    }
  };

  bool is_classification() const { return data_.labels.task == Task::kClassification; }

  /// Squared class counts, or the squared sum of (integral) labels.
  Wide squares(const std::vector<std::size_t>& rows) const {
    if (!is_classification()) {
      Wide sum = 0;
      for (const std::size_t row : rows) sum += static_cast<std::int64_t>(data_.labels.values[row]);
      return sum * sum;
    }
    Wide total = 0;
    for (std::uint32_t k = 0; k < class_count_; ++k) {
      const auto count = std::count_if(rows.begin(), rows.end(),
                                       [&](std::size_t row) { return data_.labels.class_indices[row] == k; });
      total += Wide{count} * count;
    }
    return total;
  }

  Worth worth(const std::vector<std::size_t>& left, const std::vector<std::size_t>& right) const {
    const auto l = static_cast<Wide>(left.size());
    const auto r = static_cast<Wide>(right.size());
    return {squares(left) * r + squares(right) * l, l * r};
  }

  std::vector<double> value(const std::vector<std::size_t>& rows) const {
    std::vector<double> out(is_classification() ? class_count_ : 1);
    for (const std::size_t row : rows) {
      if (is_classification()) out[data_.labels.class_indices[row]] += 1;
      if (!is_classification()) out[0] += data_.labels.values[row];
    }
    for (double& v : out) v /= static_cast<double>(rows.size());
    return out;
  }

  bool is_pure(const std::vector<std::size_t>& rows) const {
    return std::all_of(rows.begin(), rows.end(), [&](std::size_t row) {
      return is_classification() ? data_.labels.class_indices[row] == data_.labels.class_indices[rows[0]]
                                 : data_.labels.values[row] == data_.labels.values[rows[0]];
    });
  }

  std::unique_ptr<Node> grow(const std::vector<std::size_t>& rows) const {
    auto node = std::make_unique<Node>();
    node->value = value(rows);
    if (rows.size() < 2 || is_pure(rows)) return node;
    Worth best{-1, 1};
    std::vector<std::size_t> best_left, best_right;
    for (std::size_t col = 0; col < data_.cols; ++col) {
      std::vector<float> values;
      for (const std::size_t row : rows) values.push_back(data_.view().at(row, col));
      std::sort(values.begin(), values.end());
      values.erase(std::unique(values.begin(), values.end()), values.end());
      for (std::size_t i = 0; i + 1 < values.size(); ++i) {
        std::vector<std::size_t> left, right;
        for (const std::size_t row : rows)
          (data_.view().at(row, col) <= values[i] ? left : right).push_back(row);
        if (left.size() < min_samples_leaf_ || right.size() < min_samples_leaf_) continue;
        const Worth candidate = worth(left, right);
        if (!(candidate > best)) continue;
        best = candidate;
        best_left = left;
        best_right = right;
        node->feature = col;
        node->threshold = static_cast<float>((double{values[i]} + double{values[i + 1]}) / 2);
      }
    }
    if (best.numerator < 0) return node;
    node->left = grow(best_left);
    node->right = grow(best_right);
    return node;
  }

  const TestData& data_;
  std::size_t min_samples_leaf_;
  std::size_t class_count_;
  std::unique_ptr<Node> root_;
};

struct ReferenceCase {
  std::size_t classes;  // 0: regression
  std::size_t min_samples_leaf;
};

class AgainstReference : public testing::TestWithParam<ReferenceCase> {};

TEST_P(AgainstReference, GivesTheSameTree) {
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    TestData data = make_test_data(150, 4, GetParam().classes, seed, seed % 2 == 0 ? 0 : 7);
    for (double& value : data.labels.values) value = std::round(2 * value);
    ForestParams params = plain_tree();
    params.min_samples_leaf = static_cast<std::int64_t>(GetParam().min_samples_leaf);
    const FittedForest fitted = fit(data, params);
    const ReferenceTree reference(data, GetParam().min_samples_leaf);
    const TestData others = make_test_data(300, 4, GetParam().classes, seed + 100);
    for (const TestData* rows : {&std::as_const(data), &others}) {
      for (std::size_t row = 0; row < rows->rows(); ++row) {
        const std::vector<float> features(rows->view().data + row * 4, rows->view().data + row * 4 + 4);
        const std::vector<double> expected = reference.predict(features);
        const std::vector<double> found = predict_row(*fitted.forest, features);
        for (std::size_t k = 0; k < expected.size(); ++k) ASSERT_NEAR(found[k], expected[k], 1e-12);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Tasks, AgainstReference,
                         testing::Values(ReferenceCase{2, 1}, ReferenceCase{2, 4}, ReferenceCase{3, 1},
                                         ReferenceCase{5, 3}, ReferenceCase{0, 1}, ReferenceCase{0, 5}));

}  // namespace
}  // namespace archmlp::train
