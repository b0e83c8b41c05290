#include "archmlp/http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <vector>

#include "archmlp/http/test_server.h"
#include "archmlp/test_support/raw_client.h"

namespace archmlp::http {
namespace {

using std::chrono::milliseconds;
using test_support::RawClient;
using test_support::wait_until;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr milliseconds kSoon{5000};

TEST(HttpServer, KeepsConnectionsAlive) {
  TestServer server;
  RawClient client(server->port());
  for (int i = 0; i < 3; ++i) {
    client.send(post("/echo", "body" + std::to_string(i)));
    EXPECT_THAT(client.receive(),
                AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("\r\nContent-Type: text/plain\r\n"),
                      HasSubstr("\r\nX-Model: m@1\r\n"), Not(HasSubstr("Connection:")),
                      EndsWith("\r\n\r\nPOST /echo body" + std::to_string(i))));
  }
  EXPECT_EQ(server->counters().front()->accepted_connections.value(), 1U);
  client.send(get("/echo", "Connection: close\r\n"));
  EXPECT_THAT(client.receive(), HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_TRUE(client.is_closed_within(kSoon));
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
  TestServer server({.pool_thread_count = 2});
  RawClient client(server->port());
  std::string requests;
  constexpr int kCount = 3000;
  const auto target = [](int i) { return (i % 7 == 0 ? "/long" : "/echo") + std::to_string(i); };
  for (int i = 0; i < kCount; ++i)
    requests += post(target(i), std::string(static_cast<std::size_t>(i % 90), 'x'));
  std::thread sender([&] { client.send(requests); });
  for (int i = 0; i < kCount; ++i) {
    ASSERT_THAT(client.receive(),
                EndsWith("POST " + target(i) + " " + std::string(static_cast<std::size_t>(i % 90), 'x')));
  }
  sender.join();
}

TEST(HttpServer, ARefusalShowsNothingOfOtherClients) {
  TestServer server;
  RawClient first(server->port());
  first.send(get("/echo", "X-Request-Id: " + std::string(128, 'a') + "\r\n"));
  EXPECT_THAT(first.receive(), HasSubstr(std::string(128, 'a')));
  RawClient second(server->port());
  second.send(post("/echo", "body", "Authorization: Bearer a-token-that-nobody-else-may-see\r\n"));
  EXPECT_THAT(second.receive(), StartsWith("HTTP/1.1 200"));
  first.send("\x01");
  const std::string refusal = first.receive();
  EXPECT_THAT(refusal,
              AllOf(StartsWith("HTTP/1.1 400"), Not(HasSubstr("X-Request-Id")), Not(HasSubstr("Bearer"))));
}

TEST(HttpServer, AHeadThatArrivesInLargePiecesIsOne) {
  TestServer server;
  const std::string head = "GET /echo HTTP/1.1\r\nHost: localhost\r\nCookie: ";
  // Lost bytes would make the end of the field's value a request of its own.
  const std::string inside = "GET /inside HTTP/1.1\r\n\r\n";
  for (const std::size_t first_size : {3000U, 9000U, 14000U}) {
    RawClient client(server->port());
    client.send(head + std::string(first_size, 'c'));
    std::this_thread::sleep_for(milliseconds(30));
    client.send(std::string(100, 'd'));
    std::this_thread::sleep_for(milliseconds(30));
    client.send(inside);
    EXPECT_THAT(client.receive(), EndsWith("GET /echo ")) << first_size;
    client.send(get("/echo2"));
    EXPECT_THAT(client.receive(), EndsWith("GET /echo2 ")) << first_size;
  }
}

TEST(HttpServer, LinesThatEndInALineFeedAloneAreRefusedAtOnce) {
  TestServer server;
  RawClient client(server->port());
  client.send("GET /echo HTTP/1.1\nHost: localhost\n\n");
  EXPECT_THAT(client.receive(), AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("CR LF")));
}

TEST(HttpServer, SmallRequestsGoOnBesideLongWork) {
  TestServer server({.pool_thread_count = 1});
  RawClient long_one(server->port());
  long_one.send(post("/gated", "work") + get("/behind1") + get("/long2"));
  wait_until([&] { return server.gate().arrived() == 1; });
  RawClient small(server->port());
  for (int i = 0; i < 10; ++i) {
    small.send(get("/small"));
    EXPECT_THAT(small.receive(), EndsWith("GET /small "));
  }
  server.gate().open();
  EXPECT_THAT(long_one.receive(), EndsWith("POST /gated work"));
  EXPECT_THAT(long_one.receive(), EndsWith("GET /behind1 "));
  EXPECT_THAT(long_one.receive(), EndsWith("GET /long2 "));
}

TEST(HttpServer, WithoutAPoolTheLoopDoesLongWork) {
  TestServer server;
  RawClient client(server->port());
  client.send(get("/long"));
  EXPECT_THAT(client.receive(), EndsWith("GET /long "));
}

TEST(HttpServer, ALoopThatHangsIsKnown) {
  TestServer server({.thread_count = 2});
  const auto busy = [&] { return Clock::now() - server->latest_turn_of_all(); };
  RawClient client(server->port());
  client.send(get("/gated"));
  wait_until([&] { return server.gate().arrived() == 1; });
  wait_until([&] { return busy() > std::chrono::milliseconds(600); });
  server.gate().open();
  EXPECT_THAT(client.receive(), EndsWith("GET /gated "));
  wait_until([&] { return busy() < std::chrono::milliseconds(300); });
}

TEST(HttpServer, HandlersOfAllThreadsHearThatTimePasses) {
  const TestServer server({.thread_count = 2, .pool_thread_count = 2});
  for (std::size_t thread = 0; thread < 4; ++thread) wait_until([&] { return server.ticks(thread) >= 2; });
}

TEST(HttpServer, AFullPoolIsSaid) {
  TestServer server({.pool_thread_count = 1});
  const std::size_t room = Pool::Limits().jobs + 1;  // one is at work
  std::vector<std::unique_ptr<RawClient>> clients;
  for (std::size_t i = 0; i < room; ++i) {
    clients.push_back(std::make_unique<RawClient>(server->port()));
    clients.back()->send(post("/gated", "x"));
    wait_until([&] { return server.gate().arrived() == 1 && server->waiting_for_pool() == i; });
  }
  RawClient refused(server->port());
  refused.send(post("/gated", "x") + get("/small"));
  EXPECT_THAT(refused.receive(), AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("\r\nRetry-After: "),
                                       Not(HasSubstr("Connection: close"))));
  EXPECT_THAT(refused.receive(), EndsWith("GET /small ")) << "the connection lives on";
  EXPECT_EQ(server.rejected(Rejection::kPool), 1U);
  server.gate().open();
  for (const auto& client : clients) EXPECT_THAT(client->receive(), EndsWith("POST /gated x"));
}

TEST(HttpServer, AClientThatLeavesBeforeThePoolsAnswerDoesNoHarm) {
  TestServer server({.pool_thread_count = 1});
  {
    RawClient client(server->port());
    client.send(post("/gated", "x"));
    wait_until([&] { return server.gate().arrived() == 1; });
  }
  RawClient second(server->port());  // may get the place of the first one
  second.send(get("/long"));
  server.gate().open();
  EXPECT_THAT(second.receive(), EndsWith("GET /long "));
}

TEST(HttpServer, SoManyConnections) {
  TestServer server({.max_connections = 2});
  RawClient first(server->port());
  std::optional<RawClient> second(std::in_place, server->port());
  for (RawClient* client : {&first, &*second}) {
    client->send(get("/"));
    ASSERT_THAT(client->receive(), StartsWith("HTTP/1.1 200"));
  }
  RawClient third(server->port());
  EXPECT_THAT(third.receive(),
              AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("Retry-After: "), HasSubstr("Connection: close")));
  EXPECT_TRUE(third.is_closed_within(kSoon));
  EXPECT_EQ(server.rejected(Rejection::kConnections), 1U);
  second.reset();
  wait_until([&] { return server.open_connections() == 1; });
  RawClient fourth(server->port());
  fourth.send(get("/"));
  EXPECT_THAT(fourth.receive(), StartsWith("HTTP/1.1 200"));
}

TEST(HttpServer, ARequestThatDoesNotArriveIsToldAnIdleConnectionIsNot) {
  TestServer server({.read_timeout = milliseconds(200), .idle_timeout = milliseconds(20'000)});
  RawClient idle(server->port());
  RawClient used(server->port());
  RawClient head(server->port());
  RawClient body(server->port());
  used.send(get("/"));
  ASSERT_THAT(used.receive(), StartsWith("HTTP/1.1 200"));
  head.send("GET / HTTP/1.1\r\nHo");
  body.send(post("/", "0123456789").substr(0, 60));
  for (RawClient* client : {&head, &body}) {
    EXPECT_THAT(client->receive(), AllOf(StartsWith("HTTP/1.1 408"), HasSubstr("\r\nConnection: close\r\n")));
    EXPECT_TRUE(client->is_closed_within(kSoon));
  }
  EXPECT_EQ(server.rejected(Rejection::kTimeout), 2U);
  for (RawClient* client : {&idle, &used}) {
    client->send(get("/"));
    EXPECT_THAT(client->receive(), StartsWith("HTTP/1.1 200"));
  }
}

TEST(HttpServer, AnIdleConnectionIsClosedARequestUnderWayIsNot) {
  TestServer server({.read_timeout = milliseconds(20'000), .idle_timeout = milliseconds(1000)});
  RawClient busy(server->port());
  busy.send("GET / HTTP/1.1\r\n");
  RawClient idle(server->port());
  RawClient used(server->port());
  used.send(get("/"));
  EXPECT_THAT(used.receive(), StartsWith("HTTP/1.1 200"));
  EXPECT_TRUE(idle.is_closed_within(kSoon)) << "without an answer";
  EXPECT_TRUE(used.is_closed_within(kSoon));
  busy.send("Host: x\r\n\r\n");
  EXPECT_THAT(busy.receive(), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(server.rejected(Rejection::kTimeout), 0U);
}

TEST(HttpServer, AClientThatDoesNotReadIsCutOff) {
  TestServer server({.idle_timeout = milliseconds(20'000), .write_timeout = milliseconds(200)});
  RawClient slow(server->port());
  slow.send(get("/big"));
  RawClient other(server->port());
  wait_until([&] {  // nobody waits for it, unless making the answer took so long that it is an overload
    other.send(get("/"));
    return other.receive().starts_with("HTTP/1.1 200");
  });
  wait_until([&] { return server.open_connections() == 1; });
  EXPECT_LT(slow.receive_all().size(), EchoHandler::kBigBytes);
}

TEST(HttpServer, ASlowReaderGetsAllOfItAndWhatFollows) {
  TestServer server;
  RawClient client(server->port());
  client.send(get("/big") + get("/echo") + get("/long"));
  std::this_thread::sleep_for(milliseconds(50));
  const std::string big = client.receive();
  EXPECT_EQ(big.size() - big.find("\r\n\r\n") - 4, EchoHandler::kBigBytes);
  EXPECT_THAT(client.receive(), EndsWith("GET /echo "));
  EXPECT_THAT(client.receive(), EndsWith("GET /long "));
}

TEST(HttpServer, HeadHasNoBody) {
  TestServer server;
  RawClient client(server->port());
  client.send("HEAD /echo HTTP/1.1\r\nHost: x\r\n\r\n" + get("/next"));
  EXPECT_THAT(client.receive(false), AllOf(HasSubstr("\r\nContent-Length: 11\r\n"), EndsWith("\r\n\r\n")));
  EXPECT_THAT(client.receive(), AllOf(StartsWith("HTTP/1.1 200"), EndsWith("GET /next ")));
}

TEST(HttpServer, RequestIdsComeBack) {
  TestServer server({.pool_thread_count = 1});
  RawClient client(server->port());
  for (const char* target : {"/echo", "/long"}) {
    client.send(get(target, "X-Request-Id: order-66\r\n"));
    EXPECT_THAT(client.receive(), HasSubstr("\r\nX-Request-Id: order-66\r\n"));
    client.send(get(target, "X-Request-Id: two words\r\n"));
    EXPECT_THAT(client.receive(), Not(HasSubstr("X-Request-Id"))) << "nothing that could break a log";
  }
}

TEST(HttpServer, AccessRulesChangeWhileItRuns) {
  const std::string token = "0123456789abcdef";
  TestServer server;
  const auto status = [&](std::string_view fields) {
    RawClient client(server->port());
    client.send(get("/", fields));
    const std::string answer = client.receive();
    if (answer.starts_with("HTTP/1.1 401")) {
      EXPECT_THAT(answer, AllOf(HasSubstr("\r\nWWW-Authenticate: Bearer\r\n"),
                                HasSubstr("\r\nConnection: close\r\n")));
    }
    return answer.substr(9, 3);
  };
  EXPECT_EQ(status(""), "200");
  server->set_access(std::make_shared<AccessRules>(AccessRules::Parts{.tokens = {token}}));
  wait_until([&] { return status("") == "401"; });
  EXPECT_EQ(status("Authorization: Bearer " + token + "\r\n"), "200");
  server->set_access(std::make_shared<AccessRules>(AccessRules::Parts{.hosts = {"elsewhere"}}));
  wait_until([&] { return status("") == "421"; });
  server->set_access(nullptr);
  wait_until([&] { return status("") == "200"; });
  EXPECT_GE(server.rejected(Rejection::kAccess), 2U);
}

TEST(HttpServer, WhoMayNotAskIsToldBeforeTheBodyComes) {
  TestServer server(
      {.access = std::make_shared<AccessRules>(AccessRules::Parts{.tokens = {"0123456789abcdef"}})});
  RawClient client(server->port());
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_THAT(client.receive(), StartsWith("HTTP/1.1 401"));
}

TEST(HttpServer, EachRequestIsALineOfTheLog) {
  const std::filesystem::path path = testing::TempDir() + "/http_server_access.log";
  std::filesystem::remove(path);
  {
    auto log = std::move(AccessLog::open(path)).value();
    TestServer server({.pool_thread_count = 1, .log = log.get()});
    RawClient client(server->port());
    const std::string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    client.send(post("/echo?secret=1", "12345", "X-Request-Id: r-1\r\nTraceparent: " + trace + "\r\n"));
    EXPECT_THAT(client.receive(), HasSubstr("\r\nX-Request-Id: r-1\r\n"));
    client.send(post("/echo", "123"));
    EXPECT_THAT(client.receive(), testing::ContainsRegex("\r\nX-Request-Id: [0-9a-f]{16}\r\n"))
        << "made, as none was given";
    client.send(post("/long\"\\", "abc", "X-Request-Id: r-3\r\n"));
    client.receive();
    client.send("BROKEN\r\n\r\n");
    EXPECT_THAT(client.receive(), StartsWith("HTTP/1.1 400"));
  }
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  ASSERT_EQ(lines.size(), 4U);
  const std::string begin =
      R"(\{"time": "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z", "request_id": )";
  EXPECT_THAT(
      lines[0],
      testing::MatchesRegex(
          begin +
          R"("r-1", "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "method": "POST", "path": "/echo", "route": "echo", "status": 200, "microseconds": [0-9]+, "request_bytes": 5, "response_bytes": 25\})"))
      << "and nothing of the query";
  EXPECT_THAT(
      lines[1],
      testing::MatchesRegex(
          begin +
          R"("[0-9a-f]{16}", "method": "POST", "path": "/echo", "route": "echo", "status": 200, "microseconds": [0-9]+, "request_bytes": 3, "response_bytes": 14, "model": "m@1"\})"));
  EXPECT_THAT(
      lines[2],
      testing::MatchesRegex(
          begin +
          R"x("r-3", "method": "POST", "path": "/long\\"\\\\", "route": "other", "status": 200, "microseconds": [0-9]+, "request_bytes": 3, "response_bytes": 16\})x"));
  EXPECT_THAT(lines[3], AllOf(HasSubstr("\"status\": 400"), EndsWith("}")));
}

TEST(HttpServer, StopAnswersWhatItAcceptedAndNothingElse) {
  TestServer server({.pool_thread_count = 1});
  RawClient idle(server->port());
  RawClient at_work(server->port());
  RawClient arriving(server->port());
  idle.send(get("/"));
  ASSERT_THAT(idle.receive(), StartsWith("HTTP/1.1 200"));
  at_work.send(post("/gated", "x"));
  arriving.send(get("/late").substr(0, 12));
  wait_until([&] { return server.gate().arrived() == 1 && server.open_connections() == 3; });
  std::this_thread::sleep_for(milliseconds(20));  // for what is on its way to have begun
  server->stop();
  EXPECT_TRUE(idle.is_closed_within(kSoon));
  wait_until([&] { return !RawClient(server->port()).connected(); });
  arriving.send(get("/late").substr(12));
  EXPECT_THAT(arriving.receive(), AllOf(EndsWith("GET /late "), HasSubstr("\r\nConnection: close\r\n")));
  server.gate().open();
  EXPECT_THAT(at_work.receive(), AllOf(EndsWith("POST /gated x"), HasSubstr("\r\nConnection: close\r\n")));
  server->wait();
  EXPECT_EQ(server.open_connections(), 0U);
}

TEST(HttpServer, StopWaitsNoLongerThanTheGraceTime) {
  TestServer server({.grace = milliseconds(100)});
  RawClient stuck(server->port());
  stuck.send("POST / HTTP/1.1\r\n");
  wait_until([&] { return server.open_connections() == 1; });
  server->stop();
  server->wait();
  EXPECT_TRUE(stuck.is_closed_within(kSoon));
}

TEST(HttpServer, ManyLoopsShareThePortAndItsConnections) {
  TestServer server({.thread_count = 4, .pool_thread_count = 2});
  std::atomic<int> answered = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      RawClient client(server->port());
      for (int round = 0; round < 100; ++round) {
        const std::string target = (round % 5 == 0 ? "/long" : "/echo") + std::to_string(i * 1000 + round);
        client.send(get(target));
        if (client.receive().ends_with("GET " + target + " ")) ++answered;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(answered, 800);
}

}  // namespace
}  // namespace archmlp::http
