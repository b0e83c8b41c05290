#include "archmlp/model/forest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "archmlp/base/rng.h"

namespace archmlp::model {
namespace {

using contract::Task;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::uint32_t kLeaf = ForestNode::kLeaf;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

/// Tree 0: x0 <= 1 ? (x1 <= 2, missing left ? leaf 0 : leaf 1) : leaf 2. Tree 1: leaf 1.
ForestParts two_trees() {
  ForestParts parts;
  parts.feature_count = 2;
  parts.output_count = 2;
  parts.tree_begins = {0, 2, 3};
  parts.nodes = {{1.0F, 0, 1, 2 | kLeaf},
                 {2.0F, 1 | ForestNode::kMissingLeft, 0 | kLeaf, 1 | kLeaf},
                 {0.0F, 0, 1 | kLeaf, 1 | kLeaf}};
  parts.leaf_values = {1.0, 0.0, 0.5, 0.5, 0.0, 1.0};
  return parts;
}

std::unique_ptr<const Forest> make(ForestParts parts) {
  auto forest = Forest::from_parts(std::move(parts));
  EXPECT_TRUE(forest.ok()) << (forest.ok() ? "" : to_string(forest.error()));
  return std::move(forest).value();
}

std::vector<double> predict_one(const Model& model, std::vector<float> row) {
  std::vector<double> out(model.output_count(), -1.0);
  model.predict_row(row, out);
  return out;
}

/// Bytes at an address that is a multiple of 8, as in a mapped file.
class AlignedBytes {
 public:
  explicit AlignedBytes(std::span<const std::byte> bytes)
      : words_(bytes.size() / 8 + 1), size_(bytes.size()) {
    std::memcpy(words_.data(), bytes.data(), bytes.size());
  }
  std::span<std::byte> span() { return std::as_writable_bytes(std::span(words_)).first(size_); }

 private:
  std::vector<std::uint64_t> words_;
  std::size_t size_;
};

/// Trees of random shape with `leaf_count` leaves each, over `feature_count` features in [0, 1).
ForestParts random_parts(Task task, std::size_t tree_count, std::size_t leaf_count,
                         std::uint32_t feature_count) {
  base::Rng rng(7);
  ForestParts parts;
  parts.task = task;
  parts.feature_count = feature_count;
  parts.output_count = task == Task::kClassification ? 3 : 1;
  parts.tree_begins = {0};
  for (int leaf = 0; leaf < 50; ++leaf) {
    const double a = rng.uniform();
    const double b = rng.uniform() * (1 - a);
    if (task == Task::kClassification) parts.leaf_values.insert(parts.leaf_values.end(), {a, b, 1 - a - b});
    if (task == Task::kRegression) parts.leaf_values.push_back(100 * a - 50);
  }
  struct Subtree {
    std::uint32_t parent;
    bool is_right;
    std::size_t leaves;
  };
  for (std::size_t tree = 0; tree < tree_count; ++tree) {
    const std::size_t begin = parts.nodes.size();
    std::vector<Subtree> pending = {{0, false, leaf_count}};
    while (!pending.empty()) {
      const Subtree subtree = pending.back();
      pending.pop_back();
      const auto place = static_cast<std::uint32_t>(parts.nodes.size() - begin);
      const bool is_leaf = subtree.leaves == 1;
      const std::uint32_t child = is_leaf ? static_cast<std::uint32_t>(rng.below(50)) | kLeaf : place;
      if (place > 0) {
        ForestNode& parent = parts.nodes[begin + subtree.parent];
        (subtree.is_right ? parent.right : parent.left) = child;
      }
      if (is_leaf) continue;
      const std::uint32_t missing_left = rng.below(2) == 0 ? ForestNode::kMissingLeft : 0;
      parts.nodes.push_back({static_cast<float>(rng.uniform()),
                             static_cast<std::uint32_t>(rng.below(feature_count)) | missing_left});
      const std::size_t left = 1 + rng.below(subtree.leaves - 1);
      pending.push_back({place, true, subtree.leaves - left});
      pending.push_back({place, false, left});
    }
    parts.tree_begins.push_back(parts.nodes.size());
  }
  return parts;
}

std::vector<float> random_rows(std::size_t count, bool with_missing) {
  base::Rng rng(11);
  std::vector<float> values(count);
  for (float& value : values) {
    value = static_cast<float>(rng.uniform());
    if (with_missing && rng.below(5) == 0) value = kNan;
  }
  return values;
}

/// The definition, node by node.
std::vector<double> reference_prediction(const ForestParts& parts, std::span<const float> row) {
  std::vector<double> sums(parts.output_count);
  for (std::size_t tree = 0; tree + 1 < parts.tree_begins.size(); ++tree) {
    std::uint32_t at = 0;
    while ((at & kLeaf) == 0) {
      const ForestNode& node = parts.nodes[parts.tree_begins[tree] + at];
      const float x = row[node.feature & ForestNode::kIndex];
      const bool left = std::isnan(x) ? (node.feature & ForestNode::kMissingLeft) != 0 : x <= node.threshold;
      at = left ? node.left : node.right;
    }
    for (std::size_t k = 0; k < sums.size(); ++k) {
      sums[k] += parts.leaf_values[(at & ForestNode::kIndex) * sums.size() + k];
    }
  }
  for (double& sum : sums) sum /= static_cast<double>(parts.tree_begins.size() - 1);
  return sums;
}

TEST(Forest, AveragesTheLeavesOfItsTrees) {
  const auto forest = make(two_trees());
  EXPECT_THAT(predict_one(*forest, {1.0F, 2.0F}), ElementsAre(0.75, 0.25));
  EXPECT_THAT(predict_one(*forest, {1.0F, 2.5F}), ElementsAre(0.5, 0.5));
  EXPECT_THAT(predict_one(*forest, {1.5F, 0.0F}), ElementsAre(0.25, 0.75));
}

TEST(Forest, SendsMissingValuesWhereTheNodeSays) {
  const auto forest = make(two_trees());
  EXPECT_THAT(predict_one(*forest, {0.0F, kNan}), ElementsAre(0.75, 0.25));
  EXPECT_THAT(predict_one(*forest, {kNan, 0.0F}), ElementsAre(0.25, 0.75));
}

TEST(Forest, TakesInfiniteFeatures) {
  const auto forest = make(two_trees());
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_THAT(predict_one(*forest, {-infinity, -infinity}), ElementsAre(0.75, 0.25));
  EXPECT_THAT(predict_one(*forest, {infinity, 0.0F}), ElementsAre(0.25, 0.75));
}

TEST(Forest, PredictsAsDefinedWhateverTheBlocksThreadsAndStrides) {
  for (const Task task : {Task::kClassification, Task::kRegression}) {
    for (const bool with_missing : {false, true}) {
      const ForestParts parts = random_parts(task, 37, 60, 5);
      const auto forest = make(parts);
      constexpr std::size_t kRows = 2500;
      const std::vector<float> x = random_rows(kRows * 5, with_missing);
      std::vector<double> expected;
      for (std::size_t row = 0; row < kRows; ++row) {
        const auto values = reference_prediction(parts, std::span(x).subspan(row * 5, 5));
        EXPECT_EQ(predict_one(*forest, {x.begin() + static_cast<long>(row) * 5,
                                        x.begin() + static_cast<long>(row) * 5 + 5}),
                  values);
        expected.insert(expected.end(), values.begin(), values.end());
      }
      std::vector<float> by_column(x.size());
      for (std::size_t row = 0; row < kRows; ++row) {
        for (std::size_t col = 0; col < 5; ++col) by_column[col * kRows + row] = x[row * 5 + col];
      }
      for (const int threads : {1, 2, 4}) {
        std::vector<double> out(expected.size(), -1.0);
        ASSERT_TRUE(forest->predict(MatrixView::row_major(x.data(), kRows, 5), out, threads).ok());
        EXPECT_EQ(out, expected);
        std::fill(out.begin(), out.end(), -1.0);
        ASSERT_TRUE(forest->predict(MatrixView::column_major(by_column.data(), kRows, 5), out, threads).ok());
        EXPECT_EQ(out, expected);
      }
    }
  }
}

TEST(Forest, RefusesShapesThatDisagreeAndLeavesTheOutputAlone) {
  const auto forest = make(two_trees());
  const std::vector<float> x = {1.0F, 2.0F, 3.0F, 4.0F, 5.0F, 6.0F};
  std::vector<double> out(4, -1.0);
  const auto wrong_columns = forest->predict(MatrixView::row_major(x.data(), 2, 3), out);
  ASSERT_FALSE(wrong_columns.ok());
  EXPECT_THAT(wrong_columns.error().message, HasSubstr("expects 2 features, found 3"));
  EXPECT_FALSE(forest->predict(MatrixView::row_major(x.data(), 3, 2), out).ok());
  EXPECT_THAT(out, ElementsAre(-1.0, -1.0, -1.0, -1.0));
  EXPECT_TRUE(forest->predict(MatrixView::row_major(x.data(), 0, 2), {}).ok());
}

TEST(Forest, BytesGiveTheSameForest) {
  const ForestParts parts = random_parts(Task::kClassification, 9, 40, 4);
  const auto forest = make(parts);
  AlignedBytes bytes(forest->to_bytes());
  const auto loaded = load_model("random_forest", bytes.span());
  ASSERT_TRUE(loaded.ok()) << to_string(loaded.error());
  EXPECT_EQ((*loaded)->to_bytes(), forest->to_bytes());
  EXPECT_EQ((*loaded)->summary(), forest->summary());
  const std::vector<float> x = random_rows(400, true);
  for (std::size_t row = 0; row < 100; ++row) {
    const std::vector<float> features(x.begin() + static_cast<long>(row) * 4,
                                      x.begin() + static_cast<long>(row) * 4 + 4);
    EXPECT_EQ(predict_one(**loaded, features), predict_one(*forest, features));
  }
}

TEST(Forest, SummaryCountsTreesNodesLeavesAndDepth) {
  const auto summary = make(two_trees())->summary();
  EXPECT_EQ(summary["trees"], 2);
  EXPECT_EQ(summary["nodes"], 6);
  EXPECT_EQ(summary["leaves"], 4);
  EXPECT_EQ(summary["max_depth"], 2);
  EXPECT_EQ(summary["bytes"], make(two_trees())->to_bytes().size());
}

/// Any byte string is refused or predicts finite numbers; addresses are watched by the sanitizer build.
void expect_refused_or_sound(std::span<const std::byte> bytes) {
  const auto forest = Forest::from_bytes(bytes);
  if (!forest.ok()) {
    EXPECT_FALSE(forest.error().message.empty());
    return;
  }
  if ((*forest)->feature_count() > 1000 || (*forest)->output_count() > 1000) return;
  for (const float value : {0.0F, 1.5F, -1e30F, 1e30F, kNan}) {
    for (const double p : predict_one(**forest, std::vector<float>((*forest)->feature_count(), value))) {
      EXPECT_TRUE(std::isfinite(p));
    }
  }
}

TEST(Forest, SurvivesEveryFlippedBit) {
  for (const Task task : {Task::kClassification, Task::kRegression}) {
    AlignedBytes bytes(make(random_parts(task, 3, 8, 3))->to_bytes());
    for (std::size_t i = 0; i < bytes.span().size(); ++i) {
      for (unsigned bit = 0; bit < 8; ++bit) {
        bytes.span()[i] ^= std::byte{1} << bit;
        expect_refused_or_sound(bytes.span());
        bytes.span()[i] ^= std::byte{1} << bit;
      }
    }
  }
}

TEST(Forest, RefusesEveryOtherLength) {
  const std::vector<std::byte> whole = make(random_parts(Task::kClassification, 3, 8, 3))->to_bytes();
  AlignedBytes bytes(whole);
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(Forest::from_bytes(bytes.span().first(size)).ok());
  std::vector<std::byte> longer = whole;
  longer.resize(whole.size() + 8);
  EXPECT_FALSE(Forest::from_bytes(AlignedBytes(longer).span()).ok());
}

TEST(Forest, RefusesBytesThatAreNotAligned) {
  const std::vector<std::byte> whole = make(two_trees())->to_bytes();
  std::vector<std::uint64_t> words(whole.size() / 8 + 2);
  const auto shifted = std::as_writable_bytes(std::span(words)).subspan(4, whole.size());
  std::memcpy(shifted.data(), whole.data(), whole.size());
  EXPECT_FALSE(Forest::from_bytes(shifted).ok());
}

struct Damage {
  const char* message;
  void (*apply)(ForestParts&);
};

class DamagedForest : public testing::TestWithParam<Damage> {};

TEST_P(DamagedForest, IsRefused) {
  ForestParts parts = two_trees();
  GetParam().apply(parts);
  const auto forest = Forest::from_parts(std::move(parts));
  ASSERT_FALSE(forest.ok());
  EXPECT_THAT(forest.error().message, HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Parts, DamagedForest,
    testing::Values(Damage{"feature that does not exist", [](ForestParts& p) { p.nodes[0].feature = 2; }},
                    Damage{"threshold is not finite", [](ForestParts& p) { p.nodes[0].threshold = kNan; }},
                    Damage{"does not follow its parent", [](ForestParts& p) { p.nodes[0].left = 0; }},
                    Damage{"outside its tree", [](ForestParts& p) { p.nodes[1].left = 2; }},
                    Damage{"outside its tree", [](ForestParts& p) { p.nodes[1].right = 2; }},
                    Damage{"not in preorder",
                           [](ForestParts& p) {
                             p.nodes[0] = {1.0F, 0, kLeaf, 0};
                           }},
                    Damage{"belongs to no parent", [](ForestParts& p) { p.nodes[0].left = kLeaf; }},
                    Damage{"outside the leaf table", [](ForestParts& p) { p.nodes[2].left = 3 | kLeaf; }},
                    Damage{"not finite", [](ForestParts& p) { p.leaf_values[0] = std::nan(""); }},
                    Damage{"not in [0, 1]",
                           [](ForestParts& p) { p.leaf_values = {1.5, -0.5, 0.5, 0.5, 0, 1}; }},
                    Damage{"do not add up", [](ForestParts& p) { p.leaf_values[0] = 0.9; }},
                    Damage{"part of a row", [](ForestParts& p) { p.leaf_values.pop_back(); }},
                    Damage{"do not cover",
                           [](ForestParts& p) {
                             p.tree_begins = {0, 2};
                           }},
                    Damage{"do not cover", [](ForestParts& p) { p.tree_begins = {0}; }},
                    Damage{"do not cover", [](ForestParts& p) { p.tree_begins.clear(); }},
                    Damage{"tree is empty",
                           [](ForestParts& p) {
                             p.tree_begins = {0, 2, 2, 3};
                           }},
                    Damage{"tree is empty",
                           [](ForestParts& p) {
                             p.tree_begins = {0, 9, 3};
                           }},
                    Damage{"features", [](ForestParts& p) { p.feature_count = 0; }},
                    Damage{"one output", [](ForestParts& p) { p.task = Task::kRegression; }},
                    Damage{"needs a class", [](ForestParts& p) { p.output_count = 0; }}));

TEST(Model, RefusesUnknownKinds) {
  const auto model = load_model("svm", {});
  ASSERT_FALSE(model.ok());
  EXPECT_THAT(model.error().message, HasSubstr("\"svm\""));
}

TEST(Model, ArgMaxGivesTiesToTheFirst) {
  EXPECT_EQ(arg_max(std::vector<double>{0.2, 0.4, 0.4}), 1U);
  EXPECT_EQ(arg_max(std::vector<double>{1.0}), 0U);
}

}  // namespace
}  // namespace archmlp::model
