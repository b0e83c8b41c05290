#include "archmlp/serve/admin_handler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "archmlp/http/answers.h"
#include "archmlp/test_support/example_parts.h"

namespace archmlp::serve {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class AdminHandlerTest : public testing::Test {
 protected:
  const http::Response& send(std::string_view method, std::string_view target, std::string_view body = {}) {
    response_.clear();
    handler_->handle(
        {.method = method, .target = target, .content_type = "application/json", .accept = {}, .body = body},
        response_);
    return response_;
  }
  json answer() const { return json::parse(response_.body); }

  std::unique_ptr<ModelStore> store_ = ModelStore::of(
      std::make_shared<const predict::Predictor>(test_support::load_example(test_support::example_parts())),
      "fraud", 2);
  Service service_{*store_, 2};
  std::unique_ptr<http::Handler> handler_ = service_.make_admin_handler();
  http::Response response_;
};

TEST_F(AdminHandlerTest, ListsModels) {
  EXPECT_EQ(send("GET", "/admin/models").status, 200);
  const json model = answer().at(0);
  EXPECT_EQ(model.at("name"), "fraud");
  EXPECT_EQ(model.at("versions").at(0).at("version"), "1");
  EXPECT_EQ(model.at("split").at("1"), 100.0);
  EXPECT_EQ(send("GET", "/admin/models/fraud/traffic").status, 200);
}

TEST_F(AdminHandlerTest, SetsTraffic) {
  EXPECT_EQ(send("PUT", "/admin/models/fraud/traffic", R"({"split": {"1": 100}, "shadow": {"1": 5}})").status,
            200);
  EXPECT_EQ(answer().at(0).at("shadow").at("1"), 5.0);
  for (const std::string_view body : {R"({"split": {"2": 100}})", R"({"split": {"1": 50}})",
                                      R"({"splits": {}})", R"({"split": {"1": "a"}})", "[]", "{"}) {
    EXPECT_EQ(send("PUT", "/admin/models/fraud/traffic", body).status, 400) << body;
    EXPECT_TRUE(answer().at("error").contains("message")) << body;
  }
  EXPECT_EQ(send("PUT", "/admin/models/churn/traffic", "{}").status, 404);
  EXPECT_EQ(send("DELETE", "/admin/models/fraud/traffic").status, 405);
  EXPECT_THAT(std::string(response_.allow), HasSubstr("PUT"));
}

TEST_F(AdminHandlerTest, ReloadReports) {
  service_.set_reload(
      [] { return ModelStore::ReloadReport{.loaded = {"fraud/2"}, .removed = {}, .errors = {}}; });
  EXPECT_EQ(send("POST", "/admin/reload").status, 200);
  EXPECT_EQ(answer().at("loaded"), json::array({"fraud/2"}));
  service_.set_reload([] {
    return ModelStore::ReloadReport{
        .loaded = {}, .removed = {}, .errors = {{.message = "cut short", .where = "m"}}};
  });
  EXPECT_EQ(send("POST", "/admin/reload").status, 409);
  EXPECT_EQ(answer().at("errors").at(0).at("message"), "cut short");
  EXPECT_EQ(send("GET", "/admin/reload").status, 405);
}

TEST_F(AdminHandlerTest, Repository) {
  EXPECT_EQ(send("POST", "/v2/repository/index").status, 200);
  EXPECT_EQ(answer().at(0).at("state"), "READY");
  EXPECT_EQ(send("POST", "/v2/repository/index", R"({"ready": true})").status, 200);
  EXPECT_EQ(send("POST", "/v2/repository/models/fraud/unload").status, 200);
  EXPECT_EQ(send("POST", "/v2/repository/index", R"({"ready": true})").body, "[]\n");
  EXPECT_EQ(send("POST", "/v2/repository/models/fraud/unload").status, 404);
  EXPECT_TRUE(answer().at("error").is_string());
}

TEST_F(AdminHandlerTest, ErrorsOfTheRepositoryHaveTheFormOfItsProtocol) {
  const auto error = [&] { return answer().at("error").get<std::string>(); };
  EXPECT_EQ(send("POST", "/v2/repository/models/fraud/delete").status, 404);
  EXPECT_THAT(error(), HasSubstr("/v2/repository/models/NAME/load"));
  EXPECT_EQ(send("GET", "/v2/repository/models/fraud/load").status, 405);
  EXPECT_THAT(error(), HasSubstr("use POST"));
  EXPECT_EQ(response_.allow, "POST");
  EXPECT_EQ(send("POST", "/v2/repository/models/fraud/load?force=1").status, 400);
  EXPECT_THAT(error(), HasSubstr("force"));
  for (const std::string_view body : {"[]", "{", R"({"ready": 1})"}) {
    EXPECT_EQ(send("POST", "/v2/repository/index", body).status, 400) << body;
    EXPECT_THAT(error(), HasSubstr(R"({"ready": true})")) << body;
  }
  response_.clear();
  handler_->refuse("/v2/repository/index",
                   {.status = 401, .code = "unauthorized", .message = "no token", .where = {}, .hint = {}},
                   response_);
  EXPECT_EQ(error(), "no token");
}

TEST_F(AdminHandlerTest, MetricsAndUnknownPaths) {
  EXPECT_THAT(send("GET", "/metrics").body, HasSubstr("archmlp_model_info{model=\"fraud\",version=\"1\""));
  EXPECT_EQ(send("GET", "/livez").status, 200);
  EXPECT_EQ(send("GET", "/predict").status, 404);
  EXPECT_THAT(answer().at("error").at("hint").get<std::string>(), HasSubstr("/admin/models"));
}

}  // namespace
}  // namespace archmlp::serve
