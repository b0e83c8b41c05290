#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "archmlp/http/message.h"
#include "archmlp/serve/metrics_page.h"
#include "archmlp/serve/model_store.h"
#include "archmlp/serve/shadow_queue.h"

namespace archmlp::serve {

/// What every address answers, without any sockets: the handlers of all threads and what they share.
class Service {
 public:
  /// The last of the store's `thread_count` threads is that of shadows.
  Service(ModelStore& store, std::size_t thread_count);
  ~Service();

  /// For clients. `thread`: from 0, below thread_count - 1.
  std::unique_ptr<http::Handler> make_handler(std::size_t thread);
  /// For operators.
  std::unique_ptr<http::Handler> make_admin_handler();

  void set_ready(bool ready) noexcept { ready_.store(ready, std::memory_order_relaxed); }
  bool is_ready() const noexcept { return ready_.load(std::memory_order_relaxed); }

  /// The most records that a request may hold.
  void set_max_rows(std::size_t rows) noexcept { max_rows_.store(rows, std::memory_order_relaxed); }
  std::size_t max_rows() const noexcept { return max_rows_.load(std::memory_order_relaxed); }

  /// Do clients need a token? Said in the description of the addresses.
  void set_asks_for_token(bool asks) noexcept { asks_for_token_.store(asks, std::memory_order_relaxed); }
  bool asks_for_token() const noexcept { return asks_for_token_.load(std::memory_order_relaxed); }

  /// Where the figures of the server come from; none: only those of the models.
  void set_figures(std::function<ServerFigures()> figures) { figures_ = std::move(figures); }
  std::string metrics() const;
  /// What an operator's reload does; none: the models are looked at.
  void set_reload(std::function<ModelStore::ReloadReport()> reload) { reload_ = std::move(reload); }
  ModelStore::ReloadReport reload();

  ModelStore& store() noexcept { return store_; }
  ShadowQueue& shadows() noexcept { return shadows_; }

 private:
  ModelStore& store_;
  ShadowQueue shadows_;
  std::atomic<bool> ready_{true};
  std::atomic<bool> asks_for_token_{false};
  std::atomic<std::size_t> max_rows_{1'000'000};
  std::function<ServerFigures()> figures_;
  std::function<ModelStore::ReloadReport()> reload_;
};

}  // namespace archmlp::serve
