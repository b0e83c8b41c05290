#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "archmlp/http/message.h"
#include "archmlp/serve/service.h"
#include "archmlp/serve/thread_models.h"

namespace archmlp::serve {

/// The addresses for clients (docs/guides/serving.md).
class ClientHandler final : public http::Handler {
 public:
  ClientHandler(Service& service, std::size_t thread) : service_(service), models_(service.store(), thread) {}

  void handle(const http::Request& request, http::Response& response) override;
  void refuse(std::string_view target, const http::ErrorAnswer& error, http::Response& response) override;
  /// Bodies of more than a few records.
  bool is_long_work(const http::Request& request) const noexcept override;
  void on_tick() noexcept override { models_.refresh(); }

 private:
  void answer_other(const http::Request& request, std::string_view path, http::Response& response);
  void answer_model(const http::Request& request, http::Response& response);
  void answer_ready(http::Response& response) const;

  Service& service_;
  ThreadModels models_;
};

}  // namespace archmlp::serve
