#include "archmlp/serve/contract_change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "archmlp/model/forest.h"
#include "archmlp/test_support/example_parts.h"

namespace archmlp::serve {
namespace {

using contract::ColumnKind;
using test_support::ExampleParts;
using testing::HasSubstr;

predict::Predictor loaded_with(const ExampleParts& parts) {
  return predict::Predictor(test_support::load_example(parts));
}

std::string said_of(const ExampleParts& served, const ExampleParts& candidate) {
  const base::Status status = check_same_contract(loaded_with(served), loaded_with(candidate));
  return status.ok() ? "" : status.error().message;
}

/// What is said of a model with that change in place of the example; empty if nothing.
template <typename Change>
std::string said_of(Change change) {
  ExampleParts changed = test_support::example_parts();
  change(changed.parts.contract);
  return said_of(test_support::example_parts(), changed);
}

/// The example of a regression with one feature alone.
ExampleParts without_second_feature() {
  ExampleParts example = test_support::example_regression_parts();
  constexpr auto kLeaf = model::ForestNode::kLeaf;
  model::ForestParts forest;
  forest.task = contract::Task::kRegression;
  forest.feature_count = 1;
  forest.output_count = 1;
  forest.tree_begins = {0, 1};
  forest.nodes = {{1.5F, 0, kLeaf, kLeaf | 1U}};
  forest.leaf_values = {0.1, 100.0};
  auto made = model::Forest::from_parts(std::move(forest));
  EXPECT_TRUE(made.ok());
  example.model = std::move(made).value();
  example.parts.model = example.model.get();
  example.parts.contract.features.columns.pop_back();
  example.parts.model_features.pop_back();
  return example;
}

TEST(ContractChange, NoneWhereClientsSeeNone) {
  EXPECT_EQ(said_of([](auto&) {}), "");
  EXPECT_EQ(said_of([](auto& contract) {
              contract.raw.columns[0].nullable = false;
              contract.features.columns[0].nullable = false;
            }),
            "");
  EXPECT_EQ(said_of([](auto& contract) { std::swap(contract.raw.columns[3], contract.raw.columns[4]); }), "");
  EXPECT_EQ(said_of([](auto& contract) { contract.raw.columns[4].kind = ColumnKind::kReal; }), "")
      << "a column that the recipe removes";
  EXPECT_EQ(said_of([](auto& contract) { contract.seed = 8; }), "");
}

TEST(ContractChange, LabelsAndClasses) {
  EXPECT_THAT(said_of([](auto& contract) { contract.label.name = contract.raw.columns[5].name = "z"; }),
              HasSubstr("its label is \"z\", not \"y\""));
  EXPECT_THAT(said_of([](auto& contract) { contract.label.classes[1] = std::string("yess"); }),
              HasSubstr("its classes are others"));
  ExampleParts regression = test_support::example_regression_parts();
  regression.parts.contract.label.name = "y";
  EXPECT_THAT(said_of(test_support::example_parts(), regression),
              HasSubstr("it is a regression, not a classification"));
}

TEST(ContractChange, Columns) {
  const ExampleParts both = test_support::example_regression_parts();
  const ExampleParts one = without_second_feature();
  EXPECT_THAT(said_of(one, both), HasSubstr("it needs a column \"b\""));
  EXPECT_THAT(said_of(both, one), HasSubstr("it does not know the column \"b\""));
  EXPECT_EQ(said_of(one, one), "");
  ExampleParts raw = test_support::example_parts();
  raw.parts.contract.label.name = raw.parts.contract.raw.columns[5].name = "price";
  EXPECT_FALSE(said_of(both, raw).empty());
}

TEST(ContractChange, Kinds) {
  const ExampleParts reals = test_support::example_regression_parts();
  ExampleParts integers = test_support::example_regression_parts();
  integers.parts.contract.features.columns[0].kind = ColumnKind::kInteger;
  EXPECT_THAT(said_of(reals, integers), HasSubstr("its column \"a\" is integer, not real"));
  EXPECT_EQ(said_of(integers, reals), "") << "every integer is a number";
}

}  // namespace
}  // namespace archmlp::serve
