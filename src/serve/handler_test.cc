#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "archmlp/base/version.h"
#include "archmlp/serve/test_handler.h"
#include "archmlp/test_support/counting_new.h"
#include "archmlp/test_support/example_parts.h"
#include "archmlp/test_support/shared_data.h"

namespace archmlp::serve {
namespace {

using nlohmann::json;
using testing::HasSubstr;

using http::Response;

class HandlerTest : public HandlerFixture {
 protected:
  HandlerTest() : HandlerFixture(test_support::load_example(test_support::example_parts())) {}

  const Response& predict(std::string_view body, std::string_view query = {}, std::string_view accept = {}) {
    return send("POST", "/predict" + std::string(query), body, accept);
  }
  json error() { return json::parse(response_.body).at("error"); }

  const std::string record_ = R"({"amount": 10.5, "count": 3, "kind": "a", "flag": true})";
};

TEST_F(HandlerTest, OneRecord) {
  const Response& response = predict(record_);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  const json answer = json::parse(response.body);
  EXPECT_THAT(answer.at("prediction"), testing::AnyOf("yes", "no"));
  EXPECT_NEAR(
      answer.at("probabilities").at("yes").get<double>() + answer.at("probabilities").at("no").get<double>(),
      1.0, 1e-12);
  EXPECT_EQ(answer.size(), 2U);
}

TEST_F(HandlerTest, ArrayInArrayOut) {
  const json one = json::parse(predict(record_).body);
  const json batch = json::parse(predict("[" + record_ + "," + record_ + "]").body);
  EXPECT_EQ(batch, json::array({one, one}));
  EXPECT_EQ(predict("[]").status, 200);
  EXPECT_EQ(response_.body, "[]");
}

TEST_F(HandlerTest, LabelAndRemovedColumnsMayBeThere) {
  const std::string expected = predict(record_).body;
  EXPECT_EQ(predict(R"({"y": 7, "name": ["x"], "flag": true, "kind": "a", "count": 3, "amount": 10.5})").body,
            expected);
}

TEST_F(HandlerTest, PreparedRecords) {
  const Response& response =
      predict(R"({"total": 31.9, "count": 3, "flag": true, "kind_a": 1, "kind_b": 0})", "?features=prepared");
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(predict(R"({"total": 31.9})").status, 422);
  EXPECT_EQ(predict(record_, "?features=prepared").status, 422);
  EXPECT_EQ(error().at("where"), "amount");
}

TEST_F(HandlerTest, ProbabilitiesMayBeLeftOut) {
  const json full = json::parse(predict(record_).body);
  const json bare = json::parse(predict(record_, "?probabilities=false").body);
  EXPECT_EQ(bare, json({{"prediction", full.at("prediction")}}));
}

TEST_F(HandlerTest, PlainTextIsTheBareLabel) {
  const auto label = json::parse(predict(record_).body).at("prediction").get<std::string>();
  EXPECT_EQ(predict(record_, "", "text/plain").body, label);
  EXPECT_EQ(response_.content_type, "text/plain; charset=utf-8");
  EXPECT_EQ(predict("[" + record_ + "," + record_ + "]", "", "text/plain").body, label + "\n" + label + "\n");
  EXPECT_EQ(predict("[]", "", "text/plain").body, "");
  EXPECT_EQ(predict("{", "", "text/plain").content_type, "application/json") << "errors keep their form";
}

TEST_F(HandlerTest, JsonLines) {
  const json one = json::parse(predict(record_).body);
  send("POST", "/predict", record_ + "\r\n\n" + record_, {}, "application/x-ndjson");
  EXPECT_EQ(response_.status, 200);
  EXPECT_EQ(response_.content_type, "application/x-ndjson");
  std::istringstream lines(response_.body);
  std::string line;
  int count = 0;
  for (; std::getline(lines, line); ++count) EXPECT_EQ(json::parse(line), one);
  EXPECT_EQ(count, 2);

  const auto second_error = [&](std::string_view second_line) {
    send("POST", "/predict", record_ + "\n" + std::string(second_line), {}, "application/x-ndjson");
    EXPECT_EQ(response_.status, 200);
    EXPECT_EQ(json::parse(response_.body.substr(0, response_.body.find('\n'))), one);
    return json::parse(response_.body.substr(response_.body.find('\n') + 1)).at("error");
  };
  EXPECT_EQ(second_error("{\"amount\": \"x\"}\n").at("where"), "line 2, amount");
  EXPECT_EQ(second_error("\n{").at("where"), "line 3, byte 1");
  EXPECT_EQ(second_error("\n{").at("code"), "invalid_json");
  EXPECT_EQ(second_error("[]").at("code"), "invalid_input");
  send("POST", "/predict?errors=refuse", record_ + "\n\n{", {}, "application/x-ndjson");
  EXPECT_EQ(response_.status, 400);
}

TEST_F(HandlerTest, TheSteadyStateAllocatesNothing) {
  if (!test_support::allocations_are_counted()) GTEST_SKIP() << "this sanitizer counts no allocations";
  const std::string batch = "[" + record_ + "," + record_ + "]";
  const std::string unknown = R"({"amount": 1, "count": 3, "kind": "zzz", "flag": true})";
  std::size_t before = 0;
  for (int round = 0; round < 5; ++round) {
    if (round == 2) before = test_support::allocation_count();
    for (const std::string_view body :
         {std::string_view(record_), std::string_view(batch), std::string_view(unknown)}) {
      for (const std::string_view accept : {"", "*/*", "text/plain"}) {
        handler_.handle({.method = "POST",
                         .target = "/predict",
                         .content_type = "application/json",
                         .accept = accept,
                         .body = body},
                        response_);
        ASSERT_EQ(response_.status, 200);
      }
    }
  }
  EXPECT_EQ(test_support::allocation_count() - before, 0U);
}

TEST_F(HandlerTest, UnknownCategoriesAreNoted) {
  const json answer = json::parse(predict(R"({"amount": 1, "count": 3, "kind": "zzz", "flag": true})").body);
  EXPECT_EQ(answer.at("unknown_categories"), json::array({"kind"}));
  EXPECT_TRUE(answer.contains("prediction"));
  const json batch = json::parse(
      predict(R"([{"amount": 1, "count": 3, "kind": "zzz", "flag": true},)" + record_ + "]").body);
  EXPECT_TRUE(batch[0].contains("unknown_categories"));
  EXPECT_FALSE(batch[1].contains("unknown_categories"));
}

TEST_F(HandlerTest, UnknownCategoriesOfTheModelAreNoted) {
  TestHandler handler(predictor_of(test_support::load_example(test_support::example_categorical_parts())));
  const auto ask = [&](std::string_view body) {
    handler.handle({.method = "POST",
                    .target = "/predict",
                    .content_type = "application/json",
                    .accept = {},
                    .body = body},
                   response_);
    return json::parse(response_.body);
  };
  const json unknown = ask(R"({"size": 60, "city": "elsewhere", "floor": 3})");
  EXPECT_EQ(unknown.at("unknown_categories"), json::array({"floor", "town"}));
  const json missing = ask(R"({"size": 60, "city": null, "floor": 3})");
  EXPECT_EQ(missing.at("unknown_categories"), json::array({"floor"}));
  EXPECT_EQ(unknown.at("probabilities"), missing.at("probabilities"));
  EXPECT_FALSE(ask(R"({"size": 60, "city": "t01", "floor": 2})").contains("unknown_categories"));
}

TEST_F(HandlerTest, ABadRecordOfABatchHasItsOwnError) {
  const json one = json::parse(predict(record_).body);
  const std::string batch =
      "[" + record_ + R"(, {"amount": 1, "count": "x", "kind": "a", "flag": true}, 7, )" + record_ + "]";
  const json answer = json::parse(predict(batch).body);
  EXPECT_EQ(response_.status, 200);
  ASSERT_EQ(answer.size(), 4U);
  EXPECT_EQ(answer[0], one);
  EXPECT_EQ(answer[3], one);
  EXPECT_EQ(answer[1].at("error").at("where"), "[1].count");
  EXPECT_EQ(answer[1].at("error").at("code"), "invalid_input");
  EXPECT_TRUE(answer[1].at("error").contains("hint"));
  EXPECT_EQ(answer[2].at("error").at("where"), "[2]");
}

TEST_F(HandlerTest, ABadRecordRefusesItsBatchWhereThatIsAskedFor) {
  const std::string batch = "[" + record_ + R"(, {"amount": 1, "count": "x", "kind": "a", "flag": true}])";
  for (const auto& [query, accept] : {std::pair("?errors=refuse", ""), std::pair("", "text/plain")}) {
    predict(batch, query, accept);
    EXPECT_EQ(response_.status, 422);
    EXPECT_EQ(error().at("where"), "[1].count");
  }
}

TEST_F(HandlerTest, Csv) {
  const json one = json::parse(predict(record_).body);
  const auto ask = [&](std::string_view body, std::string_view accept = {}) {
    return send("POST", "/predict", body, accept, "text/csv").body;
  };
  EXPECT_EQ(json::parse(ask("flag,kind,count,amount\ntrue,a,3,10.5\ntrue,a,3,10.5\n")),
            json::array({one, one}));
  const json mixed = json::parse(ask("flag,kind,count,amount\ntrue,a,x,10.5\ntrue,a,3,10.5\n"));
  EXPECT_EQ(mixed[0].at("error").at("where"), "row 1, count");
  EXPECT_EQ(mixed[1], one);
  const std::string text = ask("flag,kind,count,amount\ntrue,a,3,10.5\n", "text/csv");
  EXPECT_THAT(text, testing::StartsWith("prediction,probability_no,probability_yes\n" +
                                        one.at("prediction").get<std::string>() + ","));
  EXPECT_EQ(response_.content_type, "text/csv; charset=utf-8");
  EXPECT_THAT(ask("flag,kind,count,amount\ntrue,a,x,10.5\ntrue,a,3,10.5\n", "text/csv"),
              testing::StartsWith("prediction,probability_no,probability_yes,error\n,,,"));
  ask("flag,kind,count,amount\ntrue,a,x,10.5\n", "text/csv");
  EXPECT_EQ(response_.status, 422) << "no record is good: the whole is refused";
  ask("\x1F\x8B\x08 packed");
  EXPECT_EQ(response_.status, 422);
  EXPECT_THAT(response_.body, HasSubstr("compressed"));
  ask("flag,kind,count,amount\ntrue,a,3,10.5\ntrue,a\"b,3,10.5\ntrue,a,x,1\n");
  EXPECT_EQ(json::parse(response_.body).size(), 3U) << "a quote inside of a cell ends no row";
  ask("flag,kind,count,amount\ntrue,a,3,10.5\ntrue,a,3\n");
  EXPECT_EQ(response_.status, 422) << "rows that cannot be told from each other";
  ask("flag,kind,count\ntrue,a,3\n");
  EXPECT_EQ(response_.status, 422);
  EXPECT_THAT(error().at("message").get<std::string>(), HasSubstr("amount"));
}

TEST_F(HandlerTest, ARecordThatTheFilterDropsIsOutsideThePopulation) {
  predict(R"({"amount": 1, "count": -1, "kind": "a", "flag": true})");
  EXPECT_EQ(response_.status, 422);
  EXPECT_EQ(error().at("code"), "outside_population");
  EXPECT_THAT(response_.body, HasSubstr("count >= 0"));
  predict("[" + record_ + R"(, {"amount": 1, "count": -1, "kind": "a", "flag": true}])");
  const json batch = json::parse(response_.body);
  EXPECT_THAT(batch[1].at("error").at("where").get<std::string>(), testing::StartsWith("[1]"));
}

TEST_F(HandlerTest, BrokenJson) {
  EXPECT_EQ(predict(R"({"amount": })").status, 400);
  EXPECT_EQ(error().at("code"), "invalid_json");
  EXPECT_EQ(error().at("where"), "byte 11");
  EXPECT_THAT(error().at("message").get<std::string>(), HasSubstr("not valid JSON"));
  EXPECT_EQ(predict("").status, 400);
}

TEST_F(HandlerTest, RequestErrors) {
  EXPECT_EQ(predict(record_, "?feature=raw").status, 400);
  EXPECT_THAT(error().at("hint").get<std::string>(), HasSubstr("did you mean \"features\""));
  EXPECT_EQ(predict(record_, "?features=cooked").status, 400);
  EXPECT_EQ(predict(record_, "?probabilities=maybe").status, 400);
  EXPECT_EQ(send("GET", "/livez?x=1").status, 400);
  EXPECT_EQ(send("POST", "/predict", record_, {}, "text/plain").status, 415);
  EXPECT_THAT(error().at("hint").get<std::string>(), HasSubstr("application/json"));
  EXPECT_EQ(send("POST", "/predict", record_, {}, "application/x-www-form-urlencoded").status, 200);
  EXPECT_EQ(send("POST", "/predict", record_, {}, "").status, 200);
}

TEST_F(HandlerTest, ManyRowsOfACsvGetWhatTheyGetAsJson) {
  const std::vector<std::string> kinds = {"a", "b", "zzz"};
  for (const std::size_t known : {2U, 3U}) {  // with the third, some categories are unknown
    std::string csv = "amount,count,kind,flag\n";
    std::string json_batch = "[";
    for (std::size_t row = 0; row < 200; ++row) {
      const std::string amount = std::to_string(row) + ".25";
      const std::string count = std::to_string(row % 7);
      const std::string& kind = kinds[row % known];
      csv += amount + "," + count + "," + kind + ",true\n";
      json_batch += row == 0 ? "" : ",";
      json_batch += R"({"amount": )" + amount + R"(, "count": )" + count + R"(, "kind": ")" + kind;
      json_batch += R"(", "flag": true})";
    }
    json_batch += "]";
    const std::string of_csv = send("POST", "/predict", csv, "text/csv", "text/csv").body;
    ASSERT_EQ(response_.status, 200) << of_csv;
    const std::string of_json = send("POST", "/predict", json_batch, "text/csv").body;
    EXPECT_EQ(of_csv, of_json);
    const json unknown = json::parse(send("POST", "/predict", csv, "application/json", "text/csv").body);
    EXPECT_EQ(unknown[2].contains("unknown_categories"), known == 3);
  }
}

TEST_F(HandlerTest, TheLimitOfRowsIsTheServersAlone) {
  handler_.service().set_max_rows(2'000'000);
  std::string batch = "[{}";
  for (int row = 1; row < 1'000'001; ++row) batch += ",{}";
  EXPECT_EQ(send("POST", "/predict", batch + "]").status, 422) << "the records are wrong, not their number";
}

TEST_F(HandlerTest, MoreRowsThanAllowed) {
  handler_.service().set_max_rows(2);
  const auto batch = [this](int rows, std::string_view between) {
    std::string text = record_;
    for (int row = 1; row < rows; ++row) text.append(between).append(record_);
    return text;
  };
  const std::string header = "amount,count,kind,flag\n";
  const std::string line = "10.5,3,a,true\n";
  for (const int rows : {2, 3}) {
    const int expected = rows == 2 ? 200 : 413;
    const auto ask = [&](std::string_view target, const std::string& body, std::string_view type) {
      EXPECT_EQ(send("POST", target, body, {}, type).status, expected) << type << ": " << response_.body;
      if (expected == 413) {
        EXPECT_THAT(response_.body, HasSubstr("more than 2 records at once"));
      }
    };
    ask("/predict", "[" + batch(rows, ",") + "]", "application/json");
    ask("/predict", batch(rows, "\n"), "application/x-ndjson");
    ask("/predict", header + line + line + (rows == 3 ? line : ""), "text/csv");
    ask("/invocations", R"({"instances": [)" + batch(rows, ",") + "]}", "application/json");
    ask("/invocations", R"({"dataframe_records": [)" + batch(rows, ",") + "]}", "application/json");
    ask("/invocations",
        R"({"dataframe_split": {"columns": ["amount", "count", "kind", "flag"], "data": [[1, 2, "a", true], [1, 2, "a", true])" +
            std::string(rows == 3 ? R"(, [1, 2, "a", true])" : "") + "]}}",
        "application/json");
    const std::string n = std::to_string(rows);
    const auto tensor = [&](const std::string& name, const std::string& type, const std::string& value) {
      std::string data = value;
      for (int row = 1; row < rows; ++row) data += "," + value;
      return R"({"name": ")" + name + R"(", "shape": [)" + n + R"(], "datatype": ")" + type +
             R"(", "data": [)" + data + "]}";
    };
    ask("/v2/models/example/infer",
        R"({"inputs": [)" + tensor("amount", "FP64", "1.5") + "," + tensor("count", "INT64", "3") + "," +
            tensor("kind", "BYTES", "\"a\"") + "," + tensor("flag", "BOOL", "true") + "]}",
        "application/json");
  }
}

TEST_F(HandlerTest, UnknownPathsAndMethods) {
  EXPECT_EQ(send("GET", "/").status, 404);
  EXPECT_THAT(error().at("hint").get<std::string>(), HasSubstr("POST /predict"));
  EXPECT_EQ(send("GET", "/predict/").status, 404);
  EXPECT_EQ(send("GET", "/\xFF\"").status, 404);
  EXPECT_TRUE(json::accept(response_.body));
  EXPECT_EQ(send("GET", "/predict").status, 405);
  EXPECT_EQ(response_.allow, "POST");
  EXPECT_EQ(send("POST", "/v1/model").status, 405);
  EXPECT_EQ(response_.allow, "GET, HEAD");
  EXPECT_EQ(send("GET", "/livez").allow, "");
}

TEST_F(HandlerTest, Probes) {
  EXPECT_EQ(send("GET", "/livez").status, 200);
  EXPECT_EQ(send("HEAD", "/readyz").status, 200);
  handler_.service().set_ready(false);
  EXPECT_EQ(send("GET", "/readyz").status, 503);
  EXPECT_EQ(error().at("code"), "unavailable");
  EXPECT_EQ(send("GET", "/livez").status, 200);
  EXPECT_EQ(predict(record_).status, 200) << "accepted requests are still answered";
}

TEST_F(HandlerTest, DescribesTheModel) {
  const json model = json::parse(send("GET", "/v1/model").body);
  EXPECT_EQ(model.at("name"), "example");
  EXPECT_EQ(model.at("version"), "1");
  EXPECT_EQ(model.at("sha256").get<std::string>().size(), 64U);
  EXPECT_EQ(model.at("program_version"), std::string(base::program_version()));
  EXPECT_EQ(model.at("default_form"), "raw");
  EXPECT_FALSE(model.at("raw").is_null());
  EXPECT_FALSE(model.at("steps").empty());
  EXPECT_EQ(model.at("metrics").at("oob_score"), 0.75);
  EXPECT_THAT(model.at("ignored").at("raw").get<std::vector<std::string>>(),
              testing::ElementsAre("name", "y"));
  EXPECT_THAT(model.dump(), HasSubstr("kind_a"));
}

TEST(HandlerOfARegression, AnswersNumbers) {
  TestHandler handler(predictor_of(test_support::load_example(test_support::example_regression_parts())));
  Response response;
  const std::string body = R"({"a": 1, "b": null})";
  handler.handle({.method = "POST", .target = "/predict", .body = body}, response);
  ASSERT_EQ(response.status, 200) << response.body;
  const json answer = json::parse(response.body);
  EXPECT_TRUE(answer.at("prediction").is_number());
  EXPECT_FALSE(answer.contains("probabilities"));
  handler.handle({.method = "POST", .target = "/predict", .accept = "text/plain", .body = body}, response);
  EXPECT_EQ(std::stod(response.body), answer.at("prediction").get<double>());
  handler.handle({.method = "POST", .target = "/predict?features=raw", .body = body}, response);
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, HasSubstr("takes no raw records"));
  handler.handle({.method = "GET", .target = "/v1/model"}, response);
  EXPECT_TRUE(json::parse(response.body).at("raw").is_null());
}

TEST_F(HandlerTest, JsonTestSuite) {
  const std::filesystem::path folder = test_support::shared_folder() / "data/JSONTestSuite/test_parsing";
  if (!std::filesystem::is_directory(folder)) GTEST_SKIP() << folder << " is absent";
  std::size_t file_count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    std::ifstream stream(entry.path(), std::ios::binary);
    std::ostringstream body;
    body << stream.rdbuf();
    ++file_count;
    predict(body.str());
    ASSERT_TRUE(json::accept(response_.body)) << name << ": " << response_.body;
    if (name.starts_with("n_")) {
      EXPECT_EQ(response_.status, 400) << name;
      EXPECT_THAT(response_.body, HasSubstr("the body is not valid JSON")) << name;
    } else if (response_.status == 200) {
      EXPECT_EQ(response_.body, "[]") << name;
    } else {
      EXPECT_THAT(response_.status, testing::AllOf(testing::Ge(400), testing::Lt(500))) << name;
      if (name.starts_with("y_")) {
        EXPECT_THAT(response_.body, testing::Not(HasSubstr("not valid JSON"))) << name;
      }
    }
  }
  EXPECT_GT(file_count, 300U);
}

}  // namespace
}  // namespace archmlp::serve
