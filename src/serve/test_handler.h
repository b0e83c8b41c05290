#pragma once

// For tests: requests to a service of one model, without a socket.

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "archmlp/serve/service.h"

namespace archmlp::serve {

inline std::shared_ptr<const predict::Predictor> predictor_of(
    const std::shared_ptr<const bundle::Bundle>& bundle) {
  return std::make_shared<const predict::Predictor>(bundle);
}

/// A service of one model, called "example", and a handler of it.
class TestHandler {
 public:
  explicit TestHandler(const std::shared_ptr<const predict::Predictor>& predictor)
      : store_(ModelStore::of(predictor, "example", 2)),
        service_(*store_, 2),
        handler_(service_.make_handler(0)) {}
  void handle(const http::Request& request, http::Response& response) {
    response.clear();
    handler_->handle(request, response);
  }
  Service& service() noexcept { return service_; }

 private:
  std::unique_ptr<ModelStore> store_;
  Service service_;
  std::unique_ptr<http::Handler> handler_;
};

class HandlerFixture : public testing::Test {
 protected:
  explicit HandlerFixture(const std::shared_ptr<const bundle::Bundle>& bundle)
      : handler_(predictor_of(bundle)) {}

  const http::Response& send(std::string_view method, std::string_view target, std::string_view body = {},
                             std::string_view accept = {},
                             std::string_view content_type = "application/json") {
    handler_.handle(
        {.method = method, .target = target, .content_type = content_type, .accept = accept, .body = body},
        response_);
    return response_;
  }
  nlohmann::json answer() const { return nlohmann::json::parse(response_.body); }

  TestHandler handler_;
  http::Response response_;
};

}  // namespace archmlp::serve
