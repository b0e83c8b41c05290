#include "archmlp/contract/json_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace archmlp::contract {
namespace {

using ::testing::HasSubstr;

TEST(ParseJson, KeepsOrderAndExactIntegers) {
  const auto json = parse_json(R"({"b": [1, 2.5, "x", null, true], "a": {"n": 9007199254740993}})");
  ASSERT_TRUE(json.ok());
  EXPECT_EQ(json->dump(), R"({"b":[1,2.5,"x",null,true],"a":{"n":9007199254740993}})");
}

TEST(ParseJson, SaysWhereTheTextGoesWrong) {
  const auto json = parse_json(R"({"a": tru})");
  ASSERT_FALSE(json.ok());
  EXPECT_EQ(json.error().where, "byte 10");
  EXPECT_THAT(json.error().message, HasSubstr("not valid JSON"));
  EXPECT_THAT(json.error().message, Not(HasSubstr("exception")));
}

TEST(ParseJson, RefusesWhatIsNotOneDocument) {
  for (const char* text : {"", "{", "[1,]", "{\"a\":1} x", "NaN", "1e999", "\"\xff\"", "'a'", "[1 2]"}) {
    EXPECT_FALSE(parse_json(text).ok()) << text;
  }
}

TEST(ParseJson, RefusesDuplicateKeysInOneObjectOnly) {
  const auto duplicate = parse_json(R"({"a": 1, "b": {"a": 2, "a": 3}})");
  ASSERT_FALSE(duplicate.ok());
  EXPECT_THAT(duplicate.error().message, HasSubstr("\"a\" occurs twice"));
  EXPECT_TRUE(parse_json(R"([{"a": 1}, {"a": {"a": 2}}])").ok());
}

TEST(ParseJson, BoundsTheDepth) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(parse_json(nested(kMaxJsonDepth)).ok());
  const auto deep = parse_json(nested(kMaxJsonDepth + 1));
  ASSERT_FALSE(deep.ok());
  EXPECT_EQ(deep.error().code, base::ErrorCode::kResourceLimit);
  EXPECT_FALSE(parse_json(std::string(1'000'000, '[')).ok());
}

TEST(ParseJson, TakesObjectsWithManyKeys) {
  std::string text = "{";
  for (int key = 0; key < 50'000; ++key) text += (key == 0 ? "\"" : ",\"") + std::to_string(key) + "\":0";
  const auto json = parse_json(text + "}");
  ASSERT_TRUE(json.ok());
  EXPECT_EQ(json->size(), 50'000U);
}

class JsonObjectTest : public ::testing::Test {
 protected:
  nlohmann::ordered_json json_ = *parse_json(
      R"({"text": "t", "flag": true, "small": -3, "large": 18446744073709551615, "real": 0.5, "list": ["a", "b"],
          "mixed": ["a", 1], "inner": {"x": 1}})");
  JsonObject object_ = *JsonObject::from(json_, "document");
};

TEST_F(JsonObjectTest, GivesTypedMembers) {
  EXPECT_EQ(*object_.text("text"), "t");
  EXPECT_TRUE(*object_.boolean("flag"));
  EXPECT_EQ(*object_.integer("small"), -3);
  EXPECT_EQ(*object_.unsigned_integer("large"), 18446744073709551615U);
  EXPECT_EQ(*object_.number("real"), 0.5);
  EXPECT_EQ(*object_.number("small"), -3.0);
  EXPECT_EQ(*object_.texts("list"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(object_.object("inner")->path(), "document.inner");
  EXPECT_TRUE(object_.has("flag"));
  EXPECT_FALSE(object_.has("other"));
}

TEST_F(JsonObjectTest, NamesTheKeyThatIsWrong) {
  EXPECT_EQ(base::to_string(object_.text("small").error()),
            "document.small: expected text, found the number -3");
  EXPECT_EQ(object_.texts("mixed").error().where, "document.mixed[1]");
  EXPECT_FALSE(object_.integer("large").ok());
  EXPECT_FALSE(object_.integer("real").ok());
  EXPECT_FALSE(object_.unsigned_integer("small").ok());
  EXPECT_FALSE(object_.boolean("text").ok());
  EXPECT_FALSE(object_.array("inner").ok());
  EXPECT_FALSE(object_.object("list").ok());
}

TEST_F(JsonObjectTest, NamesTheKeyThatIsMissing) {
  EXPECT_EQ(base::to_string(object_.text("absent").error()), "document: the key \"absent\" is missing");
}

TEST_F(JsonObjectTest, RefusesUnknownKeys) {
  const JsonObject inner = *object_.object("inner");
  EXPECT_TRUE(inner.only({"x", "y"}).ok());
  EXPECT_THAT(base::to_string(inner.only({"y"}).error()), HasSubstr("unknown key \"x\""));
}

}  // namespace
}  // namespace archmlp::contract
