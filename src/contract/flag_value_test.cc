#include "archmlp/contract/flag_value.h"

#include <gmock/gmock.h>
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

TEST(BytesFromText, TakesTheUnitsThatPeopleType) {
  EXPECT_EQ(*bytes_from_text("1000000"), 1'000'000U);
  EXPECT_EQ(*bytes_from_text("2GB"), 2'000'000'000U);
  EXPECT_EQ(*bytes_from_text("500 MB"), 500'000'000U);
  EXPECT_EQ(*bytes_from_text("256M"), 256'000'000U);
  EXPECT_EQ(*bytes_from_text("1.5k"), 1500U);
  EXPECT_EQ(*bytes_from_text("64KB"), 64'000U);
  EXPECT_EQ(*bytes_from_text("16MiB"), 16'777'216U);
  EXPECT_EQ(*bytes_from_text("0.5 GiB"), 536'870'912U);
  EXPECT_EQ(*bytes_from_text("8 kib"), 8192U);
}

TEST(BytesFromText, RefusesWhatIsNoAmount) {
  for (const char* text : {"", "GB", "-1MB", "0", "1TB of memory", "MiB 5", "true", "1e30"}) {
    const auto bytes = bytes_from_text(text);
    ASSERT_FALSE(bytes.ok()) << text;
    EXPECT_THAT(bytes.error().message, testing::HasSubstr("2GB")) << text;
  }
}

}  // namespace
}  // namespace archmlp::contract
