#include "archmlp/serve/openapi.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "archmlp/serve/test_handler.h"
#include "archmlp/test_support/example_parts.h"

namespace archmlp::serve {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

class OpenApiTest : public HandlerFixture {
 protected:
  OpenApiTest() : HandlerFixture(test_support::load_example(test_support::example_parts())) {}
};

void for_each_reference(const json& node, const std::function<void(const std::string&)>& call) {
  if (node.is_object() && node.contains("$ref")) call(node.at("$ref").get<std::string>());
  if (!node.is_structured()) return;
  for (const json& item : node) for_each_reference(item, call);
}

TEST(OpenApiContract, IsTheOneThatIsPublished) {
  const auto path = std::filesystem::path(ARCHMLP_SOURCE_DIR) / "contracts/openapi.json";
  const std::string emitted = openapi_document({}, false);
  if (std::getenv("ARCHMLP_UPDATE_CONTRACTS") != nullptr) std::ofstream(path) << emitted;
  std::ifstream file(path);
  std::ostringstream published;
  published << file.rdbuf();
  EXPECT_EQ(published.str(), emitted)
      << "run this test with ARCHMLP_UPDATE_CONTRACTS=1 to write contracts/openapi.json again";
}

TEST_F(OpenApiTest, IsWholeInItself) {
  const json document = json::parse(send("GET", "/openapi.json").body);
  EXPECT_EQ(document.at("openapi"), "3.0.3");
  std::set<std::string> ids;
  for (const auto& [path, item] : document.at("paths").items()) {
    for (const auto& [method, operation] : item.items()) {
      if (method == "parameters") continue;
      EXPECT_TRUE(ids.insert(operation.at("operationId").get<std::string>()).second) << path;
      EXPECT_FALSE(operation.at("responses").empty()) << path;
      for (const auto& [status, answer] : operation.at("responses").items()) {
        EXPECT_FALSE(answer.at("description").get<std::string>().empty()) << path << status;
      }
    }
    for (const std::string name : {"model", "version"}) {
      if (path.find("{" + name + "}") == std::string::npos) continue;
      EXPECT_THAT(item.at("parameters").dump(), HasSubstr("\"name\":\"" + name + "\"")) << path;
    }
  }
  std::size_t reference_count = 0;
  for_each_reference(document, [&](const std::string& reference) {
    ++reference_count;
    EXPECT_TRUE(document.contains(json::json_pointer(reference.substr(1)))) << reference;
  });
  EXPECT_GT(reference_count, 50U);
}

TEST_F(OpenApiTest, EveryAddressIsThere) {
  const json document = json::parse(send("GET", "/openapi.json").body);
  for (const auto& [path, item] : document.at("paths").items()) {
    std::string target = path;
    for (const auto& [name, value] : {std::pair("{model}", "example"), std::pair("{version}", "1")}) {
      if (const std::size_t at = target.find(name); at != std::string::npos)
        target.replace(at, std::string_view(name).size(), value);
    }
    for (const std::string method : {"get", "post"}) {
      const int status = send(method == "get" ? "GET" : "POST", target, "{}").status;
      if (!item.contains(method)) {
        EXPECT_EQ(status, 405) << method << path;
        continue;
      }
      EXPECT_THAT(status, testing::AllOf(testing::Ne(404), testing::Ne(405))) << method << path;
      EXPECT_TRUE(item.at(method).at("responses").contains(std::to_string(status))) << status << path;
    }
  }
}

TEST_F(OpenApiTest, RecordsOfTheModel) {
  const json schemas = json::parse(send("GET", "/openapi.json").body).at("components").at("schemas");
  EXPECT_THAT(schemas.at("record").dump(), HasSubstr("example-1.prepared_record"));
  const json raw = schemas.at("example-1.record");
  EXPECT_THAT(raw.at("required").get<std::vector<std::string>>(),
              ElementsAre("amount", "count", "kind", "flag"));
  EXPECT_EQ(raw.at("additionalProperties"), false);
  const json& columns = raw.at("properties");
  EXPECT_EQ(columns.at("amount"), json::parse(R"({"type": "number", "format": "double", "nullable": true})"));
  EXPECT_EQ(columns.at("count"), json::parse(R"({"type": "integer", "format": "int64"})"));
  EXPECT_EQ(columns.at("kind"), json::parse(R"({"anyOf": [{"type": "string", "enum": ["a", "b"]},
                                                          {"type": "string", "nullable": true}]})"))
      << "other values are taken for unknown";
  EXPECT_EQ(columns.at("name"), json::parse(R"({"description": "not read"})"));
  EXPECT_EQ(columns.at("y"), columns.at("name"));
  const json prepared = schemas.at("example-1.prepared_record");
  EXPECT_THAT(prepared.at("required").get<std::vector<std::string>>(),
              ElementsAre("total", "count", "flag", "kind_a", "kind_b"));
  const json& answer = schemas.at("example-1.prediction").at("properties");
  EXPECT_EQ(answer.at("prediction").at("enum"), json::array({"no", "yes"}));
  EXPECT_THAT(answer.at("probabilities").at("required").get<std::vector<std::string>>(),
              ElementsAre("no", "yes"));
}

TEST_F(OpenApiTest, TokensAreSaidWhereTheyAreAskedFor) {
  EXPECT_EQ(send("GET", "/openapi.json").body.find("\"security\": [\n    {"), std::string::npos);
  handler_.service().set_asks_for_token(true);
  const json document = json::parse(send("GET", "/openapi.json").body);
  EXPECT_EQ(document.at("security"), json::parse(R"([{"bearer": []}])"));
  std::vector<std::string> open;
  for (const auto& [path, item] : document.at("paths").items()) {
    if (item.contains("get") && item.at("get").contains("security")) open.push_back(path);
  }
  EXPECT_THAT(open, UnorderedElementsAre("/livez", "/readyz", "/v2/health/live", "/v2/health/ready", "/ping",
                                         "/health"));
}

TEST(OpenApi, CategoriesOfTheModelAreListed) {
  TestHandler handler(predictor_of(test_support::load_example(test_support::example_categorical_parts())));
  http::Response response;
  handler.handle({.method = "GET", .target = "/openapi.json"}, response);
  const json schemas = json::parse(response.body).at("components").at("schemas");
  const json& raw = schemas.at("example-1.record").at("properties");
  EXPECT_EQ(raw.at("city").at("anyOf")[0].at("enum").size(), 40U) << "renamed on its way to the model";
  EXPECT_EQ(raw.at("floor").at("anyOf")[0],
            json::parse(R"({"type": "integer", "format": "int64", "enum": [-1, 1, 2]})"));
  EXPECT_FALSE(raw.at("size").contains("anyOf"));
  EXPECT_EQ(
      schemas.at("example-1.prepared_record").at("properties").at("town").at("anyOf")[0].at("enum").size(),
      40U);
  EXPECT_EQ(schemas.at("example-1.prediction").at("properties").at("prediction").at("enum"),
            json::array({false, true}));
}

}  // namespace
}  // namespace archmlp::serve
