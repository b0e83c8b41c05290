#include "archmlp/test_support/example_parts.h"

#include <fmt/core.h>

#include <cstdlib>
#include <utility>
#include <vector>

#include "archmlp/model/forest.h"
#include "archmlp/transform/steps.h"

namespace archmlp::test_support {
namespace {

using contract::ColumnKind;
using Node = model::ForestNode;

/// The examples are right; where one is not, no test that uses it means anything.
template <typename T>
T or_abort(base::Result<T> result) {
  if (result.ok()) return std::move(result).value();
  fmt::print(stderr, "the example model: {}\n", base::to_string(result.error()));
  std::abort();
}

std::unique_ptr<const model::Model> make_forest(model::ForestParts parts) {
  auto forest = model::Forest::from_parts(std::move(parts));
  return or_abort(std::move(forest));
}

std::uint32_t leaf(std::uint32_t row) { return Node::kLeaf | row; }

/// One tree a feature, so that every feature counts.
std::unique_ptr<const model::Model> classifier(const std::vector<float>& thresholds) {
  model::ForestParts parts;
  parts.task = contract::Task::kClassification;
  parts.feature_count = static_cast<std::uint32_t>(thresholds.size());
  parts.output_count = 2;
  parts.tree_begins = {0};
  for (std::uint32_t feature = 0; feature < parts.feature_count; ++feature) {
    const std::uint32_t missing_left = feature % 2 == 0 ? Node::kMissingLeft : 0;
    parts.nodes.push_back(
        {thresholds[feature], feature | missing_left, leaf(2 * feature), leaf(2 * feature + 1)});
    parts.tree_begins.push_back(parts.nodes.size());
    const double share = 1.0 / (3.0 + feature);
    parts.leaf_values.insert(parts.leaf_values.end(), {share, 1.0 - share, 1.0 - share / 2, share / 2});
  }
  return make_forest(std::move(parts));
}

}  // namespace

ExampleParts example_parts() {
  namespace t = transform;
  ExampleParts example;
  contract::DatasetContract& contract = example.parts.contract;
  contract.program_version = "0.1.0";
  contract.has_raw = true;
  contract.raw.columns = {
      {"amount", ColumnKind::kReal, true, {""}}, {"count", ColumnKind::kInteger, false, {}},
      {"kind", ColumnKind::kText, true, {""}},   {"flag", ColumnKind::kBoolean, true, {""}},
      {"name", ColumnKind::kText, false, {}},    {"y", ColumnKind::kText, false, {}}};
  contract.features.columns = {{"total", ColumnKind::kReal, true, {""}},
                               {"count", ColumnKind::kInteger, false, {}},
                               {"flag", ColumnKind::kBoolean, true, {""}},
                               {"kind_a", ColumnKind::kInteger, false, {}},
                               {"kind_b", ColumnKind::kInteger, false, {}}};
  contract.label = {.name = "y",
                    .kind = ColumnKind::kText,
                    .task = contract::Task::kClassification,
                    .classes = {std::string("no"), std::string("yes")}};
  contract.steps = t::to_json(std::vector<t::StepPointer>{
      t::make_filter("count >= 0"), t::make_remove({"name"}),
      t::make_replace({"amount"}, "amount > 1000 and count > 5", 0.1), t::make_rename({{"amount", "total"}}),
      t::make_add_features({{"total", "total * 3 + count / 7"}}),
      t::make_one_hot({{"kind", {std::string("a"), std::string("b")}, t::UnknownPolicy::kIgnore}})});
  contract.inputs = {{"data", std::string(64, 'a')}};
  contract.seed = 7;
  example.model = classifier({0.5F, 0.25F, 20.0F, 0.5F, 9.0e15F});
  // In another order than the features: kind_b, kind_a, total, flag, count.
  example.parts.model_features = {"kind_b", "kind_a", "total", "flag", "count"};
  example.parts.model = example.model.get();
  example.parts.metrics = {{"row_count", 10}, {"oob_score", 0.75}};
  example.parts.lineage = {{"inputs", {{"x_train", std::string(64, 'b')}}}, {"model", "random_forest"}};
  return example;
}

ExampleParts example_regression_parts() {
  ExampleParts example;
  contract::DatasetContract& contract = example.parts.contract;
  contract.program_version = "0.1.0";
  contract.features.columns = {{"a", ColumnKind::kReal, true, {""}}, {"b", ColumnKind::kReal, true, {""}}};
  contract.label = {
      .name = "price", .kind = ColumnKind::kInteger, .task = contract::Task::kRegression, .classes = {}};
  model::ForestParts parts;
  parts.task = contract::Task::kRegression;
  parts.feature_count = 2;
  parts.output_count = 1;
  parts.tree_begins = {0, 1, 2};
  parts.nodes = {{1.5F, 0, leaf(0), leaf(1)}, {0.5F, 1, leaf(0), leaf(2)}};
  parts.leaf_values = {0.1, 100.0, 1e9};
  example.model = make_forest(std::move(parts));
  example.parts.model_features = {"a", "b"};
  example.parts.model = example.model.get();
  return example;
}

ExampleParts example_categorical_parts() {
  namespace t = transform;
  ExampleParts example;
  contract::DatasetContract& contract = example.parts.contract;
  contract.program_version = "0.1.0";
  contract.has_raw = true;
  contract.raw.columns = {{"size", ColumnKind::kReal, true, {""}},
                          {"city", ColumnKind::kText, true, {""}},
                          {"floor", ColumnKind::kInteger, false, {}},
                          {"y", ColumnKind::kBoolean, false, {}}};
  contract.features.columns = {{"size", ColumnKind::kReal, true, {""}},
                               {"town", ColumnKind::kText, true, {""}},
                               {"floor", ColumnKind::kInteger, false, {}}};
  contract.label = {.name = "y",
                    .kind = ColumnKind::kBoolean,
                    .task = contract::Task::kClassification,
                    .classes = {false, true}};
  contract.steps = t::to_json(std::vector<t::StepPointer>{t::make_rename({{"city", "town"}})});

  model::ForestParts parts;
  parts.feature_count = 3;
  parts.output_count = 2;
  parts.tree_begins = {0, 2, 4};
  parts.category_counts = {3, 0, 40};
  parts.set_words = {0b101, 0x0F0F0F0F, 0b11, 0x12345678, 0b10000000};
  // Tree 0: town, then floor. Tree 1: size, then town. A missing town goes left once and right once.
  parts.nodes = {{0.0F, 2 | Node::kMissingLeft, 1, leaf(2)},
                 {0.0F, 0, leaf(0), leaf(1)},
                 {50.0F, 1, leaf(3), 1},
                 {0.0F, 2, leaf(4), leaf(1)}};
  parts.nodes[0].test_set(1);
  parts.nodes[1].test_set(0);
  parts.nodes[3].test_set(3);
  parts.leaf_values = {0.125, 0.875, 0.3, 0.7, 0.5, 0.5, 0.9, 0.1, 1.0, 0.0};
  example.model = make_forest(std::move(parts));
  example.parts.model_features = {"floor", "size", "town"};
  for (int town = 0; town < 40; ++town)
    example.parts.categories["town"].emplace_back(fmt::format("t{:02}", town));
  example.parts.categories["floor"] = {std::int64_t{-1}, std::int64_t{1}, std::int64_t{2}};
  example.parts.model = example.model.get();
  return example;
}

std::shared_ptr<const bundle::Bundle> load_example(const ExampleParts& example) {
  auto bundle = bundle::Bundle::from_bytes(bundle::encode_bundle(example.parts), "example.archmlp");
  return or_abort(std::move(bundle));
}

}  // namespace archmlp::test_support
