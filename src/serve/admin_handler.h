#pragma once

#include <string_view>

#include "archmlp/http/message.h"
#include "archmlp/serve/service.h"

namespace archmlp::serve {

/// The addresses for operators, on a port of their own:
///
///   GET  /admin/models                      what is served, and how requests are spread
///   PUT  /admin/models/NAME/traffic         {"split": {VERSION: per cent}, "shadow": {VERSION: per cent}}
///   POST /admin/reload                      looks at configuration, certificate, tokens and model files
///   POST /v2/repository/…                   as answer_v2_repository
///   GET  /livez, GET /metrics
class AdminHandler final : public http::Handler {
 public:
  explicit AdminHandler(Service& service) : service_(service) {}
  void handle(const http::Request& request, http::Response& response) override;
  void refuse(std::string_view target, const http::ErrorAnswer& error, http::Response& response) override;
  bool is_long_work(const http::Request&) const noexcept override { return false; }

 private:
  void answer_models(http::Response& response) const;
  void answer_traffic(const std::string& name, std::string_view body, http::Response& response);
  void answer_reload(http::Response& response);

  Service& service_;
};

}  // namespace archmlp::serve
