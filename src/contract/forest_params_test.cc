#include "archmlp/contract/forest_params.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace archmlp::contract {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

std::string params_problem(const char* json) {
  ForestParams params;
  const auto status = set_fields(forest_fields(), &params, Json::parse(json), "train");
  return status.ok() ? "" : base::to_string(status.error());
}

TEST(ForestParams, HasTheDefaultsOfScikitLearn) {
  const ForestParams params;
  EXPECT_EQ(
      get_fields(forest_fields(), &params).dump(),
      R"({"n_estimators":100,"criterion":"gini","splitter":"best","max_depth":null,"max_leaf_nodes":null,)"
      R"("min_samples_split":2,"min_samples_leaf":1,"min_weight_fraction_leaf":0.0,"min_impurity_decrease":0.0,)"
      R"("max_features":"auto","bootstrap":true,"max_samples":null,"oob_score":false,"class_weight":null,)"
      R"("ccp_alpha":0.0,"monotonic_cst":null,"max_bins":255,"random_state":0})");
}

TEST(ForestParams, SetsBackWhatItGets) {
  const Json values = Json::parse(
      R"({"n_estimators": 7, "criterion": "entropy", "splitter": "random", "max_depth": 4, "max_leaf_nodes": 9,
          "min_samples_split": 0.5, "min_samples_leaf": 3, "min_weight_fraction_leaf": 0.125,
          "min_impurity_decrease": 0.25, "max_features": "log2", "bootstrap": false, "max_samples": 0.5,
          "oob_score": true, "class_weight": [["a", 1.0], [2, 2.5], [true, 0.0]], "ccp_alpha": 0.5,
          "monotonic_cst": {"age": 1, "price": -1}, "max_bins": 64, "random_state": 18446744073709551615})");
  ForestParams params;
  ASSERT_TRUE(set_fields(forest_fields(), &params, values, "").ok());
  EXPECT_EQ(get_fields(forest_fields(), &params), values);
  EXPECT_EQ(std::get<double>(params.min_samples_split), 0.5);
  EXPECT_EQ(std::get<std::int64_t>(params.min_samples_leaf), 3);
}

TEST(ForestParams, KnowsEveryFormOfMaxFeatures) {
  for (const char* form : {"null", "\"sqrt\"", "\"log2\"", "\"auto\"", "3", "0.5", "1.0"}) {
    ForestParams params;
    const Json value = Json::parse(form);
    ASSERT_TRUE(set_fields(forest_fields(), &params, Json{{"max_features", value}}, "").ok()) << form;
    EXPECT_EQ(get_fields(forest_fields(), &params)["max_features"], value) << form;
  }
  ForestParams params;
  ASSERT_TRUE(set_fields(forest_fields(), &params, Json{{"max_features", nullptr}}, "").ok());
  EXPECT_EQ(std::get<MaxFeatures>(*params.max_features), MaxFeatures::kAll);
}

TEST(ForestParams, TypesTheClassesOfAnObject) {
  ForestParams params;
  ASSERT_TRUE(
      set_fields(forest_fields(), &params, Json::parse(R"({"class_weight": {"0": 1, "yes": 2.5}})"), "")
          .ok());
  using Weights = std::vector<std::pair<Value, double>>;
  EXPECT_EQ(std::get<Weights>(params.class_weight),
            (Weights{{Value(std::int64_t{0}), 1.0}, {Value(std::string("yes")), 2.5}}));
}

TEST(ForestParams, RefusesWhatIsOutOfRange) {
  for (const char* json : {R"({"n_estimators": 0})",
                           R"({"n_estimators": 1.5})",
                           R"({"n_estimators": true})",
                           R"({"n_estimators": "9"})",
                           R"({"n_estimators": 18446744073709551615})",
                           R"({"max_depth": 0})",
                           R"({"max_leaf_nodes": 1})",
                           R"({"min_samples_split": 1})",
                           R"({"min_samples_split": 1.5})",
                           R"({"min_samples_split": 0.0})",
                           R"({"min_samples_leaf": 0})",
                           R"({"min_samples_leaf": 1.0})",
                           R"({"min_impurity_decrease": -1})",
                           R"({"max_features": 0})",
                           R"({"max_features": 1.5})",
                           R"({"max_features": "all"})",
                           R"({"bootstrap": 1})",
                           R"({"max_samples": 0})",
                           R"({"class_weight": {"a": -1}})",
                           R"({"class_weight": {}})",
                           R"({"class_weight": "balanced_sample"})",
                           R"({"splitter": "worst"})",
                           R"({"min_weight_fraction_leaf": 0.6})",
                           R"({"ccp_alpha": -0.1})",
                           R"({"monotonic_cst": {"age": 2}})",
                           R"({"monotonic_cst": [1, 0]})",
                           R"({"class_weight": [["a", 1], ["a", 2]]})",
                           R"({"class_weight": [["a"]]})",
                           R"({"max_bins": 1})",
                           R"({"max_bins": 65536})",
                           R"({"random_state": -1})",
                           R"({"random_state": null})",
                           R"({"criterion": "squared_eror"})"}) {
    EXPECT_THAT(params_problem(json), HasSubstr("train.")) << json;
  }
}

TEST(ForestParams, SaysWhatWasExpected) {
  EXPECT_EQ(params_problem(R"({"min_samples_leaf": 1.0})"),
            "train.min_samples_leaf: expected an integer >= 1 or a float in (0, 1), found the number 1.0");
  EXPECT_THAT(params_problem(R"({"criterion": "squared_eror"})"),
              HasSubstr("did you mean \"squared_error\""));
  EXPECT_THAT(params_problem(R"({"n_estimator": 5})"), HasSubstr("did you mean \"n_estimators\""));
}

TEST(ForestParams, DescribesEveryFieldForEditors) {
  const ForestParams defaults;
  const Json schema = json_schema(forest_fields(), &defaults, "random_forest");
  EXPECT_EQ(schema["properties"].size(), forest_fields().size());
  EXPECT_EQ(schema["properties"]["n_estimators"]["minimum"], 1);
  EXPECT_EQ(schema["properties"]["max_bins"]["maximum"], 65535);
  EXPECT_EQ(schema["properties"]["criterion"]["enum"].size(), 7U);
}

}  // namespace
}  // namespace archmlp::contract
