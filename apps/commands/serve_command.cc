#include <fmt/core.h>

#include <memory>

#include "archmlp/base/try.h"
#include "archmlp/serve/server.h"
#include "commands.h"
#include "output.h"
#include "shared_options.h"
#include "signals.h"

namespace archmlp::apps {
namespace {

struct GivenServeOptions {
  std::filesystem::path model;
  serve::ServeConfig config;
};

base::Status serve_until_stopped(const GivenServeOptions& given) {
  const auto predictor =
      std::make_shared<const predict::Predictor>(TRY(bundle::Bundle::load_copy(given.model)));
  block_stop_signals();
  const std::unique_ptr<serve::Server> server = TRY(serve::Server::start(predictor, given.config));
  const bool is_ipv6 = given.config.host.find(':') != std::string::npos;
  TRY(write_stdout(fmt::format("serving {} at http://{}:{} (POST /predict); Ctrl-C stops\n",
                               given.model.string(),
                               is_ipv6 ? "[" + given.config.host + "]" : given.config.host, server->port())));
  wait_for_stop_signal();
  server->stop();
  server->wait();
  return {};
}

}  // namespace

Command serve_command() {
  return {
      "serve", "Answer queries over HTTP", [](Options& options) -> Action {
        auto given = std::make_shared<GivenServeOptions>();
        options.positional("model", given->model, "Model file");
        options.value("--host", given->config.host, "Address to listen on");
        options.count("--port", given->config.port, "Port; 0 is any free one");
        options.count("--threads", given->config.thread_count, -1, "Event loops; 0 is one a core");
        options.examples(
            "  archmlp serve model.archmlp --port 5000\n"
            "  curl -H 'Content-Type: application/json' --data @record.json http://127.0.0.1:5000/predict\n");
        return [given] { return serve_until_stopped(*given); };
      }};
}

}  // namespace archmlp::apps
