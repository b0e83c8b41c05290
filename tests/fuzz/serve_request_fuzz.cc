#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>

#include "archmlp/http/framing.h"
#include "archmlp/serve/service.h"
#include "archmlp/test_support/example_parts.h"

namespace {

using namespace std::string_view_literals;
namespace http = archmlp::http;
namespace serve = archmlp::serve;
namespace test_support = archmlp::test_support;

/// What the first byte of an input asks for; the rest is the body. Beyond the last one the rest is a whole
/// request as it arrives.
struct Address {
  std::string_view method, target, content_type, accept;
};
constexpr std::array<Address, 12> kAddresses = {{
    {"POST", "/predict", "application/json", ""},
    {"POST", "/predict", "application/x-ndjson", ""},
    {"POST", "/predict", "text/csv", ""},
    {"POST", "/predict?features=prepared&errors=refuse", "application/json", "text/plain"},
    {"POST", "/predict?features=prepared", "text/csv", "text/csv"},
    {"POST", "/v2/models/example/infer", "application/json", ""},
    {"POST", "/v2/models/example/versions/1/infer", "application/json", ""},
    {"POST", "/invocations", "application/json", ""},
    {"POST", "/invocations?features=prepared", "application/json", ""},
    {"POST", "/invocations", "text/csv", ""},
    {"POST", "/v2/repository/index", "application/json", ""},
    {"GET", "", "", ""},  // the rest is the target
}};

void require(bool condition) {
  if (!condition) std::abort();
}

class Server {
 public:
  explicit Server(const test_support::ExampleParts& parts)
      : store_(serve::ModelStore::of(
            std::make_shared<const archmlp::predict::Predictor>(test_support::load_example(parts)), "example",
            2)),
        service_(*store_, 2),
        handler_(service_.make_handler(0)) {}

  void answer(const http::Request& request) {
    response_.clear();
    [[maybe_unused]] const bool is_long = handler_->is_long_work(request);
    handler_->handle(request, response_);
    require(response_.status >= 200 && response_.status < 600);
    require(response_.status != 500);
    require((response_.status == 405) == !response_.allow.empty());
    if (response_.content_type == "application/json" && response_.body != "\n")
      require(nlohmann::json::accept(response_.body));
    if (response_.status >= 400)
      require(response_.content_type == "application/json" && !response_.body.empty());
  }

 private:
  std::unique_ptr<serve::ModelStore> store_;
  serve::Service service_;
  std::unique_ptr<http::Handler> handler_;
  http::Response response_;
};

/// As a connection reads it, the chunked coding taken off.
void answer_bytes(Server& server, std::string_view bytes) {
  http::HeadFinder finder;
  const std::size_t size = finder.find(bytes);
  if (size == 0) return;
  const http::FramingLimits limits;
  http::RequestHead head;
  http::Refusal refusal;
  if (!http::parse_head(bytes.substr(0, size), limits, head, refusal)) {
    require(refusal.status >= 400 && !refusal.message.empty());
    return;
  }
  std::string_view body = bytes.substr(size);
  std::string decoded;
  if (head.is_chunked) {
    std::size_t used = 0;
    http::ChunkDecoder decoder(limits.max_body_bytes);
    if (decoder.feed(body, decoded, used) != http::ChunkDecoder::State::kDone) return;
    require(used <= body.size());
    body = decoded;
  } else {
    if (body.size() < head.content_length) return;
    body = body.substr(0, head.content_length);
  }
  server.answer({.method = head.method,
                 .target = head.target,
                 .content_type = head.content_type,
                 .accept = head.accept,
                 .body = body});
}

}  // namespace

/// Whatever arrives, by whatever protocol, gets an answer in the protocol's form; an error is the client's.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static std::array<Server, 3> servers = {Server(test_support::example_parts()),
                                          Server(test_support::example_categorical_parts()),
                                          Server(test_support::example_regression_parts())};
  if (size < 2) return 0;
  Server& server = servers[data[0] % servers.size()];
  const std::size_t choice = data[0] / servers.size() % (kAddresses.size() + 1);
  const std::string_view rest(reinterpret_cast<const char*>(data + 1), size - 1);
  if (choice == kAddresses.size()) {
    answer_bytes(server, rest);
    return 0;
  }
  Address address = kAddresses[choice];
  const bool is_target = address.target.empty();
  server.answer({.method = address.method,
                 .target = is_target ? rest : address.target,
                 .content_type = address.content_type,
                 .accept = address.accept,
                 .body = is_target ? ""sv : rest});
  return 0;
}
