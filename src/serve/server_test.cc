#include "archmlp/serve/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <thread>
#include <vector>

#include "archmlp/test_support/example_parts.h"
#include "archmlp/test_support/raw_client.h"
#include "archmlp/test_support/waiting.h"

namespace archmlp::serve {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::StartsWith;
using Client = test_support::RawClient;

constexpr milliseconds kSoon{5000};
constexpr milliseconds kAtOnce{1900};  // less than a connection lingers

std::shared_ptr<const predict::Predictor> predictor() {
  static const auto kShared =
      std::make_shared<const predict::Predictor>(test_support::load_example(test_support::example_parts()));
  return kShared;
}

std::unique_ptr<Server> start(contract::ServeConfig config = {}) {
  config.port = 0;
  if (config.threads == 0) config.threads = 2;
  auto server = Server::start(predictor(), config);
  EXPECT_TRUE(server.ok()) << (server.ok() ? "" : base::to_string(server.error()));
  return std::move(server).value();
}

const std::string kRecord = R"({"amount": 10.5, "count": 3, "kind": "a", "flag": true})";

std::string post(std::string_view body, std::string_view fields = {}) {
  return "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
         std::string(fields) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}
std::string get(std::string_view path, std::string_view fields = {}) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) + "\r\n";
}

TEST(Server, KeepsConnectionsAlive) {
  const auto server = start();
  Client client(server->port());
  std::string first;
  for (int round = 0; round < 3; ++round) {
    client.send(post(kRecord));
    const std::string answer = client.receive();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nDate: "));
    EXPECT_THAT(answer, HasSubstr("\r\nContent-Type: application/json\r\n"));
    EXPECT_THAT(answer, HasSubstr("\"probabilities\""));
    EXPECT_THAT(answer, testing::Not(HasSubstr("Connection:")));
  }
  client.send(get("/livez", "Connection: close\r\n"));
  EXPECT_THAT(client.receive(), HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_TRUE(client.is_closed_within(kAtOnce));
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
  const auto server = start();
  Client client(server->port());
  std::string requests;
  constexpr int kCount = 2000;  // more than is answered in one go
  for (int i = 0; i < kCount; ++i) requests += i % 2 == 0 ? post(kRecord) : get("/path" + std::to_string(i));
  std::thread sender([&] { client.send(requests); });
  for (int i = 0; i < kCount; ++i) {
    const std::string answer = client.receive();
    ASSERT_THAT(answer, HasSubstr(i % 2 == 0 ? "\"prediction\"" : "/path" + std::to_string(i) + "\\\""));
  }
  sender.join();
}

TEST(Server, TakesRequestsByteByByte) {
  const auto server = start();
  Client client(server->port());
  for (const char byte : post(kRecord)) client.send({&byte, 1});
  EXPECT_THAT(client.receive(), StartsWith("HTTP/1.1 200"));
  const std::string chunked =
      "POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n6;x=y\r\n" +
      kRecord.substr(0, 6) + "\r\n" +
      [] {
        char size[8];
        std::snprintf(size, sizeof size, "%zx", kRecord.size() - 6);
        return std::string(size);
      }() +
      "\r\n" + kRecord.substr(6) + "\r\n0\r\nTrailer: z\r\n\r\n";
  for (const char byte : chunked) client.send({&byte, 1});
  EXPECT_THAT(client.receive(), StartsWith("HTTP/1.1 200"));
  client.send(chunked + chunked + get("/livez"));
  EXPECT_THAT(client.receive(), HasSubstr("\"prediction\""));
  EXPECT_THAT(client.receive(), HasSubstr("\"prediction\""));
  EXPECT_THAT(client.receive(), HasSubstr("\"live\""));
}

TEST(Server, HeadHasNoBody) {
  const auto server = start();
  Client client(server->port());
  client.send("HEAD /livez HTTP/1.1\r\nHost: localhost\r\n\r\n" + get("/readyz"));
  EXPECT_THAT(client.receive(false), HasSubstr("Content-Length: 19\r\n"));
  EXPECT_THAT(client.receive(), testing::AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("ready")));
}

TEST(Server, PlainTextAnswers) {
  const auto server = start();
  Client client(server->port());
  client.send(post(kRecord, "Accept: text/plain\r\n"));
  const std::string answer = client.receive();
  EXPECT_THAT(answer, HasSubstr("Content-Type: text/plain; charset=utf-8\r\n"));
  EXPECT_THAT(answer, testing::AnyOf(testing::EndsWith("\r\n\r\nyes"), testing::EndsWith("\r\n\r\nno")));
}

TEST(Server, OldClients) {
  const auto server = start();
  Client client(server->port());
  client.send("GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(client.receive(), HasSubstr("Connection: keep-alive"));
  client.send("GET /livez HTTP/1.0\r\n\r\n");
  EXPECT_THAT(client.receive(), StartsWith("HTTP/1.1 200"));
  EXPECT_TRUE(client.is_closed_within(kAtOnce));
}

TEST(Server, ClientsMayWaitForContinue) {
  const auto server = start();
  Client client(server->port());
  const std::string request = post(kRecord, "Expect: 100-continue\r\n");
  const std::size_t head_size = request.size() - kRecord.size();
  client.send(request.substr(0, head_size));
  EXPECT_EQ(client.receive(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send(kRecord);
  EXPECT_THAT(client.receive(), StartsWith("HTTP/1.1 200"));

  Client refused(server->port());
  refused.send(
      "POST /predict HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: "
      "99999999\r\n\r\n");
  EXPECT_THAT(refused.receive(), StartsWith("HTTP/1.1 413")) << "without asking for the body first";
}

struct SmugglingCase {
  std::string name;
  std::string head;  // behind the request line
  std::string version = "1.1";
};
class ServerSmuggling : public testing::TestWithParam<SmugglingCase> {};

TEST_P(ServerSmuggling, IsRefusedAndTheRestIsNoRequest) {
  const auto server = start();
  Client client(server->port());
  client.send("POST /predict HTTP/" + GetParam().version + "\r\n" + GetParam().head + "\r\n0\r\n\r\n" +
              get("/livez"));
  const std::string answer = client.receive();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(answer, HasSubstr("{\"error\": {\"code\": \"bad_request\""));
  EXPECT_TRUE(client.is_closed_within(kAtOnce));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, ServerSmuggling,
    testing::Values(
        SmugglingCase{"UnknownCoding", "Host: localhost\r\nTransfer-Encoding: xchunked\r\n"},
        SmugglingCase{"GzipThenChunked", "Host: localhost\r\nTransfer-Encoding: gzip, chunked\r\n"},
        SmugglingCase{"IdentityWithALength",
                      "Host: localhost\r\nTransfer-Encoding: identity\r\nContent-Length: 5\r\n"},
        SmugglingCase{"TwoTransferEncodings",
                      "Host: localhost\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"},
        SmugglingCase{"FoldedTransferEncoding", "Host: localhost\r\nTransfer-Encoding:\r\n chunked\r\n"},
        SmugglingCase{"FoldedField", "Host: localhost\r\nX: y\r\n z\r\nContent-Length: 5\r\n"},
        SmugglingCase{"ListOfLengths", "Host: localhost\r\nContent-Length: 5, 5\r\n"},
        SmugglingCase{"RepeatedLength", "Host: localhost\r\nContent-Length: 5\r\nContent-Length: 5\r\n"},
        SmugglingCase{"LengthAndChunked",
                      "Host: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n"},
        SmugglingCase{"ChunkedOnHttp10", "Host: localhost\r\nTransfer-Encoding: chunked\r\n", "1.0"},
        SmugglingCase{"NoHost", "Content-Length: 5\r\n"},
        SmugglingCase{"TwoHosts", "Host: localhost\r\nHost: localhost\r\nContent-Length: 5\r\n"},
        SmugglingCase{"BlankBeforeColon", "Host: localhost\r\nContent-Length : 5\r\n"},
        SmugglingCase{"BareLineFeed", "Host: localhost\r\nX: y\nContent-Length: 5\r\n"}),
    [](const testing::TestParamInfo<SmugglingCase>& tested) { return tested.param.name; });

TEST(Server, MalformedChunksCloseTheConnection) {
  const auto server = start();
  Client client(server->port());
  client.send(
      "POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: "
      "chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n" +
      get("/livez"));
  EXPECT_THAT(client.receive(), StartsWith("HTTP/1.1 400"));
  EXPECT_TRUE(client.is_closed_within(kAtOnce));
}

TEST(Server, ATlsHandshakeIsRefusedAtOnce) {
  const auto server = start();
  Client client(server->port());
  client.send(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11));
  const std::string answer = client.receive();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(answer, HasSubstr("this is no HTTP request"));
  EXPECT_TRUE(client.is_closed_within(kAtOnce));
}

TEST(Server, LimitsTheBody) {
  const auto server = start({.max_body = 1000});
  {
    Client client(server->port());
    client.send(post(std::string(1001, ' ')));
    EXPECT_THAT(client.receive(), testing::AllOf(StartsWith("HTTP/1.1 413"), HasSubstr("resource_limit")));
    EXPECT_TRUE(client.is_closed_within(kAtOnce));
  }
  Client client(server->port());
  client.send("POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 11; ++i) client.send("64\r\n" + std::string(100, ' ') + "\r\n");
  EXPECT_THAT(client.receive(), StartsWith("HTTP/1.1 413"));
}

TEST(Server, RefusesInTheFormOfTheProtocol) {
  const auto server = start({.max_body = 1000, .read_timeout = 1});
  const auto answer_to = [&](const std::string& line) {
    Client client(server->port());
    client.send(line + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1001\r\n\r\n");
    const std::string answer = client.receive();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 413"));
    return nlohmann::json::parse(answer.substr(answer.find("\r\n\r\n")));
  };
  EXPECT_EQ(answer_to("POST /predict")["error"]["code"], "resource_limit");
  EXPECT_TRUE(answer_to("POST /v2/models/model/infer")["error"].is_string());
  EXPECT_EQ(answer_to("POST /invocations?model=model")["error_code"], "RESOURCE_EXHAUSTED");
  Client slow(server->port());
  slow.send("POST /v2/models/model/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{");
  EXPECT_THAT(slow.receive(),
              testing::AllOf(StartsWith("HTTP/1.1 408"), HasSubstr("{\"error\": \"the request")));
}

TEST(Server, LimitsTheHeader) {
  const auto server = start();
  Client client(server->port());
  std::string head = "GET /livez HTTP/1.1\r\nHost: localhost\r\n";
  while (head.size() < (17U << 10U)) head += "X-Padding: " + std::string(1000, 'x') + "\r\n";
  client.send(head);
  EXPECT_THAT(client.receive(), testing::AllOf(StartsWith("HTTP/1.1 431"), HasSubstr("header_too_large")));
}

TEST(Server, TakesAndGivesLargeBodies) {
  const auto server = start();
  Client client(server->port());
  std::string body = "[" + kRecord;
  std::size_t count = 1;
  for (; body.size() < (2U << 20U); ++count) body += "," + kRecord;
  body += "]";
  std::thread sender([&] { client.send(post(body) + get("/livez")); });
  const std::string answer = client.receive();
  EXPECT_THAT(answer.substr(0, 15), "HTTP/1.1 200 OK");
  std::size_t found = 0;
  for (std::size_t at = answer.find("\"prediction\""); at != std::string::npos;
       at = answer.find("\"prediction\"", at + 1))
    ++found;
  EXPECT_EQ(found, count);
  EXPECT_THAT(client.receive(), HasSubstr("live"));
  sender.join();
}

TEST(Server, SlowRequestsTimeOut) {
  const auto server = start({.read_timeout = 1, .idle_timeout = 1});
  Client idle(server->port());
  Client slow_head(server->port());
  Client slow_body(server->port());
  slow_head.send("GET /livez HTTP/1.1\r\nHost");
  const std::string request = post(kRecord);
  slow_body.send(request.substr(0, request.size() - 5));
  for (int i = 0; i < 6; ++i) {
    std::this_thread::sleep_for(milliseconds(300));
    slow_head.send(":");  // goes on, but never arrives
    Client good(server->port());
    good.send(get("/livez"));
    ASSERT_THAT(good.receive(), StartsWith("HTTP/1.1 200"));
  }
  EXPECT_THAT(slow_head.receive(), testing::AllOf(StartsWith("HTTP/1.1 408"), HasSubstr("request_timeout")));
  EXPECT_THAT(slow_body.receive(), StartsWith("HTTP/1.1 408"));
  EXPECT_TRUE(idle.is_closed_within(kSoon));
}

TEST(Server, SlowReadersTimeOut) {
  const auto server = start({.threads = 1, .read_timeout = 1, .idle_timeout = 1, .write_timeout = 1});
  Client client(server->port());
  std::string body = "[" + kRecord;
  while (body.size() < (4U << 20U)) body += "," + kRecord;
  for (int i = 0; i < 3; ++i) client.send(post(body + "]"));
  test_support::wait_until([&] {  // the first one is cut
    Client other(server->port());
    other.send(get("/metrics"));
    return other.receive().find("\narchmlp_connections 1\n") != std::string::npos;
  });
  std::string answers;
  for (std::string part = client.receive(); !part.empty(); part = client.receive()) answers += part;
  EXPECT_LT(answers.size(), 3 * body.size()) << "the connection was cut";
}

TEST(Server, ManyRequestsOnManyConnections) {
  const auto server = start();
  constexpr int kClients = 8;
  std::atomic<int> answered = 0;
  std::vector<std::thread> threads;
  threads.reserve(kClients);
  for (int i = 0; i < kClients; ++i) {
    threads.emplace_back([&] {
      Client client(server->port());
      for (int round = 0; round < 125; ++round) {
        client.send(post(kRecord));
        if (client.receive().starts_with("HTTP/1.1 200")) ++answered;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(answered, 1000);
}

TEST(Server, ClientsThatResetDoNoHarm) {
  const auto server = start();
  for (int i = 0; i < 200; ++i) {
    Client client(server->port());
    client.send(i % 2 == 0 ? post(kRecord) + post(kRecord) : post(kRecord).substr(0, 60));
  }
  Client client(server->port());
  client.send(get("/livez"));
  EXPECT_THAT(client.receive(), StartsWith("HTTP/1.1 200"));
}

/// Each event loop closes its own door, a moment after stop().
bool refuses_connections_within(std::uint16_t port, milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (Client(port).connected()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(milliseconds(10));
  }
  return true;
}

TEST(Server, StopAnswersWhatItAccepted) {
  const auto server = start();
  Client idle(server->port());
  idle.send(get("/livez"));
  EXPECT_THAT(idle.receive(), StartsWith("HTTP/1.1 200"));
  Client busy(server->port());
  Client probe(server->port());
  const std::string request = post(kRecord);
  busy.send(request.substr(0, request.size() - 5));
  probe.send(get("/readyz").substr(0, 10));
  std::this_thread::sleep_for(milliseconds(200));
  server->stop();
  EXPECT_TRUE(idle.is_closed_within(kSoon));
  probe.send(get("/readyz").substr(10));
  EXPECT_THAT(probe.receive(), StartsWith("HTTP/1.1 503"));
  EXPECT_TRUE(refuses_connections_within(server->port(), milliseconds(2000)));
  busy.send(request.substr(request.size() - 5));
  EXPECT_THAT(busy.receive(), testing::AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Connection: close")));
  server->wait();
}

TEST(Server, StopDoesNotWaitBeyondTheGraceTime) {
  const auto server = start({.grace = 1});
  Client stuck(server->port());
  stuck.send("POST /predict HTTP/1.1\r\n");
  std::this_thread::sleep_for(milliseconds(100));
  const auto begin = std::chrono::steady_clock::now();
  server->stop();
  server->stop();
  server->wait();
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_GT(took, milliseconds(500));
  EXPECT_LT(took, milliseconds(5000));
}

TEST(Server, StopUnderLoadFailsNoAcceptedRequest) {
  auto server = start();
  std::atomic<int> answered = 0;
  std::atomic<int> broken = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      Client client(server->port());
      while (true) {
        client.send(post(kRecord));
        const std::string answer = client.receive();
        if (answer.starts_with("HTTP/1.1 200")) {
          ++answered;
          if (answer.find("Connection: close") != std::string::npos) return;
        } else {
          broken += answer.empty() ? 0 : 1;  // closed between two requests is fair, half an answer is not
          return;
        }
      }
    });
  }
  test_support::wait_until([&] { return answered > 100; });
  server->stop();
  server->wait();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(broken, 0);
}

TEST(Server, APortInUseIsAnError) {
  const auto first = start();
  const auto second = Server::start(predictor(), {.port = first->port(), .threads = 2});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, base::ErrorCode::kIo);
  EXPECT_THAT(second.error().message, HasSubstr("port " + std::to_string(first->port())));
  EXPECT_THAT(second.error().hint, HasSubstr("choose another port"));
}

std::uint16_t free_port() { return start()->port(); }

TEST(Server, OperatorsHaveThePortThatIsAskedFor) {
  const std::string tokens = testing::TempDir() + "/operators.token";
  std::ofstream(tokens) << "secret-of-operators\n";
  const contract::ServeConfig config{.admin_port = free_port(), .admin_token_file = tokens};
  const auto server = start(config);
  EXPECT_EQ(server->admin_port(), config.admin_port);
  Client client(*server->admin_port());
  client.send(get("/metrics", "Authorization: Bearer secret-of-operators\r\n"));
  EXPECT_THAT(client.receive(), HasSubstr("archmlp_connections"));
}

TEST(Server, AFailedStartDoesNotWaitForBalancers) {
  const std::string tokens = testing::TempDir() + "/delayed.token";
  std::ofstream(tokens) << "secret-of-operators\n";
  const auto taken = start();
  contract::ServeConfig config{.port = 0, .shutdown_delay = 30};
  config.admin_port = taken->port();
  config.admin_token_file = tokens;
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(Server::start(predictor(), config).ok());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

double drift_rows(const Server& server) {
  Client client(server.port());
  client.send(get("/metrics"));
  const std::string page = client.receive();
  const std::size_t at = page.find("\narchmlp_model_drift_rows{");
  if (at == std::string::npos) return -1;
  return std::stod(page.substr(page.find("} ", at) + 2));
}

TEST(Server, DriftForgetsOldRowsThoughNobodyAsksForIt) {
  test_support::ExampleParts example = test_support::example_regression_parts();
  const auto encoder = bundle::FeatureEncoder::make(example.parts.contract.features,
                                                    example.parts.model_features, example.parts.categories);
  const bundle::InputDistribution input{.marks = {50.25F}, .counts = {1, 2, 1}};
  example.parts.reference = bundle::ReferenceDistribution::make(*encoder, 4, {input, input}).value();
  contract::ServeConfig config{.port = 0, .threads = 1};
  const auto started =
      Server::start(std::make_shared<const predict::Predictor>(test_support::load_example(example)), config);
  ASSERT_TRUE(started.ok());
  const Server* server = started->get();
  ASSERT_EQ(drift_rows(*server), 0);
  const std::string record = R"({"a": 1, "b": 2})";
  std::string body = "[" + record;
  for (int i = 1; i < 10'000; ++i) body += "," + record;
  body += "]";
  bool has_forgotten = false;
  for (int batch = 0; batch < 8 && !has_forgotten; ++batch) {
    Client client(server->port());
    client.send(post(body));
    ASSERT_THAT(client.receive(), StartsWith("HTTP/1.1 200"));
    for (int look = 0; look < 30 && !has_forgotten; ++look) {
      std::this_thread::sleep_for(milliseconds(100));
      has_forgotten = batch > 0 && drift_rows(*server) == 10'000;
    }
  }
  EXPECT_TRUE(has_forgotten) << "all but the last 10,000";
}

TEST(Server, TheMostRowsOfARequestChangeWithAReload) {
  const std::string path = testing::TempDir() + "/max_rows.archmlp";
  ASSERT_TRUE(bundle::save_bundle(test_support::example_parts().parts, path).ok());
  contract::ServeConfig config{.model = path, .port = 0, .threads = 1};
  config.max_rows = 1;
  contract::ServeConfig said = config;
  std::string log;
  const auto started =
      Server::start(config, {.read_config = [&said]() -> base::Result<contract::ServeConfig> { return said; },
                             .log = [&log](bool, const std::string& line) { log += line + "\n"; }});
  ASSERT_TRUE(started.ok()) << base::to_string(started.error());
  const auto status = [&started] {
    Client client((*started)->port());
    client.send(post("[" + kRecord + "," + kRecord + "]"));
    return client.receive().substr(9, 3);
  };
  EXPECT_EQ(status(), "413");
  said.max_rows = 2;
  (*started)->reload();
  EXPECT_EQ(status(), "200");
  EXPECT_THAT(log, testing::Not(HasSubstr("restart")));
}

TEST(Server, APortIsFreeAgainAfterwards) {
  std::uint16_t port = 0;
  {
    const auto server = start();
    port = server->port();
    Client client(port);
    client.send(get("/livez"));
    EXPECT_THAT(client.receive(), StartsWith("HTTP/1.1 200"));
  }
  const auto again = Server::start(predictor(), {.port = port, .threads = 2});
  EXPECT_TRUE(again.ok()) << base::to_string(again.error());
}

TEST(Server, WrongConfigurations) {
  EXPECT_EQ(Server::start(predictor(), {.host = "192.0.2.1", .port = 0}).error().code, base::ErrorCode::kIo);
  EXPECT_TRUE(Server::start(predictor(), {.host = "localhost", .port = 0, .threads = 1}).ok());
}

/// Until the server's threads have begun and wait for work: UBSan's look at a thread that begins without
/// descriptors would fail.
void wait_until_other_threads_sleep() {
  const auto all_sleep = [] {
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
      if (task.path().filename() == std::to_string(::gettid())) continue;
      std::ifstream file(task.path() / "stat");
      std::string stat((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
      const std::size_t name_end = stat.rfind(')');
      if (name_end == std::string::npos || stat.substr(name_end, 3) != ") S") return false;
    }
    return true;
  };
  for (int i = 0; i < 2000 && !all_sleep(); ++i) std::this_thread::sleep_for(milliseconds(5));
}

TEST(Server, OutOfDescriptorsItWaitsWithoutSpinning) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const auto server = start({.threads = 1});
  Client old(server->port());
  old.send(get("/livez"));
  ASSERT_THAT(old.receive(), StartsWith("HTTP/1.1 200"));
  wait_until_other_threads_sleep();
  const int spare = ::dup(0);
  ::close(spare);
  rlimit low = before;
  low.rlim_cur = static_cast<rlim_t>(spare) + 1;  // room for one client, and none for the server to accept it
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  Client waiting(server->port());
  const std::clock_t clock_before = std::clock();
  std::this_thread::sleep_for(milliseconds(500));
  const double busy_seconds = static_cast<double>(std::clock() - clock_before) / CLOCKS_PER_SEC;
  EXPECT_LT(busy_seconds, 0.2);
  old.send(get("/livez"));
  EXPECT_THAT(old.receive(), StartsWith("HTTP/1.1 200")) << "those that are open go on";
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  waiting.send(get("/livez"));
  EXPECT_THAT(waiting.receive(), StartsWith("HTTP/1.1 200")) << "and the others are served later";
}

}  // namespace
}  // namespace archmlp::serve
