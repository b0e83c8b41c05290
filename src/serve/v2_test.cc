#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "archmlp/base/version.h"
#include "archmlp/serve/test_handler.h"
#include "archmlp/test_support/counting_new.h"
#include "archmlp/test_support/example_parts.h"

namespace archmlp::serve {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

class V2Test : public HandlerFixture {
 protected:
  V2Test() : HandlerFixture(test_support::load_example(test_support::example_parts())) {}

  json infer(const std::string& body) {
    send("POST", "/v2/models/example/infer", body);
    return answer();
  }
  /// The error of a request that is refused with 400.
  std::string refusal(const std::string& body) {
    const json answer = infer(body);
    EXPECT_EQ(response_.status, 400) << response_.body;
    EXPECT_EQ(answer.size(), 1U);
    return answer.value("error", "");
  }
  static std::string request(const std::string& inputs) { return R"({"inputs": [)" + inputs + "]}"; }
  static std::string input(const std::string& name, const std::string& datatype, const std::string& data,
                           const std::string& shape = "[2]") {
    return R"({"name": ")" + name + R"(", "shape": )" + shape + R"(, "datatype": ")" + datatype +
           R"(", "data": )" + data + "}";
  }

  const std::string amount_ = input("amount", "FP64", "[10.5, null]");
  const std::string count_ = input("count", "INT64", "[3, 9007199254740993]");
  const std::string kind_ = input("kind", "BYTES", R"(["a", "b"])");
  const std::string flag_ = input("flag", "BOOL", "[true, false]");
  const std::string inputs_ = amount_ + "," + count_ + "," + kind_ + "," + flag_;
};

TEST_F(V2Test, OneTensorAColumnInAnyOrder) {
  send("POST", "/predict",
       R"([{"amount": 10.5, "count": 3, "kind": "a", "flag": true},
           {"amount": null, "count": 9007199254740993, "kind": "b", "flag": false}])");
  const json expected = answer();
  const json result = infer(request(inputs_));
  ASSERT_EQ(response_.status, 200) << response_.body;
  EXPECT_EQ(result.at("model_name"), "example");
  EXPECT_EQ(result.at("model_version"), "1");
  EXPECT_FALSE(result.contains("id"));
  const json& outputs = result.at("outputs");
  ASSERT_EQ(outputs.size(), 2U);
  EXPECT_EQ(outputs[0].at("name"), "prediction");
  EXPECT_EQ(outputs[0].at("datatype"), "BYTES");
  EXPECT_EQ(outputs[0].at("shape"), json::array({2}));
  EXPECT_EQ(outputs[0].at("data"), json::array({expected[0].at("prediction"), expected[1].at("prediction")}));
  EXPECT_EQ(outputs[1].at("shape"), json::array({2, 2}));
  EXPECT_EQ(outputs[1].at("datatype"), "FP64");
  EXPECT_EQ(json::parse(outputs[1].at("parameters").at("classes").get<std::string>()),
            json::array({"no", "yes"}));
  json probabilities = json::array();
  for (const json& row : expected) {
    for (const char* name : {"no", "yes"}) probabilities.push_back(row.at("probabilities").at(name));
  }
  EXPECT_EQ(outputs[1].at("data"), probabilities);
  EXPECT_EQ(infer(request(flag_ + "," + kind_ + "," + count_ + "," + amount_)), result);
  EXPECT_EQ(infer(request(inputs_ + "," + input("y", "COMPLEX", "7", "[]"))), result)
      << "the label is not read";
  EXPECT_EQ(send("POST", "/v2/models/example/versions/1/infer", request(inputs_)).status, 200);
  EXPECT_EQ(answer(), result);
  EXPECT_EQ(response_.served_by, "example/1");
}

TEST_F(V2Test, NestedOrFlat) {
  const json result = infer(request(inputs_));
  const std::string flat = input("amount", "FP64", "[10.5, null]", "[2, 1]");
  const std::string nested = input("amount", "FP64", "[[10.5], [null]]", "[2, 1]");
  const std::string others = "," + count_ + "," + kind_ + "," + flag_;
  EXPECT_EQ(infer(request(flat + others)), result);
  EXPECT_EQ(infer(request(nested + others)), result);
  EXPECT_THAT(refusal(request(input("amount", "FP64", "[[10.5], 7]", "[2, 1]") + others)),
              AllOf(HasSubstr("[1].amount"), HasSubstr("array of one value")));
  EXPECT_THAT(refusal(request(input("amount", "FP64", "[[10.5], [7, 8]]", "[2, 1]") + others)),
              HasSubstr("[1].amount"));
  EXPECT_THAT(refusal(request(input("amount", "FP64", "[[10.5], [7]]") + others)), HasSubstr("[0].amount"));
}

TEST_F(V2Test, IdIsEchoed) {
  const std::string id = R"(a "quoted"\n\u0000 žluť)";
  const json sent = json::parse(R"({"id": "a \"quoted\"\n\u0000 žluť"})");
  const json result = infer(R"({"id": )" + sent.at("id").dump() + R"(, "inputs": [)" + inputs_ + "]}");
  EXPECT_EQ(result.at("id"), sent.at("id"));
  EXPECT_FALSE(infer(R"({"id": null, "inputs": [)" + inputs_ + "]}").contains("id"));
  EXPECT_THAT(refusal(R"({"id": 7, "inputs": [)" + inputs_ + "]}"),
              HasSubstr("id: expected a string, found a number"));
}

TEST_F(V2Test, OutputsAreHonoured) {
  const auto ask = [&](const std::string& outputs) {
    return R"({"outputs": )" + outputs + R"(, "inputs": [)" + inputs_ + "]}";
  };
  const json all = infer(request(inputs_)).at("outputs");
  EXPECT_EQ(infer(ask("[]")).at("outputs"), all);
  EXPECT_EQ(infer(ask(R"([{"name": "probabilities"}])")).at("outputs"), json::array({all[1]}));
  EXPECT_EQ(
      infer(ask(R"([{"name": "probabilities"}, {"name": "prediction", "parameters": {}}])")).at("outputs"),
      json::array({all[1], all[0]}));
  EXPECT_THAT(refusal(ask(R"([{"name": "probability"}])")),
              AllOf(HasSubstr("outputs[0].name"), HasSubstr("did you mean \"probabilities\"")));
  EXPECT_THAT(refusal(ask(R"([{"name": "decision_function"}])")), HasSubstr("no output"));
  EXPECT_THAT(refusal(ask(R"([{"name": "prediction"}, {"name": "prediction"}])")), HasSubstr("twice"));
  EXPECT_THAT(refusal(ask(R"([{}])")), HasSubstr("outputs[0]: the member \"name\" is missing"));
  EXPECT_THAT(refusal(ask("{}")), HasSubstr("outputs: expected an array"));
}

TEST_F(V2Test, ABadRowRefusesTheWholeRequestAndIsNamed) {
  const std::string others = amount_ + "," + kind_ + "," + flag_ + ",";
  EXPECT_THAT(refusal(request(others + input("count", "INT64", "[3, \"x\"]"))), HasSubstr("[1].count"));
  EXPECT_THAT(refusal(request(others + input("count", "INT64", "[3, null]"))),
              AllOf(HasSubstr("[1].count"), HasSubstr("may not be null")));
  EXPECT_THAT(refusal(request(others + input("count", "INT8", "[3, 300]"))),
              AllOf(HasSubstr("[1].count"), HasSubstr("out of range for INT8")));
  EXPECT_THAT(refusal(request(others + input("count", "INT8", "[3, -1]"))),
              AllOf(HasSubstr("[1]"), HasSubstr("count >= 0")));
}

TEST_F(V2Test, InputsThatDoNotSuitTheModel) {
  EXPECT_THAT(refusal(request(amount_ + "," + count_)),
              HasSubstr(R"(inputs: missing inputs "kind", "flag")"));
  EXPECT_THAT(refusal(request("")), HasSubstr("missing inputs"));
  EXPECT_THAT(refusal(request(inputs_ + "," + input("amuont", "FP64", "[1, 2]"))),
              AllOf(HasSubstr("inputs[4].name"), HasSubstr("did you mean \"amount\"")));
  EXPECT_THAT(refusal(request(inputs_ + "," + amount_)), HasSubstr("is there twice"));
  const std::string others = count_ + "," + kind_ + "," + flag_ + ",";
  EXPECT_THAT(refusal(request(others + input("amount", "BYTES", "[\"1\", \"2\"]"))),
              AllOf(HasSubstr("inputs[3].datatype"), HasSubstr("FP64")));
  EXPECT_THAT(refusal(request(others + input("amount", "FP46", "[1, 2]"))), HasSubstr("or \"FP64\""));
  EXPECT_THAT(refusal(request(others + input("amount", "FP64", "[1, 2, 3]"))),
              AllOf(HasSubstr("inputs[3].data"), HasSubstr("asks for 2 values, the data have 3")));
  EXPECT_THAT(refusal(request(others + input("amount", "FP64", "[1, 2, 3]", "[3]"))),
              HasSubstr("has 3 rows"));
  EXPECT_THAT(refusal(request(others + input("amount", "FP64", "[1, 2]", "[1, 2]"))),
              HasSubstr("inputs[3].shape"));
  EXPECT_THAT(refusal(request(others + input("amount", "FP64", "[1, 2]", "[2, 1, 1]"))),
              HasSubstr("3 dimensions"));
  EXPECT_THAT(refusal(request(others + input("amount", "FP64", "[1, 2]", "[]"))), HasSubstr("0 dimensions"));
  EXPECT_THAT(refusal(request(others + input("amount", "FP64", "[1, 2]", "[-1]"))),
              HasSubstr("-1 is no size"));
  EXPECT_THAT(refusal(request(others + input("amount", "FP64", "[1, 2]", "[2.5]"))),
              HasSubstr("inputs[3].shape"));
  EXPECT_THAT(refusal(request(others + input("amount", "FP64", "7"))),
              HasSubstr("inputs[3].data: expected an array"));
}

TEST_F(V2Test, MembersThatAreMissingOrOfAnotherKind) {
  EXPECT_THAT(refusal(R"({"input": []})"), HasSubstr("did you mean \"inputs\""));
  EXPECT_THAT(refusal("[]"), HasSubstr("expected an object, found an array"));
  EXPECT_THAT(refusal(R"({"inputs": {}})"), HasSubstr("inputs: expected an array"));
  EXPECT_THAT(refusal(R"({"inputs": [7]})"), HasSubstr("inputs[0]: expected an object"));
  EXPECT_THAT(refusal(R"({"inputs": [], "inputs": []})"), HasSubstr("is there twice"));
  EXPECT_THAT(refusal(R"({"inputs": [{"name": 7, "shape": [1], "datatype": "FP64", "data": [1]}]})"),
              HasSubstr("inputs[0].name: expected a string"));
  EXPECT_THAT(refusal(R"({"inputs": [{"name": "amount", "shape": [1], "data": [1]}]})"),
              HasSubstr("\"datatype\" is missing"));
  EXPECT_THAT(refusal(R"({"inputs": [{"name": "amount", "datatype": "FP64", "data": [1]}]})"),
              HasSubstr("\"shape\" is missing"));
  EXPECT_THAT(refusal(R"({"inputs": [{"name": "amount", "shape": [1], "datatype": "FP64",
                          "parameters": {"binary_data_size": 8}}]})"),
              AllOf(HasSubstr("\"data\" is missing"), HasSubstr("binary")));
  EXPECT_THAT(refusal("{\"inputs\": "), HasSubstr("not valid JSON"));
  EXPECT_THAT(refusal(""), HasSubstr("not valid JSON"));
}

TEST_F(V2Test, FormOfTheRecords) {
  const std::string inputs =
      input("total", "FP64", "[31.9]", "[1]") + "," + input("count", "INT64", "[3]", "[1]") + "," +
      input("flag", "BOOL", "[true]", "[1]") + "," + input("kind_a", "INT64", "[1]", "[1]") + "," +
      input("kind_b", "INT64", "[0]", "[1]");
  const json result = infer(R"({"parameters": {"features": "prepared"}, "inputs": [)" + inputs + "]}");
  EXPECT_EQ(response_.status, 200) << response_.body;
  EXPECT_THAT(refusal(R"({"parameters": {"features": "cooked"}, "inputs": []})"),
              AllOf(HasSubstr("parameters.features"), HasSubstr("features=raw")));
  EXPECT_THAT(refusal(R"({"parameters": 7, "inputs": []})"), HasSubstr("parameters: expected an object"));
  EXPECT_EQ(
      infer(R"({"parameters": {"binary_data_output": true}, "inputs": [)" + inputs_ + "]}").count("error"),
      0U);
}

TEST_F(V2Test, UnknownCategoriesAreNoted) {
  EXPECT_FALSE(infer(request(inputs_)).contains("parameters"));
  const json result =
      infer(request(amount_ + "," + count_ + "," + flag_ + "," + input("kind", "BYTES", R"(["a", "zzz"])")));
  EXPECT_EQ(result.at("parameters").at("unknown_categories"), R"(["kind"])");
}

TEST_F(V2Test, NoRecords) {
  const auto none = [](const std::string& name, const std::string& type) {
    return input(name, type, "[]", "[0]");
  };
  const json result = infer(request(none("amount", "FP64") + "," + none("count", "INT64") + "," +
                                    none("kind", "BYTES") + "," + none("flag", "BOOL")));
  ASSERT_EQ(response_.status, 200) << response_.body;
  EXPECT_EQ(result.at("outputs")[0].at("shape"), json::array({0}));
  EXPECT_EQ(result.at("outputs")[1].at("shape"), json::array({0, 2}));
  EXPECT_EQ(result.at("outputs")[1].at("data"), json::array());
}

TEST_F(V2Test, MetadataAndHealth) {
  for (const char* path : {"/v2", "/v2/"}) {
    send("GET", path);
    EXPECT_EQ(answer().at("name"), "archmlp");
    EXPECT_EQ(answer().at("version"), std::string(base::program_version()));
    EXPECT_EQ(answer().at("extensions"), json::array({"model_repository"}));
  }
  EXPECT_EQ(json::parse(send("GET", "/v2/health/live").body), json({{"live", true}}));
  EXPECT_EQ(json::parse(send("GET", "/v2/health/ready").body), json({{"ready", true}}));
  EXPECT_EQ(json::parse(send("GET", "/v2/models/example/ready").body),
            json({{"name", "example"}, {"ready", true}}));
  EXPECT_EQ(send("HEAD", "/v2/models/ex%61mple/versions/1/ready").status, 200) << "names are percent-decoded";

  send("GET", "/v2/models/example");
  const json model = answer();
  EXPECT_EQ(model.at("name"), "example");
  EXPECT_EQ(model.at("versions"), json::array({"1"}));
  EXPECT_EQ(model.at("platform"), "archmlp_random_forest");
  ASSERT_EQ(model.at("inputs").size(), 4U) << "the label and removed columns are left out";
  EXPECT_EQ(model.at("inputs")[0], json::parse(R"({"name": "amount", "datatype": "FP64", "shape": [-1],
                                                    "parameters": {"nullable": true}})"));
  EXPECT_EQ(model.at("inputs")[2].at("datatype"), "BYTES");
  EXPECT_EQ(model.at("outputs")[1].at("shape"), json::array({-1, 2}));
  EXPECT_EQ(model.at("properties").at("features"), "raw");
  send("GET", "/v2/models/example?features=prepared");
  EXPECT_EQ(answer().at("inputs").size(), 5U);
  EXPECT_EQ(send("GET", "/v2/models/example?features=x").status, 400);

  handler_.service().set_ready(false);
  for (const char* path : {"/v2/health/ready", "/v2/models/example/ready"}) {
    EXPECT_EQ(send("GET", path).status, 503);
    EXPECT_EQ(answer().at("ready"), false);
    EXPECT_EQ(response_.retry_after_seconds, 1);
  }
  EXPECT_EQ(send("GET", "/v2/health/live").status, 200);
  EXPECT_EQ(send("POST", "/v2/models/example/infer", request(inputs_)).status, 200);
}

TEST_F(V2Test, EveryErrorIsOneString) {
  const auto error = [&](int status) {
    EXPECT_EQ(response_.status, status) << response_.body;
    EXPECT_TRUE(answer().at("error").is_string()) << response_.body;
    return answer().at("error").get<std::string>();
  };
  send("GET", "/v2/models/exampel");
  EXPECT_THAT(error(404), HasSubstr("did you mean \"example\""));
  send("POST", "/v2/models/exampel/infer", request(inputs_));
  EXPECT_THAT(error(404), HasSubstr("no model"));
  send("GET", "/v2/models/example/versions/7/ready");
  EXPECT_THAT(error(404), HasSubstr("no version"));
  send("POST", "/v2/models/example/versions/7/infer", request(inputs_));
  EXPECT_THAT(error(404), HasSubstr("did you mean \"1\""));
  send("GET", "/v2/models/example/infer");
  error(405);
  EXPECT_EQ(response_.allow, "POST");
  send("POST", "/v2/models/example");
  error(405);
  EXPECT_EQ(response_.allow, "GET, HEAD");
  send("POST", "/v2/models/example/infer", request(inputs_), {}, "text/csv");
  EXPECT_THAT(error(415), HasSubstr("application/json"));
  send("POST", "/v2/models/example/infer?x=1", request(inputs_));
  error(400);
  send("POST", "/v2/models/example/explain");
  error(404);
  send("GET", "/v2/models/");
  error(404);
  send("GET", "/v2/nothing");
  error(404);
}

TEST_F(V2Test, Repository) {
  send("POST", "/v2/repository/index");
  EXPECT_EQ(answer(),
            json::parse(R"([{"name": "example", "version": "1", "state": "READY", "reason": ""}])"));
  EXPECT_EQ(send("POST", "/v2/repository/index", R"({"ready": true})").status, 200);
  EXPECT_EQ(send("POST", "/v2/repository/index", "{").status, 400);
  EXPECT_TRUE(answer().at("error").is_string());
  EXPECT_EQ(send("POST", "/v2/repository/index", R"({"ready": 7})").status, 400);
  EXPECT_EQ(send("GET", "/v2/repository/index").status, 405);
  for (const char* action : {"load", "unload"}) {
    EXPECT_EQ(send("POST", "/v2/repository/models/example/" + std::string(action)).status, 403);
    EXPECT_THAT(response_.body, HasSubstr("--admin-port"));
  }
  EXPECT_EQ(send("POST", "/v2/repository/models/example/drop").status, 404);
}

TEST_F(V2Test, TheSteadyStateAllocatesNothingPerRecord) {
  if (!test_support::allocations_are_counted()) GTEST_SKIP() << "this sanitizer counts no allocations";
  const auto body_of = [](int rows) {
    const auto repeated = [rows](const std::string& value) {
      std::string list = "[";
      for (int i = 0; i < rows; ++i) list += (i == 0 ? "" : ", ") + value;
      return list + "]";
    };
    const std::string shape = "[" + std::to_string(rows) + "]";
    return request(
        input("amount", "FP32", repeated("10.5"), shape) + "," +
        input("count", "INT16", repeated("3"), shape) + "," +
        input("kind", "BYTES", repeated("\"a longer text than a string keeps in itself\""), shape) + "," +
        input("flag", "BOOL", repeated("true"), shape));
  };
  std::vector<std::size_t> counts;
  for (const int rows : {1, 500}) {
    const std::string body = body_of(rows);
    for (int round = 0; round < 3; ++round) send("POST", "/v2/models/example/infer", body);
    const std::size_t before = test_support::allocation_count();
    send("POST", "/v2/models/example/infer", body);
    counts.push_back(test_support::allocation_count() - before);
    ASSERT_EQ(response_.status, 200);
  }
  EXPECT_LE(counts[1], counts[0] + 10);
}

class V2Regression : public HandlerFixture {
 protected:
  V2Regression() : HandlerFixture(test_support::load_example(test_support::example_regression_parts())) {}

  json infer(const std::string& inputs) {
    send("POST", "/v2/models/example/infer", R"({"inputs": [)" + inputs + "]}");
    return answer();
  }
};

TEST_F(V2Regression, OneTensorForAllColumns) {
  send("POST", "/predict", R"([{"a": 1, "b": null}, {"a": 2, "b": 0.25}, {"a": 1.5, "b": 3}])");
  json expected = json::array();
  for (const json& row : answer()) expected.push_back(row.at("prediction"));
  const json result =
      infer(R"({"name": "x", "shape": [3, 2], "datatype": "FP32", "data": [1, null, 2, 0.25, 1.5, 3]})");
  ASSERT_EQ(response_.status, 200) << response_.body;
  EXPECT_EQ(result.at("outputs").size(), 1U);
  EXPECT_EQ(result.at("outputs")[0].at("datatype"), "FP64") << "a regression of an integer column";
  EXPECT_EQ(result.at("outputs")[0].at("data"), expected);
  EXPECT_EQ(
      infer(
          R"({"name": "a", "shape": [3, 2], "datatype": "FP64", "data": [[1, null], [2, 0.25], [1.5, 3]]})"),
      result);
}

TEST_F(V2Regression, TensorsOfAllColumnsThatDoNotSuit) {
  const auto refusal = [&](const std::string& input, int status = 400) {
    const json answer = infer(input);
    EXPECT_EQ(response_.status, status) << response_.body;
    return answer.value("error", "");
  };
  EXPECT_THAT(refusal(R"({"name": "x", "shape": [1, 3], "datatype": "FP64", "data": [1, 2, 3]})"),
              AllOf(HasSubstr("has 3 columns, the model takes 2"), HasSubstr(R"("a", "b")")));
  EXPECT_THAT(refusal(R"({"name": "x", "shape": [1, 2], "datatype": "BYTES", "data": ["1", "2"]})"),
              HasSubstr("one input a column"));
  EXPECT_THAT(refusal(R"({"name": "x", "shape": [2, 2], "datatype": "FP64", "data": [1, 2, 3]})"),
              HasSubstr("asks for 4 values, the data have 3"));
  EXPECT_THAT(refusal(R"({"name": "x", "shape": [2, 2], "datatype": "FP64", "data": [[1, 2]]})"),
              HasSubstr("asks for 2 rows, the data have 1"));
  EXPECT_THAT(refusal(R"({"name": "x", "shape": [2, 2], "datatype": "FP64", "data": [[1, 2], [3]]})"),
              AllOf(HasSubstr("[1]: expected 2 values, found 1"), HasSubstr("\"a\", \"b\"")));
  EXPECT_THAT(refusal(R"({"name": "x", "shape": [2, 2], "datatype": "FP64", "data": [[1, 2], 3]})"),
              HasSubstr("[1]: expected an array of values"));
  EXPECT_THAT(refusal(R"({"name": "x", "shape": [1, 2], "datatype": "INT8", "data": [1, 200]})"),
              AllOf(HasSubstr("[0].b"), HasSubstr("INT8")));
  EXPECT_THAT(refusal(R"({"name": "x", "shape": [1, 1], "datatype": "FP64", "data": [1]})"),
              HasSubstr("inputs[0].name: unknown input"));
  EXPECT_THAT(
      refusal(R"({"name": "x", "shape": [4000000000, 4000000000], "datatype": "FP64", "data": [1]})", 413),
      HasSubstr("more than 1,000,000 records"));
}

}  // namespace
}  // namespace archmlp::serve
