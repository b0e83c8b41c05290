#include "archmlp/model/forest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "archmlp/base/rng.h"
#include "archmlp/model/forest_traversal.h"

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

/// Tree 0: x1 in {0, 2, 33} ? leaf 0 : leaf 2, missing left. Tree 1: x1 in {1} ? leaf 0 : (x0 <= 1 ? leaf 1 :
/// leaf 2), missing right. x1 has 34 categories.
ForestParts two_categorical_trees() {
  ForestParts parts;
  parts.feature_count = 2;
  parts.output_count = 2;
  parts.tree_begins = {0, 1, 3};
  parts.nodes = {{0.0F, 1 | ForestNode::kMissingLeft, 0 | kLeaf, 2 | kLeaf},
                 {0.0F, 1, 0 | kLeaf, 1},
                 {1.0F, 0, 1 | kLeaf, 2 | kLeaf}};
  parts.nodes[0].test_set(0);
  parts.nodes[1].test_set(2);
  parts.leaf_values = {1.0, 0.0, 0.5, 0.5, 0.0, 1.0};
  parts.category_counts = {0, 34};
  parts.set_words = {0b101, 0b10, 0b10, 0};
  return parts;
}

/// A set of half of the categories.
std::uint32_t add_random_set(ForestParts& parts, std::uint32_t category_count, base::Rng& rng) {
  const auto begin = static_cast<std::uint32_t>(parts.set_words.size());
  parts.set_words.resize(begin + set_word_count(category_count));
  for (std::uint32_t category = 0; category < category_count; ++category) {
    if (rng.below(2) == 0) parts.set_words[begin + category / 32] |= 1U << (category % 32);
  }
  return begin;
}

/// Trees of random shape with `leaf_count` leaves each, over `feature_count` features in [0, 1), or
/// categories where `category_counts` says so.
ForestParts random_parts(Task task, std::size_t tree_count, std::size_t leaf_count,
                         std::uint32_t feature_count, std::vector<std::uint32_t> category_counts = {}) {
  base::Rng rng(7);
  ForestParts parts;
  parts.task = task;
  parts.feature_count = feature_count;
  parts.output_count = task == Task::kClassification ? 3 : 1;
  parts.tree_begins = {0};
  parts.category_counts = std::move(category_counts);
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
      const auto feature = static_cast<std::uint32_t>(rng.below(feature_count));
      parts.nodes.push_back({static_cast<float>(rng.uniform()), feature | missing_left});
      const std::uint32_t categories = parts.category_counts.empty() ? 0 : parts.category_counts[feature];
      if (categories > 0) parts.nodes.back().test_set(add_random_set(parts, categories, rng));
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

/// The same with numbers of categories, unknown ones among them, in the columns that `category_counts` names.
std::vector<float> random_categorical_rows(std::size_t row_count,
                                           const std::vector<std::uint32_t>& category_counts) {
  std::vector<float> values = random_rows(row_count * category_counts.size(), true);
  base::Rng rng(13);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint32_t categories = category_counts[i % category_counts.size()];
    if (categories == 0 || std::isnan(values[i])) continue;
    values[i] = static_cast<float>(rng.below(categories));
    if (rng.below(10) == 0) values[i] = rng.below(2) == 0 ? -1.0F : static_cast<float>(categories);
  }
  return values;
}

bool reference_goes_left(const ForestParts& parts, const ForestNode& node, float x) {
  const std::uint32_t feature = node.feature & ForestNode::kFeature;
  const bool missing_left = (node.feature & ForestNode::kMissingLeft) != 0;
  if ((node.feature & ForestNode::kCategories) == 0)
    return std::isnan(x) ? missing_left : x <= node.threshold;
  for (std::uint32_t category = 0; category < parts.category_counts[feature]; ++category) {
    if (static_cast<float>(category) != x) continue;
    return ((parts.set_words[node.set() + category / 32] >> (category % 32)) & 1U) != 0;
  }
  return missing_left;
}

/// The definition, node by node.
std::vector<double> reference_prediction(const ForestParts& parts, std::span<const float> row) {
  std::vector<double> sums(parts.output_count);
  for (std::size_t tree = 0; tree + 1 < parts.tree_begins.size(); ++tree) {
    std::uint32_t at = 0;
    while ((at & kLeaf) == 0) {
      const ForestNode& node = parts.nodes[parts.tree_begins[tree] + at];
      const float x = row[node.feature & ForestNode::kFeature];
      at = reference_goes_left(parts, node, x) ? node.left : node.right;
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

TEST(Forest, SendsCategoriesWhereTheSetSays) {
  const auto forest = make(two_categorical_trees());
  EXPECT_EQ(forest->category_count(0), 0U);
  EXPECT_EQ(forest->category_count(1), 34U);
  EXPECT_THAT(predict_one(*forest, {0.0F, 0.0F}), ElementsAre(0.75, 0.25));
  EXPECT_THAT(predict_one(*forest, {0.0F, 33.0F}), ElementsAre(0.75, 0.25));
  EXPECT_THAT(predict_one(*forest, {0.0F, 1.0F}), ElementsAre(0.5, 0.5));
  EXPECT_THAT(predict_one(*forest, {0.0F, 32.0F}), ElementsAre(0.25, 0.75));
}

TEST(Forest, TakesWhatIsNoCategoryForMissing) {
  const auto forest = make(two_categorical_trees());
  const float infinity = std::numeric_limits<float>::infinity();
  for (const float value : {kNan, -1.0F, 34.0F, 1e30F, infinity, -infinity}) {
    EXPECT_THAT(predict_one(*forest, {0.0F, value}), ElementsAre(0.75, 0.25)) << value;
    EXPECT_THAT(predict_one(*forest, {2.0F, value}), ElementsAre(0.5, 0.5)) << value;
  }
}

/// Table in both layouts, any threads, and single rows give what the definition gives.
void expect_as_defined(const ForestParts& parts, const std::vector<float>& x) {
  const auto forest = make(parts);
  const std::size_t cols = parts.feature_count;
  const std::size_t rows = x.size() / cols;
  std::vector<double> expected;
  std::vector<float> by_column(x.size());
  for (std::size_t row = 0; row < rows; ++row) {
    const auto features = std::span(x).subspan(row * cols, cols);
    const auto values = reference_prediction(parts, features);
    EXPECT_EQ(predict_one(*forest, {features.begin(), features.end()}), values);
    expected.insert(expected.end(), values.begin(), values.end());
    for (std::size_t col = 0; col < cols; ++col) by_column[col * rows + row] = features[col];
  }
  for (const int threads : {1, 2, 4}) {
    std::vector<double> out(expected.size(), -1.0);
    ASSERT_TRUE(forest->predict(MatrixView::row_major(x.data(), rows, cols), out, threads).ok());
    EXPECT_EQ(out, expected);
    std::fill(out.begin(), out.end(), -1.0);
    ASSERT_TRUE(forest->predict(MatrixView::column_major(by_column.data(), rows, cols), out, threads).ok());
    EXPECT_EQ(out, expected);
  }
}

TEST(Forest, PredictsAsDefinedWhateverTheBlocksThreadsAndStrides) {
  constexpr std::size_t kRows = 2500;
  for (const Task task : {Task::kClassification, Task::kRegression}) {
    expect_as_defined(random_parts(task, 37, 60, 5), random_rows(kRows * 5, false));
    expect_as_defined(random_parts(task, 37, 60, 5), random_rows(kRows * 5, true));
    const std::vector<std::uint32_t> categories = {0, 3, 0, 70, 1};
    expect_as_defined(random_parts(task, 37, 60, 5, categories), random_categorical_rows(kRows, categories));
  }
}

TEST(Forest, PredictsAsDefinedBeyondWhatWalksAtOnce) {
  expect_as_defined(random_parts(Task::kClassification, 2 * Paths::kCapacity + 1, 5, 4),
                    random_rows(400, true));
  expect_as_defined(random_parts(Task::kRegression, 3, 20, 1), random_rows(20'000, false));
  const ForestParts large = random_parts(Task::kClassification, 2, 40'000, 5);  // trees do not fit the cache
  expect_as_defined(large, random_rows(2000, false));
  expect_as_defined(large, random_rows(2000, true));
}

TEST(Forest, LeavesOfSomeRowsAreFoundInRowsAndInColumns) {
  constexpr std::size_t kRows = 100;
  const std::vector<std::uint32_t> categories = {0, 3, 0, 70, 1};
  const auto forest = make(random_parts(Task::kRegression, 1, 60, 5, categories));
  const std::vector<float> x = random_categorical_rows(kRows, categories);
  std::vector<float> by_column(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) by_column[i % 5 * kRows + i / 5] = x[i];
  const CategorySets sets = {categories.data(), forest->set_words().data()};
  for (const MatrixView table :
       {MatrixView::row_major(x.data(), kRows, 5), MatrixView::column_major(by_column.data(), kRows, 5)}) {
    Paths paths;
    for (std::uint32_t row = 0; row < kRows; row += 3) paths.add(row);
    std::vector<std::uint32_t> leaves(kRows, 0);
    walk_rows(forest->tree(0), sets, table, true, paths, leaves.data());
    EXPECT_EQ(paths.count, 0U);
    for (std::size_t row = 0; row < kRows; ++row) {
      const auto leaf = forest->leaf_of(0, std::span(x).subspan(row * 5, 5));
      const auto place = static_cast<std::uint32_t>(leaf.data() - forest->leaf_values().data());
      EXPECT_EQ(leaves[row], row % 3 == 0 ? place | kLeaf : 0) << row;
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
  const std::vector<std::uint32_t> categories = {0, 40, 0, 5};
  const auto forest = make(random_parts(Task::kClassification, 9, 40, 4, categories));
  AlignedBytes bytes(forest->to_bytes());
  const auto loaded = load_model("random_forest", bytes.span());
  ASSERT_TRUE(loaded.ok()) << to_string(loaded.error());
  EXPECT_EQ((*loaded)->to_bytes(), forest->to_bytes());
  EXPECT_EQ((*loaded)->summary(), forest->summary());
  const std::vector<float> x = random_categorical_rows(100, categories);
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
    AlignedBytes bytes(make(random_parts(task, 3, 8, 3, {0, 40, 0}))->to_bytes());
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
  const std::vector<std::byte> whole =
      make(random_parts(Task::kClassification, 3, 8, 3, {0, 40, 0}))->to_bytes();
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

class DamagedCategories : public testing::TestWithParam<Damage> {};

TEST_P(DamagedCategories, AreRefused) {
  ForestParts parts = two_categorical_trees();
  GetParam().apply(parts);
  const auto forest = Forest::from_parts(std::move(parts));
  ASSERT_FALSE(forest.ok());
  EXPECT_THAT(forest.error().message, HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Parts, DamagedCategories,
    testing::Values(Damage{"outside the sets", [](ForestParts& p) { p.nodes[0].test_set(3); }},
                    Damage{"outside the sets", [](ForestParts& p) { p.nodes[0].test_set(0xFFFFFFFF); }},
                    Damage{"outside the sets", [](ForestParts& p) { p.set_words.clear(); }},
                    Damage{"category that does not exist", [](ForestParts& p) { p.set_words[1] = 4; }},
                    Damage{"category with a number", [](ForestParts& p) { p.nodes[0].feature = 1; }},
                    Damage{"a number in a set", [](ForestParts& p) { p.nodes[2].test_set(0); }},
                    Damage{"feature that does not exist", [](ForestParts& p) { p.nodes[0].feature |= 2; }},
                    Damage{"more than 2^24",
                           [](ForestParts& p) { p.category_counts[1] = kMaxCategories + 1; }},
                    Damage{"not one a feature", [](ForestParts& p) { p.category_counts = {34}; }},
                    Damage{"no feature has categories", [](ForestParts& p) { p.category_counts.clear(); }}));

TEST(Forest, ATreeOfOneLeafTestsNothing) {
  ForestParts parts = two_categorical_trees();
  parts.category_counts = {34, 34};
  parts.nodes = {parts.nodes[0], parts.nodes[1]};
  parts.nodes[1] = {0.0F, 0, 1 | kLeaf, 1 | kLeaf};
  parts.tree_begins = {0, 1, 2};
  EXPECT_THAT(predict_one(*make(parts), {0.0F, 1.0F}), ElementsAre(0.25, 0.75));
}

TEST(Model, RefusesUnknownKinds) {
  const auto model = load_model("gbm", {});
  ASSERT_FALSE(model.ok());
  EXPECT_THAT(model.error().message, HasSubstr("\"gbm\""));
}

TEST(Model, ArgMaxGivesTiesToTheFirst) {
  EXPECT_EQ(arg_max(std::vector<double>{0.2, 0.4, 0.4}), 1U);
  EXPECT_EQ(arg_max(std::vector<double>{1.0}), 0U);
}

}  // namespace
}  // namespace archmlp::model
