#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "archmlp/base/result.h"
#include "archmlp/contract/serve_config.h"
#include "archmlp/serve/model_store.h"

namespace archmlp::serve {

/// The prediction server: models, the port for clients and, if asked for, the one for operators. Starts
/// ready: everything is loaded and checked before a port is opened.
class Server {
 public:
  struct Hooks {
    /// The configuration as it is now said; asked for by reload(). Null: it never changes.
    std::function<base::Result<contract::ServeConfig>()> read_config;
    /// A line about what happened, for operators; from any thread. Null: nobody listens.
    ModelStore::Log log;
  };
  /// Errors: as check_serve_config, ModelStore::open, TlsContext::load, read_tokens and http::Server::start.
  static base::Result<std::unique_ptr<Server>> start(const contract::ServeConfig& config,
                                                     const Hooks& hooks = {});
  /// The same for one model that comes from no file.
  static base::Result<std::unique_ptr<Server>> start(
      const std::shared_ptr<const predict::Predictor>& predictor, const contract::ServeConfig& config);
  /// Stops and waits.
  ~Server();

  std::uint16_t port() const noexcept;
  std::optional<std::uint16_t> admin_port() const noexcept;

  /// Takes on what the configuration, the token files, the certificate and the model files now say. What is
  /// wrong is reported, and what was before goes on. Thread-safe.
  ModelStore::ReloadReport reload();
  /// Readiness turns 503; after the shutdown delay no new connections; accepted requests are answered within
  /// the grace time. Thread-safe.
  void stop();
  /// Returns once stopped. For one thread.
  void wait();

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace archmlp::serve
