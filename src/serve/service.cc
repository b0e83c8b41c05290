#include "archmlp/serve/service.h"

#include "archmlp/serve/admin_handler.h"
#include "archmlp/serve/client_handler.h"

namespace archmlp::serve {

Service::Service(ModelStore& store, std::size_t thread_count)
    : store_(store), shadows_(store, thread_count - 1) {}
Service::~Service() = default;

std::unique_ptr<http::Handler> Service::make_handler(std::size_t thread) {
  return std::make_unique<ClientHandler>(*this, thread);
}
std::unique_ptr<http::Handler> Service::make_admin_handler() { return std::make_unique<AdminHandler>(*this); }

std::string Service::metrics() const {
  ServerFigures figures = figures_ ? figures_() : ServerFigures();
  figures.dropped_shadows = shadows_.dropped();
  return metrics_page(figures, store_);
}

ModelStore::ReloadReport Service::reload() { return reload_ ? reload_() : store_.reload(); }

}  // namespace archmlp::serve
