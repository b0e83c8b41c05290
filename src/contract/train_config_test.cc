#include "archmlp/contract/train_config.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "archmlp/contract/recipe.h"

namespace archmlp::contract {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using Json = nlohmann::ordered_json;

std::string error_of(const Json& keys) {
  TrainConfig config;
  const auto status = set_train_keys(config, keys, "train");
  return status.ok() ? "" : base::to_string(status.error());
}

TEST(TrainConfig, TheModelDecidesWhichParametersThereAre) {
  TrainConfig config;
  ASSERT_TRUE(set_train_keys(config, {{"C", 2.5}, {"gamma", "auto"}, {"model", "svm"}}, "train").ok());
  EXPECT_EQ(config.model, "svm");
  EXPECT_EQ(config.svm.C, 2.5);
  EXPECT_EQ(std::get<Gamma>(config.svm.gamma), Gamma::kAuto);
  EXPECT_THAT(config.given, ElementsAre("C", "gamma", "model"));
  EXPECT_THAT(error_of({{"model", "svm"}, {"n_estimators", 5}}),
              AllOf(HasSubstr("train.n_estimators"), HasSubstr("no parameter of svm"),
                    HasSubstr("random_forest and extra_trees")));
  EXPECT_THAT(error_of({{"kernel", "rbf"}}),
              AllOf(HasSubstr("no parameter of random_forest"), HasSubstr("belongs to svm")));
  EXPECT_THAT(error_of({{"model", "svm"}, {"gama", 1}}), HasSubstr("did you mean \"gamma\""));
  EXPECT_THAT(error_of({{"model", "svn"}}), HasSubstr("did you mean \"svm\""));
}

TEST(TrainConfig, DefaultsOfSvmAreScikitLearns) {
  const TrainConfig config{.model = "svm"};
  const Json json = get_fields(train_fields("svm"), &config);
  EXPECT_EQ(json, Json::parse(R"({"model": "svm", "task": null, "C": 1.0, "kernel": "rbf", "degree": 3,
      "gamma": "scale", "coef0": 0.0, "scale": false, "shrinking": true, "probability": false, "tol": 1e-3,
      "cache_size": 200.0, "class_weight": null, "max_iter": -1, "epsilon": 0.1,
      "decision_function_shape": "ovr", "break_ties": false, "random_state": 0})"));
  TrainConfig read_back;
  ASSERT_TRUE(set_train_keys(read_back, json, "").ok());
  EXPECT_EQ(get_fields(train_fields("svm"), &read_back), json);
}

TEST(TrainConfig, ValuesOfSvmHaveRanges) {
  const auto of = [](const char* name, const Json& value) {
    return error_of({{"model", "svm"}, {name, value}});
  };
  EXPECT_THAT(of("C", 0), HasSubstr("train.C: expected a number > 0"));
  EXPECT_THAT(of("C", "1"), HasSubstr("expected a number > 0"));
  EXPECT_THAT(of("gamma", -1), HasSubstr("'scale', 'auto' or a number >= 0"));
  EXPECT_THAT(of("gamma", "scaled"), HasSubstr("'scale', 'auto' or a number >= 0"));
  EXPECT_THAT(of("degree", 2.5), HasSubstr("between 0 and 1000"));
  EXPECT_THAT(of("max_iter", 0), HasSubstr("-1 or "));
  EXPECT_THAT(of("tol", 0), HasSubstr("> 0"));
  EXPECT_THAT(of("class_weight", "balanced_subsample"), HasSubstr("expected null, 'balanced' or"));
  EXPECT_THAT(of("decision_function_shape", "ovo "), HasSubstr("'ovr' or 'ovo'"));
  EXPECT_EQ(of("class_weight", {{"yes", 3}, {"no", 1}}), "");
  EXPECT_EQ(of("max_iter", -1), "");
  EXPECT_EQ(of("gamma", 0), "");
}

TEST(TrainConfig, ARecipeKeepsTheParametersOfItsModelAlone) {
  const auto recipe =
      parse_recipe("label: y\ntrain: {model: svm, kernel: linear, class_weight: {0: 1, 1: 5}}\n", "r");
  ASSERT_TRUE(recipe.ok()) << base::to_string(recipe.error());
  const Json train = to_json(*recipe)["train"];
  EXPECT_EQ(train["kernel"], "linear");
  EXPECT_EQ(train["class_weight"], Json::parse("[[0, 1.0], [1, 5.0]]"));
  EXPECT_FALSE(train.contains("n_estimators"));
  const Json schema = recipe_json_schema()["properties"]["train"]["properties"];
  EXPECT_TRUE(schema.contains("n_estimators"));
  EXPECT_TRUE(schema.contains("kernel"));
}

}  // namespace
}  // namespace archmlp::contract
