#include "archmlp/contract/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace archmlp::contract {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

Schema sample_schema() {
  return {{{"age", ColumnKind::kInteger, true, {"", "?"}},
           {"wage", ColumnKind::kReal, false, {}},
           {"member", ColumnKind::kBoolean, false, {""}},
           {"city", ColumnKind::kText, true, {"NA"}}}};
}

TEST(ColumnKind, HasStableNames) {
  for (const ColumnKind kind :
       {ColumnKind::kInteger, ColumnKind::kReal, ColumnKind::kBoolean, ColumnKind::kText}) {
    EXPECT_EQ(column_kind_from(to_string(kind)), kind);
  }
  EXPECT_EQ(to_string(ColumnKind::kInteger), "integer");
  EXPECT_EQ(column_kind_from("int"), std::nullopt);
}

TEST(Schema, FindsColumnsByName) {
  EXPECT_EQ(sample_schema().find("member"), 2U);
  EXPECT_EQ(sample_schema().find("Member"), std::nullopt);
  EXPECT_THAT(sample_schema().names(), ::testing::ElementsAre("age", "wage", "member", "city"));
}

TEST(Schema, ReadsBackWhatItWrote) {
  const auto back = schema_from_json(Json::parse(to_json(sample_schema()).dump()));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(*back, sample_schema());
}

TEST(Schema, RefusesBadColumns) {
  const Json good = to_json(sample_schema());
  const auto error_of = [&](auto change) {
    Json json = good;
    change(json);
    const auto result = schema_from_json(json);
    return result.ok() ? "accepted" : base::to_string(result.error());
  };
  EXPECT_THAT(error_of([](Json& json) { json[1]["name"] = "age"; }),
              HasSubstr("[1]: the column \"age\" occurs twice"));
  EXPECT_THAT(error_of([](Json& json) { json[0]["name"] = ""; }), HasSubstr("[0]: the name is empty"));
  EXPECT_THAT(error_of([](Json& json) { json[3]["kind"] = "string"; }),
              HasSubstr("unknown column kind \"string\""));
  EXPECT_THAT(error_of([](Json& json) { json[2].erase("nullable"); }), HasSubstr("\"nullable\" is missing"));
  EXPECT_THAT(error_of([](Json& json) { json[2]["missing_values"] = {1}; }),
              HasSubstr("[2].missing_values[0]"));
  EXPECT_THAT(error_of([](Json& json) { json = Json::object(); }), HasSubstr("expected a list of columns"));
}

TEST(LabelSchema, ReadsBackWhatItWrote) {
  const std::vector<LabelSchema> labels = {
      {"isFraud",
       ColumnKind::kInteger,
       Task::kClassification,
       {Value(std::int64_t{0}), Value(std::int64_t{1})}},
      {"grade", ColumnKind::kReal, Task::kClassification, {Value(1.0), Value(1.5)}},
      {"income",
       ColumnKind::kText,
       Task::kClassification,
       {Value(std::string("<=50K")), Value(std::string(">50K"))}},
      {"won", ColumnKind::kBoolean, Task::kClassification, {Value(false), Value(true)}},
      {"price", ColumnKind::kReal, Task::kRegression, {}}};
  for (const LabelSchema& label : labels) {
    const auto back = label_from_json(Json::parse(to_json(label).dump()));
    ASSERT_TRUE(back.ok()) << base::to_string(back.error());
    EXPECT_EQ(*back, label);
  }
}

TEST(LabelSchema, RefusesClassesThatCouldNotBePredicted) {
  const auto parse = [](const char* text) { return label_from_json(Json::parse(text)); };
  EXPECT_THAT(parse(R"({"name": "y", "kind": "integer", "task": "classification", "classes": [1, 0]})")
                  .error()
                  .message,
              HasSubstr("not sorted"));
  EXPECT_FALSE(
      parse(R"({"name": "y", "kind": "integer", "task": "classification", "classes": [1, 1]})").ok());
  EXPECT_FALSE(
      parse(R"({"name": "y", "kind": "integer", "task": "classification", "classes": [0, 1.5]})").ok());
  EXPECT_FALSE(
      parse(R"({"name": "y", "kind": "integer", "task": "classification", "classes": [0, null]})").ok());
  EXPECT_FALSE(parse(R"({"name": "y", "kind": "integer", "task": "classification", "classes": []})").ok());
  EXPECT_FALSE(parse(R"({"name": "y", "kind": "text", "task": "regression", "classes": []})").ok());
  EXPECT_FALSE(parse(R"({"name": "y", "kind": "real", "task": "regression", "classes": [1.0]})").ok());
  EXPECT_FALSE(parse(R"({"name": "y", "kind": "real", "task": "ranking", "classes": []})").ok());
}

TEST(GuessTask, FollowsTheLabel) {
  EXPECT_EQ(guess_task(ColumnKind::kText, 5000, 5000), Task::kClassification);
  EXPECT_EQ(guess_task(ColumnKind::kBoolean, 2, 4), Task::kClassification);
  EXPECT_EQ(guess_task(ColumnKind::kInteger, 2, 4), Task::kClassification);
  EXPECT_EQ(guess_task(ColumnKind::kInteger, 20, 200), Task::kClassification);
  EXPECT_EQ(guess_task(ColumnKind::kInteger, 20, 199), Task::kRegression);
  EXPECT_EQ(guess_task(ColumnKind::kInteger, 21, 100'000), Task::kRegression);
  EXPECT_EQ(guess_task(ColumnKind::kReal, 2, 100), Task::kRegression);
}

}  // namespace
}  // namespace archmlp::contract
