#include "archmlp/serve/server.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <new>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <thread>
#include <utility>

#include "archmlp/base/parallel.h"
#include "archmlp/base/try.h"
#include "archmlp/http/server.h"
#include "archmlp/serve/notify.h"
#include "archmlp/serve/routes.h"
#include "archmlp/serve/service.h"
#include "archmlp/serve/ticker.h"

namespace archmlp::serve {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kUpkeep{1};

milliseconds to_milliseconds(double seconds) noexcept {
  return milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

struct ThreadCounts {
  int loops;
  int pool;
  std::size_t all() const noexcept { return static_cast<std::size_t>(loops + pool) + 1; }  // and the shadows'
};

ThreadCounts thread_counts(const contract::ServeConfig& config) noexcept {
  return {.loops = base::resolve_thread_count(static_cast<int>(config.threads)),
          .pool = base::resolve_thread_count(static_cast<int>(config.pool_threads))};
}

base::Result<std::shared_ptr<const http::AccessRules>> access_of(const contract::ServeConfig& config) {
  http::AccessRules::Parts parts{
      .hosts = config.allowed_hosts,
      .origins = config.allowed_origins,
      .tokens = {},
      .open_paths = {"/livez", "/readyz", "/v2/health/live", "/v2/health/ready", "/ping", "/health"}};
  // A page elsewhere can have its name resolve to the loopback address; nobody else is meant there.
  if (http::is_loopback(config.host)) {
    for (const char* name : {"localhost", "127.0.0.1", "[::1]"}) parts.hosts.emplace_back(name);
    parts.hosts.push_back(config.host);
  }
  if (config.token_file) parts.tokens = TRY(http::read_tokens(*config.token_file));
  return std::make_shared<const http::AccessRules>(std::move(parts));
}

base::Result<std::shared_ptr<const http::AccessRules>> admin_access_of(const contract::ServeConfig& config) {
  return std::make_shared<const http::AccessRules>(
      http::AccessRules::Parts{.hosts = {"localhost", "127.0.0.1", "[::1]"},
                               .origins = {},
                               .tokens = TRY(http::read_tokens(*config.admin_token_file)),
                               .open_paths = {"/livez"}});
}

base::Result<std::shared_ptr<const http::TlsContext>> tls_of(const contract::ServeConfig& config) {
  if (!config.tls_cert) return std::shared_ptr<const http::TlsContext>();
  return http::TlsContext::load(*config.tls_cert, *config.tls_key);
}

/// What changed that a running server cannot take on: names of keys.
std::string keys_that_need_restart(const contract::ServeConfig& before, const contract::ServeConfig& now) {
  static const std::set<std::string_view> kTakenOn = {"token_file",      "admin_token_file", "allowed_hosts",
                                                      "allowed_origins", "max_rows",         "traffic",
                                                      "shutdown_delay"};
  std::string keys;
  for (const contract::Field& field : contract::serve_fields()) {
    const bool is_certificate = field.name == "tls_cert" || field.name == "tls_key";
    if (kTakenOn.contains(field.name) || (is_certificate && before.tls_cert && now.tls_cert)) continue;
    if (field.get(&before) != field.get(&now)) keys += (keys.empty() ? "" : ", ") + std::string(field.name);
  }
  return keys;
}

}  // namespace

class Server::Impl {
 public:
  Impl(contract::ServeConfig config, Hooks hooks) : config_(std::move(config)), hooks_(std::move(hooks)) {}

  ~Impl() {
    stop();
    wait();
  }

  base::Status start(std::unique_ptr<ModelStore> store) {
    store_ = std::move(store);
    for (const auto& [name, traffic] : config_.traffic) TRY(store_->set_traffic(name, traffic));
    const ThreadCounts threads = thread_counts(config_);
    service_ = std::make_unique<Service>(*store_, threads.all());
    service_->set_reload([this] { return reload(); });
    service_->set_asks_for_token(config_.token_file.has_value());
    service_->set_max_rows(static_cast<std::size_t>(config_.max_rows));
    if (config_.access_log) log_ = TRY(http::AccessLog::open(*config_.access_log, hooks_.log));
    http::ServerConfig server{.host = config_.host,
                              .port = static_cast<std::uint16_t>(config_.port),
                              .thread_count = threads.loops,
                              .pool_thread_count = threads.pool,
                              .max_body_bytes = config_.max_body,
                              .max_header_bytes = config_.max_header,
                              .max_connections = static_cast<std::size_t>(config_.max_connections),
                              .read_timeout = to_milliseconds(config_.read_timeout),
                              .idle_timeout = to_milliseconds(config_.idle_timeout),
                              .write_timeout = to_milliseconds(config_.write_timeout),
                              .grace = to_milliseconds(config_.grace),
                              .routes = kRouteNames,
                              .access = TRY(access_of(config_)),
                              .tls = TRY(tls_of(config_)),
                              .log = log_.get()};
    service_->set_figures([this] { return figures(); });
    clients_ = TRY(
        http::Server::start(server, [this](std::size_t thread) { return service_->make_handler(thread); }));
    is_open_.store(clients_.get());
    TRY(start_admin(server));
    start_tickers();
    is_started_ = true;
    notify_service_manager("READY=1");
    return {};
  }

  ModelStore::ReloadReport reload() {
    const std::lock_guard lock(reload_mutex_);
    notify_service_manager("RELOADING=1");
    ModelStore::ReloadReport report = store_->reload();
    keep_up();
    const auto note = [&](base::Status status) {
      if (status.ok()) return;
      if (hooks_.log) hooks_.log(true, "reload: " + base::to_string(status.error()));
      report.errors.push_back(std::move(status).error());
    };
    if (hooks_.read_config) note(reload_config());
    note(reload_access());
    note(reload_tls());
    if (log_) note(log_->reopen());
    if (hooks_.log && report.errors.empty()) hooks_.log(false, "reloaded");
    notify_service_manager("READY=1");
    return report;
  }

  void stop() {
    if (stopped_.exchange(true)) return;
    if (service_) service_->set_ready(false);
    if (is_started_) {
      notify_service_manager("STOPPING=1");
      double delay = 0;
      {
        const std::lock_guard lock(reload_mutex_);
        delay = config_.shutdown_delay;
      }
      std::this_thread::sleep_for(to_milliseconds(delay));
    }
    for (const auto& ticker : tickers_) ticker->stop();
    if (clients_) clients_->stop();
    if (operators_) operators_->stop();
  }

  void wait() {
    if (clients_) clients_->wait();
    if (operators_) operators_->wait();
    tickers_.clear();
  }

  std::uint16_t port() const noexcept { return clients_->port(); }
  std::optional<std::uint16_t> admin_port() const noexcept {
    return operators_ ? std::optional(operators_->port()) : std::nullopt;
  }

 private:
  base::Status start_admin(const http::ServerConfig& clients) {
    if (!config_.admin_port) return {};
    http::ServerConfig server = clients;
    server.host = "127.0.0.1";
    server.port = static_cast<std::uint16_t>(*config_.admin_port);
    server.thread_count = 1;
    server.pool_thread_count = 0;
    server.max_connections = 100;
    server.access = TRY(admin_access_of(config_));
    server.tls = nullptr;
    const std::lock_guard lock(reload_mutex_);  // the first operator may ask for a reload at once
    operators_ =
        TRY(http::Server::start(server, [this](std::size_t) { return service_->make_admin_handler(); }));
    return {};
  }

  ServerFigures figures() const {
    ServerFigures figures;
    const http::Server* clients = is_open_.load();
    if (clients != nullptr) {
      figures.loops = clients->counters();
      figures.waiting_for_pool = clients->waiting_for_pool();
    }
    if (log_) figures.dropped_log_bytes = log_->dropped_bytes();
    figures.seconds_since_start = std::chrono::duration<double>(Clock::now() - started_).count();
    return figures;
  }

  base::Status reload_config() {
    const contract::ServeConfig now = TRY(hooks_.read_config());
    TRY(contract::check_serve_config(now));
    const std::string keys = keys_that_need_restart(config_, now);
    if (!keys.empty() && hooks_.log) hooks_.log(true, "reload: these need a restart of the server: " + keys);
    for (const auto& [name, unused] : config_.traffic) {
      if (now.traffic.count(name) == 0 && store_->current()->find(name) != nullptr)
        TRY(store_->set_traffic(name, {}));
    }
    for (const auto& [name, traffic] : now.traffic) TRY(store_->set_traffic(name, traffic));
    config_.token_file = now.token_file;
    if (operators_) config_.admin_token_file = now.admin_token_file;
    config_.allowed_hosts = now.allowed_hosts;
    config_.allowed_origins = now.allowed_origins;
    if (config_.tls_cert && now.tls_cert) {
      config_.tls_cert = now.tls_cert;
      config_.tls_key = now.tls_key;
    }
    config_.traffic = now.traffic;
    config_.shutdown_delay = now.shutdown_delay;
    config_.max_rows = now.max_rows;
    service_->set_max_rows(static_cast<std::size_t>(config_.max_rows));
    return {};
  }

  base::Status reload_access() {
    clients_->set_access(TRY(access_of(config_)));
    service_->set_asks_for_token(config_.token_file.has_value());
    if (operators_) operators_->set_access(TRY(admin_access_of(config_)));
    return {};
  }
  base::Status reload_tls() {
    if (config_.tls_cert) clients_->set_tls(TRY(tls_of(config_)));
    return {};
  }

  void keep_up() const {
    try {
      const std::shared_ptr<const ModelSet> set = store_->current();
      for (const NamedModel& named : set->models()) {
        for (const auto& model : named.versions) {
          model->metrics->move_window();
          model->predictor->bundle().sha256();  // whoever asks for it then finds it there
        }
      }
    } catch (const std::bad_alloc&) {
      return;  // the next time
    }
  }

  void start_tickers() {
    tickers_.push_back(std::make_unique<Ticker>("upkeep", kUpkeep, [this] { keep_up(); }));
    if (config_.watch) {
      tickers_.push_back(std::make_unique<Ticker>("watch models", to_milliseconds(*config_.watch),
                                                  [this] { take_changes(); }));
    }
    // On a thread of its own: a large model may take longer to load than the service manager waits.
    if (const auto interval = watchdog_interval()) {
      tickers_.push_back(
          std::make_unique<Ticker>("watchdog", *interval / 2, [this, interval] { tell_life(*interval); }));
    }
  }

  /// Only if every loop of the clients turns. (That of the operators may be busy with a reload.)
  void tell_life(std::chrono::microseconds interval) {
    const auto busy = Clock::now() - clients_->latest_turn_of_all();
    if (busy < interval) {
      is_stuck_ = false;
      notify_service_manager("WATCHDOG=1");
      return;
    }
    if (!std::exchange(is_stuck_, true) && hooks_.log) {
      hooks_.log(true, "an event loop has hung for " +
                           std::to_string(std::chrono::round<std::chrono::seconds>(busy).count()) +
                           " s: the service manager is no longer told that all is well");
    }
  }

  void take_changes() noexcept {
    try {
      if (!store_->has_changed()) return;
      store_->take_changes();
      keep_up();
    } catch (const std::exception& error) {  // out of memory: what serves goes on
      if (hooks_.log) hooks_.log(true, std::string("cannot look at the models: ") + error.what());
    }
  }

  contract::ServeConfig config_;
  Hooks hooks_;
  Clock::time_point started_ = Clock::now();
  std::unique_ptr<ModelStore> store_;
  std::unique_ptr<http::AccessLog> log_;
  std::unique_ptr<Service> service_;
  std::unique_ptr<http::Server> operators_;
  std::unique_ptr<http::Server> clients_;
  std::atomic<const http::Server*> is_open_{nullptr};
  std::mutex reload_mutex_;
  std::vector<std::unique_ptr<Ticker>> tickers_;
  bool is_started_ = false;
  bool is_stuck_ = false;  // of the watchdog's thread
  std::atomic<bool> stopped_{false};
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

base::Result<std::unique_ptr<Server>> Server::start(const contract::ServeConfig& config, const Hooks& hooks) {
  TRY(contract::check_serve_config(config));
  auto impl = std::make_unique<Impl>(config, hooks);
  const ModelStore::Source source{.file = config.model.value_or(""),
                                  .folder = config.models.value_or(""),
                                  .name = config.name.value_or("")};
  std::unique_ptr<ModelStore> store = TRY(ModelStore::open(source, thread_counts(config).all(), hooks.log));
  TRY(impl->start(std::move(store)));
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

base::Result<std::unique_ptr<Server>> Server::start(
    const std::shared_ptr<const predict::Predictor>& predictor, const contract::ServeConfig& config) {
  auto impl = std::make_unique<Impl>(config, Hooks());
  TRY(impl->start(ModelStore::of(predictor, config.name.value_or("model"), thread_counts(config).all())));
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

std::uint16_t Server::port() const noexcept { return impl_->port(); }
std::optional<std::uint16_t> Server::admin_port() const noexcept { return impl_->admin_port(); }
ModelStore::ReloadReport Server::reload() { return impl_->reload(); }
void Server::stop() { impl_->stop(); }
void Server::wait() { impl_->wait(); }

}  // namespace archmlp::serve
