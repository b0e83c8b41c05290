#include "archmlp/contract/flag_value.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace archmlp::contract {
namespace {

using Json = nlohmann::ordered_json;

TEST(JsonFromFlag, TakesWhatPeopleType) {
  EXPECT_EQ(json_from_flag("5"), Json(5));
  EXPECT_EQ(json_from_flag("0.5"), Json(0.5));
  EXPECT_EQ(json_from_flag("true"), Json(true));
  EXPECT_EQ(json_from_flag("null"), Json(nullptr));
  EXPECT_EQ(json_from_flag("none"), Json(nullptr));
  EXPECT_EQ(json_from_flag("None"), Json(nullptr));
  EXPECT_EQ(json_from_flag("sqrt"), Json("sqrt"));
  EXPECT_EQ(json_from_flag(""), Json(""));
  EXPECT_EQ(json_from_flag(R"({"0": 1, "1": 5})"), (Json{{"0", 1}, {"1", 5}}));
  EXPECT_EQ(json_from_flag("[1, 2]"), Json::array({1, 2}));
  EXPECT_EQ(json_from_flag("{broken"), Json("{broken"));
  EXPECT_EQ(json_from_flag("{no: 1, 'a b': 5}"), (Json{{"no", 1}, {"a b", 5}}));
  EXPECT_EQ(json_from_flag("[1, x]"), Json::array({1, "x"}));
  EXPECT_EQ(json_from_flag("{a: "), Json("{a: "));
}

}  // namespace
}  // namespace archmlp::contract
