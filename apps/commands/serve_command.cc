#include <fmt/core.h>

#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <vector>

#include "archmlp/base/file.h"
#include "archmlp/base/try.h"
#include "archmlp/contract/flag_value.h"
#include "archmlp/contract/serve_config.h"
#include "archmlp/serve/server.h"
#include "commands.h"
#include "output.h"
#include "shared_options.h"
#include "signals.h"

namespace archmlp::apps {
namespace {

struct GivenServeOptions {
  std::filesystem::path model;
  std::optional<std::filesystem::path> config;
  nlohmann::ordered_json flags = nlohmann::ordered_json::object();
};

/// The file, then what was typed, which has the last word.
base::Result<contract::ServeConfig> read_config(const GivenServeOptions& given) {
  contract::ServeConfig config;
  if (given.config) {
    const std::string text = TRY(base::read_text(*given.config));
    TRY(contract::read_serve_config(text, given.config->string(), config));
  }
  TRY(contract::set_fields(contract::serve_fields(), &config, given.flags, ""));
  if (!given.model.empty()) config.model = given.model.string();
  return config;
}

/// `where` of what no single key can tell is a key: for who typed it, the option.
base::Status check(const contract::ServeConfig& config) {
  base::Status checked = contract::check_serve_config(config);
  if (!checked.ok()) checked.error().where = flag_of(checked.error().where);
  return checked;
}

std::string address(const contract::ServeConfig& config, std::uint16_t port) {
  const bool is_ipv6 = config.host.find(':') != std::string::npos;
  return fmt::format("{}://{}:{}", config.tls_cert ? "https" : "http",
                     is_ipv6 ? "[" + config.host + "]" : config.host, port);
}

base::Status print_start(const contract::ServeConfig& config, const serve::Server& server) {
  const std::string from = config.model.value_or(config.models.value_or(""));
  if (json_output_wanted()) {
    nlohmann::ordered_json json = {
        {"serving", from}, {"url", address(config, server.port())}, {"port", server.port()}};
    if (server.admin_port()) json["admin_port"] = *server.admin_port();
    return write_stdout(json.dump() + "\n");
  }
  TRY(write_stdout(
      fmt::format("serving {} at {} (POST /predict); Ctrl-C stops\n", from, address(config, server.port()))));
  if (!server.admin_port()) return {};
  return write_stdout(fmt::format("operators at http://127.0.0.1:{}\n", *server.admin_port()));
}

base::Status serve_until_stopped(const GivenServeOptions& given) {
  const contract::ServeConfig config = TRY(read_config(given));
  TRY(check(config));
  block_signals();
  std::mutex log_mutex;
  bool is_started = false;
  std::vector<std::string> held_back;  // the error of a start that fails may say the same
  const auto log = [&](bool is_error, const std::string& line) {
    const std::lock_guard lock(log_mutex);
    if (is_started || !is_error) return print_event(is_error, line);
    held_back.push_back(line);
  };
  auto started =
      serve::Server::start(config, {.read_config = [&given] { return read_config(given); }, .log = log});
  {
    const std::lock_guard lock(log_mutex);
    is_started = true;
    for (const std::string& line : held_back) {
      const bool is_said = !started.ok() && line.find(base::to_string(started.error())) != std::string::npos;
      if (!is_said) print_event(true, line);
    }
  }
  const std::unique_ptr<serve::Server> server = TRY(std::move(started));
  TRY(print_start(config, *server));
  while (wait_for_signal() == Signal::kReload) server->reload();
  server->stop();
  server->wait();
  return {};
}

void add_config_option(Options& options, nlohmann::ordered_json& flags, const contract::Field& field,
                       const nlohmann::ordered_json& default_value) {
  std::string help = std::string(field.help);
  if (!default_value.is_null() && !default_value.empty()) help += " [" + default_value.dump() + "]";
  if (!field.range.empty()) help += " (" + std::string(field.range) + ")";
  const std::string name(field.name);
  const bool is_text = field.type == "path or null" || field.type == "text or null" || field.type == "text";
  const auto consumer = [&flags, name, is_text](const std::string& text) -> base::Status {
    const nlohmann::ordered_json key = {
        {name, is_text ? nlohmann::ordered_json(text) : contract::json_from_flag(text)}};
    contract::ServeConfig tried;
    TRY(contract::set_fields(contract::serve_fields(), &tried, key, ""));
    flags.update(key);
    return {};
  };
  if (default_value.is_boolean()) {
    options.each_with_default(flag_of(name), "BOOL", help, "true", consumer);
  } else {
    options.each(flag_of(name), "VALUE", help, consumer);
  }
}

}  // namespace

Command serve_command() {
  return {
      "serve", "Answer queries over HTTP", [](Options& options) -> Action {
        auto given = std::make_shared<GivenServeOptions>();
        options.optional_positional("model", given->model, "Model file; or a folder of them with --models");
        options.value(
            "--config", given->config,
            "YAML file with the names of these options as keys; options that are typed have the last "
            "word, SIGHUP reads it again");
        const contract::ServeConfig defaults;
        for (const contract::Field& field : contract::serve_fields()) {
          if (field.name == "model") continue;
          add_config_option(options, given->flags, field, field.get(&defaults));
        }
        add_json(options);
        options.examples(
            "  archmlp serve model.archmlp --port 5000\n"
            "  archmlp serve --models models/ --watch 5 --admin-port 5001 --admin-token-file admin.token\n"
            "  archmlp serve model.archmlp --host 0.0.0.0 --token-file tokens --tls-cert cert.pem --tls-key "
            "key.pem\n"
            "  curl -H 'Content-Type: application/json' --data @record.json http://127.0.0.1:5000/predict\n");
        return [given] { return serve_until_stopped(*given); };
      }};
}

}  // namespace archmlp::apps
