#include "archmlp/contract/field_table.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace archmlp::contract {
namespace {

using Json = nlohmann::ordered_json;

TEST(JsonFromScalar, FollowsTheCoreSchemaOfYaml) {
  const std::vector<std::pair<const char*, Json>> cases = {
      {"", nullptr},
      {"~", nullptr},
      {"null", nullptr},
      {"Null", nullptr},
      {"nULL", "nULL"},
      {"true", true},
      {"FALSE", false},
      {"tRUE", "tRUE"},
      {"yes", "yes"},
      {"off", "off"},
      {"0", 0},
      {"-1", -1},
      {"+7", 7},
      {"007", 7},
      {"0o17", 15},
      {"0xFf", 255},
      {"0x", "0x"},
      {"0o8", "0o8"},
      {"1_000", "1_000"},
      {"-", "-"},
      {"1.5", 1.5},
      {".5", 0.5},
      {"5.", 5.0},
      {"-1e3", -1000.0},
      {"+1E-2", 0.01},
      {".", "."},
      {"1e", "1e"},
      {"1.2.3", "1.2.3"},
      {"e5", "e5"},
      {"2020-01-01", "2020-01-01"},
      {"inf", "inf"},
      {"nan", "nan"},
      {"a b", "a b"},
      {"9223372036854775807", 9223372036854775807},
      {"-9223372036854775808", std::numeric_limits<std::int64_t>::min()},
      {"18446744073709551615", 18446744073709551615U}};
  for (const auto& [text, expected] : cases) {
    const auto json = json_from_scalar(text);
    ASSERT_TRUE(json.ok()) << text;
    EXPECT_EQ(*json, expected) << text;
    EXPECT_EQ(json->is_number_float(), expected.is_number_float()) << text;
  }
}

TEST(JsonFromScalar, RefusesNumbersThatNothingCanHold) {
  for (const char* text :
       {"18446744073709551616", "-9223372036854775809", "1e999", ".inf", "-.Inf", ".NaN"}) {
    EXPECT_FALSE(json_from_scalar(text).ok()) << text;
  }
}

struct Settings {
  std::int64_t size = 3;
  std::string word = "a";
};

FieldTable settings_fields() {
  return {{.name = "size",
           .type = "int",
           .range = ">= 1",
           .help = "How many",
           .set = [](void* config, const Json& value) -> base::Status {
             if (!value.is_number_integer() || value.get<std::int64_t>() < 1) {
               return base::Error{.message = "expected an integer >= 1"};
             }
             static_cast<Settings*>(config)->size = value.get<std::int64_t>();
             return {};
           },
           .get = [](const void* config) { return Json(static_cast<const Settings*>(config)->size); },
           .schema =
               [] {
                 return Json{{"type", "integer"}};
               }},
          {.name = "word",
           .type = "str",
           .range = "",
           .help = "Which",
           .set = [](void* config, const Json& value) -> base::Status {
             static_cast<Settings*>(config)->word = value.get<std::string>();
             return {};
           },
           .get = [](const void* config) { return Json(static_cast<const Settings*>(config)->word); },
           .schema =
               [] {
                 return Json{{"type", "string"}};
               }}};
}

TEST(FieldTable, SetsWhatIsGivenAndKeepsTheRest) {
  Settings settings;
  ASSERT_TRUE(set_fields(settings_fields(), &settings, Json{{"word", "b"}}, "train").ok());
  EXPECT_EQ(get_fields(settings_fields(), &settings).dump(), R"({"size":3,"word":"b"})");
}

TEST(FieldTable, NamesTheNearestParameter) {
  Settings settings;
  const auto status = set_fields(settings_fields(), &settings, Json{{"sice", 4}}, "train");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(base::to_string(status.error()),
            "train.sice: unknown parameter \"sice\". Hint: did you mean \"size\"?");
}

TEST(FieldTable, SaysWhichParameterIsWrong) {
  Settings settings;
  EXPECT_EQ(base::to_string(set_fields(settings_fields(), &settings, Json{{"size", 0}}, "").error()),
            "size: expected an integer >= 1");
  EXPECT_FALSE(set_fields(settings_fields(), &settings, Json::array(), "train").ok());
}

TEST(FieldTable, DescribesItselfAsJsonSchema) {
  const Settings defaults;
  const Json schema = json_schema(settings_fields(), &defaults, "Settings");
  EXPECT_EQ(
      schema.dump(),
      R"x({"title":"Settings","type":"object","properties":{)x"
      R"x("size":{"type":"integer","description":"How many (int, >= 1)","default":3},)x"
      R"x("word":{"type":"string","description":"Which (str)","default":"a"}},"additionalProperties":false})x");
}

}  // namespace
}  // namespace archmlp::contract
