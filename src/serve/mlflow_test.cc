#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "archmlp/base/version.h"
#include "archmlp/serve/test_handler.h"
#include "archmlp/test_support/example_parts.h"

namespace archmlp::serve {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

class MlflowTest : public HandlerFixture {
 protected:
  MlflowTest() : HandlerFixture(test_support::load_example(test_support::example_parts())) {}

  json invoke(const std::string& body, std::string_view query = {}) {
    send("POST", "/invocations" + std::string(query), body);
    return answer();
  }
  std::string refusal(const std::string& body) {
    const json answer = invoke(body);
    EXPECT_EQ(response_.status, 400) << response_.body;
    EXPECT_EQ(answer.value("error_code", ""), "BAD_REQUEST");
    EXPECT_EQ(answer.size(), 2U);
    return answer.value("message", "");
  }

  const std::string records_ = R"([{"amount": 10.5, "count": 3, "kind": "a", "flag": true},
                                   {"amount": null, "count": 9007199254740993, "kind": "b", "flag": false}])";
};

TEST_F(MlflowTest, EveryFormGivesTheSame) {
  send("POST", "/predict", records_);
  json expected = json::array();
  for (const json& row : answer()) expected.push_back(row.at("prediction"));
  const json predictions = {{"predictions", expected}};
  EXPECT_EQ(invoke(R"({"dataframe_records": )" + records_ + "}"), predictions);
  EXPECT_EQ(invoke(R"({"instances": )" + records_ + R"(, "params": {"x": 1}, "client_request_id": "r"})"),
            predictions);
  EXPECT_EQ(invoke(R"({"inputs": )" + records_ + "}"), predictions);
  EXPECT_EQ(invoke(R"({"instances": [[10.5, 3, "a", true], [null, 9007199254740993, "b", false]]})"),
            predictions);
  EXPECT_EQ(invoke(R"({"inputs": [[10.5, 3, "a", true], [null, 9007199254740993, "b", false]]})"),
            predictions);
  EXPECT_EQ(
      invoke(R"({"dataframe_split": {"index": [5, 7], "columns": ["flag", "kind", "y", "count", "amount"],
                       "data": [[true, "a", {"any": 1}, 3, 10.5], [false, "b", 7, 9007199254740993, null]]}})"),
      predictions);
  EXPECT_EQ(invoke(R"({"inputs": {"count": [3, 9007199254740993], "flag": [true, false], "kind": ["a", "b"],
                       "amount": [10.5, null], "name": 7}})"),
            predictions);
  send("POST", "/invocations", "flag,kind,count,amount\ntrue,a,3,10.5\nfalse,b,9007199254740993,\n", {},
       "text/csv");
  EXPECT_EQ(answer(), predictions);
  EXPECT_EQ(response_.served_by, "example/1");
}

TEST_F(MlflowTest, NoRecords) {
  const json none = {{"predictions", json::array()}};
  EXPECT_EQ(invoke(R"({"dataframe_records": []})"), none);
  EXPECT_EQ(invoke(R"({"instances": []})"), none);
  EXPECT_EQ(invoke(R"({"dataframe_split": {"columns": ["amount", "count", "kind", "flag"], "data": []}})"),
            none);
  EXPECT_EQ(invoke(R"({"inputs": {"amount": [], "count": [], "kind": [], "flag": []}})"), none);
}

TEST_F(MlflowTest, BadRecordsAreNamed) {
  EXPECT_THAT(refusal(R"({"dataframe_records": [{"amount": 1, "count": "x", "kind": "a", "flag": true}]})"),
              HasSubstr("dataframe_records[0].count: "));
  EXPECT_THAT(refusal(R"({"dataframe_records": [7]})"),
              HasSubstr("dataframe_records[0]: expected an object"));
  EXPECT_THAT(refusal(R"({"instances": [[1, 3, "a", true], [1, 3.5, "a", true]]})"),
              HasSubstr("instances[1].count"));
  EXPECT_THAT(
      refusal(R"({"instances": [[1, 3, "a"]]})"),
      AllOf(HasSubstr("instances[0]: expected 4 values, found 3"), HasSubstr(R"("amount", "count")")));
  EXPECT_THAT(refusal(R"({"instances": [[1, 3, "a", true], {}]})"),
              HasSubstr("instances[1]: expected an array"));
  EXPECT_THAT(refusal(R"({"instances": [7]})"), HasSubstr("instances[0]: expected an object"));
  EXPECT_THAT(refusal(R"({"inputs": {"amount": [1], "count": [-1], "kind": ["a"], "flag": [true]}})"),
              AllOf(HasSubstr("inputs[0]"), HasSubstr("count >= 0")));
  EXPECT_THAT(refusal(R"({"inputs": {"amount": [1], "count": [1], "kind": [1], "flag": [true]}})"),
              AllOf(HasSubstr("inputs[0].kind"), HasSubstr("in quotes")));
}

TEST_F(MlflowTest, FormsThatDoNotSuit) {
  EXPECT_THAT(refusal("{}"), AllOf(HasSubstr("holds no records"), HasSubstr("\"dataframe_split\"")));
  EXPECT_THAT(refusal(R"({"columns": [], "data": []})"), HasSubstr("holds no records"));
  EXPECT_THAT(refusal(R"({"instances": [], "inputs": {}})"), HasSubstr("more than once"));
  EXPECT_THAT(refusal("[]"), HasSubstr("expected an object, found an array"));
  EXPECT_THAT(refusal("{"), HasSubstr("not valid JSON"));
  EXPECT_THAT(refusal(R"({"dataframe_records": {}})"),
              HasSubstr("expected an array of objects, found an object"));
  EXPECT_THAT(refusal(R"({"instances": 7})"), HasSubstr("instances: expected an array"));
  EXPECT_THAT(refusal(R"({"inputs": 7})"), HasSubstr("inputs: expected an array"));
  EXPECT_THAT(refusal(R"({"dataframe_split": []})"), HasSubstr("dataframe_split: expected an object"));
  EXPECT_THAT(refusal(R"({"dataframe_split": {"data": []}})"), HasSubstr("\"columns\" is missing"));
  EXPECT_THAT(refusal(R"({"dataframe_split": {"columns": []}})"), HasSubstr("\"data\" is missing"));
  EXPECT_THAT(refusal(R"({"dataframe_split": {"columns": ["amount", 7], "data": []}})"),
              HasSubstr("dataframe_split.columns[1]: expected a name"));
  EXPECT_THAT(refusal(R"({"dataframe_split": {"columns": ["amuont"], "data": []}})"),
              AllOf(HasSubstr("dataframe_split.columns[0]"), HasSubstr("did you mean \"amount\"")));
  EXPECT_THAT(refusal(R"({"dataframe_split": {"columns": ["amount", "amount"], "data": []}})"),
              HasSubstr("twice"));
  EXPECT_THAT(refusal(R"({"dataframe_split": {"columns": ["amount"], "data": []}})"),
              AllOf(HasSubstr("dataframe_split.columns: missing columns"), HasSubstr("\"count\"")));
  EXPECT_THAT(refusal(R"({"inputs": {"amount": [1], "count": [1, 2], "kind": ["a"], "flag": [true]}})"),
              AllOf(HasSubstr("inputs.count"), HasSubstr("has 2 rows")));
  EXPECT_THAT(refusal(R"({"inputs": {"amount": 1}})"),
              HasSubstr("inputs.amount: expected an array of values"));
  EXPECT_THAT(refusal(R"({"inputs": {"amount": [1]}})"), HasSubstr("inputs: missing columns"));
  EXPECT_THAT(refusal(R"({"inputs": {"amuont": [1]}})"), HasSubstr("did you mean \"amount\""));
}

TEST_F(MlflowTest, WhichModelAndForm) {
  const std::string body =
      R"({"instances": [{"total": 31.9, "count": 3, "flag": true, "kind_a": 1, "kind_b": 0}]})";
  EXPECT_EQ(invoke(body, "?model=example&version=1&features=prepared").count("predictions"), 1U);
  const json unknown = invoke(body, "?model=exampel");
  EXPECT_EQ(response_.status, 404);
  EXPECT_EQ(unknown.at("error_code"), "RESOURCE_DOES_NOT_EXIST");
  EXPECT_THAT(unknown.at("message").get<std::string>(), HasSubstr("did you mean \"example\""));
  EXPECT_EQ(invoke(body, "?features=x").at("error_code"), "BAD_REQUEST");
  EXPECT_EQ(invoke(body, "?probabilities=false").at("error_code"), "BAD_REQUEST");
  send("POST", "/invocations", body, {}, "application/x-ndjson");
  EXPECT_EQ(response_.status, 415);
  EXPECT_THAT(answer().at("message").get<std::string>(), HasSubstr("text/csv"));
  EXPECT_EQ(send("GET", "/invocations").status, 405);
  EXPECT_EQ(response_.allow, "POST");
}

TEST_F(MlflowTest, Probes) {
  for (const char* path : {"/ping", "/health"}) {
    EXPECT_EQ(send("GET", path).status, 200);
    EXPECT_EQ(response_.body, "\n");
    EXPECT_EQ(send("POST", path).status, 405);
  }
  EXPECT_EQ(send("GET", "/version").body, std::string(base::program_version()));
  EXPECT_EQ(response_.content_type, "text/plain; charset=utf-8");
  handler_.service().set_ready(false);
  for (const char* path : {"/ping", "/health"}) {
    EXPECT_EQ(send("GET", path).status, 503);
    EXPECT_EQ(answer().at("error_code"), "TEMPORARILY_UNAVAILABLE");
  }
  EXPECT_EQ(send("GET", "/version").status, 200);
}

}  // namespace
}  // namespace archmlp::serve
