#include "archmlp/contract/serve_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace archmlp::contract {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

base::Error error_of(std::string_view yaml) {
  ServeConfig config;
  const base::Status read = read_serve_config(yaml, "serve.yaml", config);
  EXPECT_FALSE(read.ok()) << yaml;
  return read.ok() ? base::Error() : read.error();
}

TEST(ServeConfig, ReadsAFile) {
  ServeConfig config;
  const base::Status read = read_serve_config(
      "models: /srv/models\n"
      "port: 8443\n"
      "max_body: 32MB\n"
      "max_header: 1000\n"
      "max_rows: 50000\n"
      "allowed_hosts: [api.example.org, localhost]\n"
      "read_timeout: 2.5\n"
      "watch: 5\n"
      "traffic:\n"
      "  fraud:\n"
      "    split: {1: 90, 2: 10}\n"
      "    shadow: {3: 100}\n",
      "serve.yaml", config);
  ASSERT_TRUE(read.ok()) << base::to_string(read.error());
  EXPECT_EQ(config.models, "/srv/models");
  EXPECT_EQ(config.port, 8443);
  EXPECT_EQ(config.max_body, 32'000'000U);
  EXPECT_EQ(config.max_header, 1000U);
  EXPECT_EQ(config.max_rows, 50'000);
  EXPECT_THAT(config.allowed_hosts, ElementsAre("api.example.org", "localhost"));
  EXPECT_EQ(config.read_timeout, 2.5);
  EXPECT_EQ(config.traffic.at("fraud").split.at("2"), 10.0);
  EXPECT_EQ(config.traffic.at("fraud").shadow.at("3"), 100.0);
  EXPECT_EQ(config.host, "127.0.0.1") << "what is not said keeps its value";
  EXPECT_TRUE(read_serve_config("", "serve.yaml", config).ok());
}

TEST(ServeConfig, ErrorsNamePlaceAndNearestName) {
  const base::Error unknown = error_of("models: x\nprot: 80\n");
  EXPECT_THAT(unknown.where, HasSubstr("serve.yaml:2"));
  EXPECT_THAT(unknown.hint, HasSubstr("\"port\""));
  EXPECT_THAT(error_of("port: 70000\n").message, HasSubstr("65535"));
  EXPECT_THAT(error_of("port: many\n").where, HasSubstr("serve.yaml:1"));
  error_of("max_body: large\n");
  error_of("max_body: 0\n");
  error_of("max_body: 999\n");
  error_of("max_body: 4000000001\n");
  error_of("max_body: 18446744073709551615\n");
  error_of("max_header: -1\n");
  error_of("max_header: 20MB\n");
  error_of("max_rows: 0\n");
  error_of("max_rows: 1.5\n");
  const base::Error tiny = error_of("max_header: 1\n");
  EXPECT_THAT(tiny.message, HasSubstr("expected bytes, 1000 to 16777216, such as 64000 or 32MB, found"));
  EXPECT_THAT(tiny.where, HasSubstr("serve.yaml:1"));
  error_of("allowed_hosts: [1]\n");
  error_of("traffic: {fraud: {splits: {1: 100}}}\n");
  error_of("read_timeout: 0\n");
  error_of("- port\n");
}

TEST(ServeConfig, ChecksWhatNoKeyTellsAlone) {
  const auto where = [](const ServeConfig& config) {
    const base::Status checked = check_serve_config(config);
    return checked.ok() ? std::string("fine") : checked.error().where;
  };
  ServeConfig config;
  EXPECT_EQ(where(config), "model");
  config.model = "m.archmlp";
  EXPECT_EQ(where(config), "fine");
  config.host = "0.0.0.0";
  EXPECT_EQ(where(config), "host");
  config.allow_anonymous = true;
  EXPECT_EQ(where(config), "fine");
  config.allow_anonymous = false;
  config.token_file = "tokens";
  EXPECT_EQ(where(config), "fine");
  config.tls_cert = "cert.pem";
  EXPECT_EQ(where(config), "tls_key");
  config.tls_key = "key.pem";
  config.admin_port = 5001;
  EXPECT_EQ(where(config), "admin_token_file");
  config.admin_token_file = "admin.token";
  EXPECT_EQ(where(config), "fine");
  config.port = 5001;
  EXPECT_EQ(where(config), "admin_port");
  config.port = 0;
  config.admin_port = 0;
  EXPECT_EQ(where(config), "fine") << "any free one, twice";
}

TEST(ServeConfig, FieldsShowWhatTheyTake) {
  ServeConfig config{
      .model = "m", .allowed_hosts = {"a"}, .traffic = {{"m", {.split = {{"1", 100}}, .shadow = {}}}}};
  const nlohmann::ordered_json json = get_fields(serve_fields(), &config);
  ServeConfig again;
  ASSERT_TRUE(set_fields(serve_fields(), &again, json, "").ok());
  EXPECT_EQ(again, config);
}

}  // namespace
}  // namespace archmlp::contract
