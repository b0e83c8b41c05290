#include "archmlp/http/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace archmlp::http {
namespace {

using testing::HasSubstr;

constexpr std::string_view kToken = "0123456789abcdef0123456789abcdef";

RequestHead head_with(std::string_view host, std::string_view origin = {},
                      std::string_view authorization = {}) {
  RequestHead head;
  head.method = "POST";
  head.target = "/predict";
  head.host = host;
  head.origin = origin;
  head.authorization = authorization;
  return head;
}

/// 200 where the request may go on.
int status_of(const AccessRules& rules, const RequestHead& head) {
  const std::optional<Refusal> refusal = rules.check(head);
  return refusal ? refusal->status : 200;
}

TEST(Access, WithoutRulesEverybodyMayAsk) {
  const AccessRules rules({});
  EXPECT_FALSE(rules.asks_for_token());
  EXPECT_EQ(status_of(rules, head_with("anything:1")), 200);
  EXPECT_EQ(status_of(rules, head_with("")), 200);
}

TEST(Access, HostsWithPortsCaseAndIpv6) {
  const AccessRules rules({.hosts = {"Models.example.org", "127.0.0.1:5000", "[::1]", "::2"}});
  for (const char* host : {"models.example.org", "MODELS.Example.org:80", "127.0.0.1", "127.0.0.1:9", "[::1]",
                           "[::1]:5000", "[::2]:1"}) {
    EXPECT_EQ(status_of(rules, head_with(host)), 200) << host;
  }
  for (const char* host : {"", "evil.example.org", "models.example.org.evil", "xmodels.example.org",
                           "example.org", "[::3]", "::1", "[::1", "[]", "127.0.0.11", ":80"}) {
    EXPECT_EQ(status_of(rules, head_with(host)), 421) << host;
  }
  const std::optional<Refusal> refusal = rules.check(head_with("evil.example.org"));
  EXPECT_THAT(refusal->message, HasSubstr("evil.example.org"));
  EXPECT_THAT(refusal->hint, HasSubstr("--allowed-hosts"));
}

TEST(Access, OldClientsNeedNoHost) {
  const AccessRules rules({.hosts = {"localhost"}});
  RequestHead head = head_with("");
  head.is_http_1_0 = true;
  EXPECT_EQ(status_of(rules, head), 200);
  head.host = "evil";
  EXPECT_EQ(status_of(rules, head), 421);
}

TEST(Access, PagesOfOtherOrigins) {
  const AccessRules rules({.origins = {"https://Dash.example.org:8443"}});
  EXPECT_EQ(status_of(rules, head_with("api:5000", "http://api:5000")), 200) << "the server's own";
  EXPECT_EQ(status_of(rules, head_with("API:5000", "http://api:5000")), 200);
  EXPECT_EQ(status_of(rules, head_with("api", "https://dash.EXAMPLE.org:8443")), 200);
  for (const char* origin :
       {"https://dash.example.org", "http://dash.example.org:8443", "https://evil.example.org", "null", "api",
        "http://api.evil", "http://api:5001"}) {
    EXPECT_EQ(status_of(rules, head_with("api:5000", origin)), 403) << origin;
  }
  RequestHead old = head_with("", "null");
  old.is_http_1_0 = true;
  EXPECT_EQ(status_of(rules, old), 403) << "no host and no origin are not the same";
}

TEST(Access, Tokens) {
  const std::string token(kToken);
  const AccessRules rules({.tokens = {"another-token-of-16", token}, .open_paths = {"/livez"}});
  EXPECT_TRUE(rules.asks_for_token());
  for (const std::string& good : {"Bearer " + token, "bearer " + token, "BEARER   " + token + " ",
                                  std::string("Bearer another-token-of-16")}) {
    EXPECT_EQ(status_of(rules, head_with("h", {}, good)), 200) << good;
  }
  for (const std::string& bad : {std::string(), token, "Basic " + token, std::string("Bearer"),
                                 std::string("Bearer "), "Bearer " + token + "0", "Bearer " + token.substr(1),
                                 "Bearer" + token, "Bearer " + token + ", Bearer " + token}) {
    EXPECT_EQ(status_of(rules, head_with("h", {}, bad)), 401) << bad;
  }
  EXPECT_THAT(rules.check(head_with("h"))->message, HasSubstr("asks for a token"));
  const std::optional<Refusal> wrong = rules.check(head_with("h", {}, "Bearer " + token.substr(1)));
  EXPECT_THAT(wrong->message, testing::Not(HasSubstr(token.substr(1)))) << "never in a log or an answer";
}

TEST(Access, OpenPathsNeedNoTokenButTheRest) {
  const AccessRules rules({.hosts = {"h"}, .tokens = {std::string(kToken)}, .open_paths = {"/livez"}});
  RequestHead head = head_with("h");
  head.target = "/livez";
  EXPECT_EQ(status_of(rules, head), 200);
  head.target = "/livez?x=y";
  EXPECT_EQ(status_of(rules, head), 200);
  for (const char* target : {"/livez/", "/livezz", "/LIVEZ", "/predict?/livez", "//livez"}) {
    head.target = target;
    EXPECT_EQ(status_of(rules, head), 401) << target;
  }
  head.target = "/livez";
  head.host = "evil";
  EXPECT_EQ(status_of(rules, head), 421);
}

class AccessTokens : public testing::Test {
 protected:
  base::Result<std::vector<std::string>> read(std::string_view text) const {
    std::ofstream(path_, std::ios::binary) << text;
    return read_tokens(path_);
  }
  std::string path_ =
      testing::TempDir() + "/access_tokens_" + testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(AccessTokens, OneALine) {
  const auto tokens =
      read("# of the operators\n\n  " + std::string(kToken) + " \r\n# old\nsixteen-letters!\n");
  ASSERT_TRUE(tokens.ok()) << base::to_string(tokens.error());
  EXPECT_THAT(*tokens, testing::ElementsAre(kToken, "sixteen-letters!"));
  EXPECT_EQ(read(kToken)->size(), 1U) << "without a line end";
}

TEST_F(AccessTokens, Errors) {
  for (const char* none : {"", "\n \n", "# nothing but this"}) {
    const auto tokens = read(none);
    ASSERT_FALSE(tokens.ok());
    EXPECT_EQ(tokens.error().where, path_);
    EXPECT_THAT(tokens.error().hint, HasSubstr("openssl rand"));
  }
  for (const std::string& bad : {std::string("fifteen-letters"), "with a blank " + std::string(kToken),
                                 "t\xC3\xB6ken-" + std::string(kToken)}) {
    const auto tokens = read("# one\n" + std::string(kToken) + "\n" + bad + "\n");
    ASSERT_FALSE(tokens.ok()) << bad;
    EXPECT_EQ(tokens.error().code, base::ErrorCode::kInvalidInput);
    EXPECT_EQ(tokens.error().where, path_ + ":3");
    EXPECT_THAT(base::to_string(tokens.error()), testing::Not(HasSubstr(bad))) << "a secret stays one";
  }
  EXPECT_EQ(read_tokens(path_ + ".absent").error().code, base::ErrorCode::kNotFound);
}

TEST(Access, Loopback) {
  for (const char* host : {"localhost", "LocalHost", "127.0.0.1", "127.255.0.3", "::1", "0:0:0:0:0:0:0:1"}) {
    EXPECT_TRUE(is_loopback(host)) << host;
  }
  for (const char* host : {"", "0.0.0.0", "::", "128.0.0.1", "127.example.org", "127.",
                           "127.0.0.1.example.org", "localhost.example.org", "::2", "10.0.0.1"}) {
    EXPECT_FALSE(is_loopback(host)) << host;
  }
}

}  // namespace
}  // namespace archmlp::http
