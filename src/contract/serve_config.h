#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/contract/field_table.h"

namespace archmlp::contract {

/// How the requests for a model that name no version are spread: version -> per cent.
struct TrafficConfig {
  std::map<std::string, double> split;   // of answers; empty: the highest version gives all
  std::map<std::string, double> shadow;  // of requests that a version gets besides, unanswered

  bool operator==(const TrafficConfig&) const = default;
};

/// All that `archmlp serve` is told, by flags or by a file.
struct ServeConfig {
  std::optional<std::string> model;   // a file, or
  std::optional<std::string> models;  // a folder of them
  std::optional<std::string> name;    // of the one model
  std::string host = "127.0.0.1";
  std::int64_t port = 5000;       // 0: any free one
  std::int64_t threads = 0;       // event loops; 0: one a core
  std::int64_t pool_threads = 0;  // for large requests; 0: one a core
  std::optional<std::string> tls_cert, tls_key;
  std::optional<std::string> token_file;
  bool allow_anonymous = false;
  std::vector<std::string> allowed_hosts, allowed_origins;
  std::optional<std::int64_t> admin_port;
  std::optional<std::string> admin_token_file;
  std::optional<double> watch;          // seconds
  std::size_t max_body = 16U << 20U;    // bytes
  std::size_t max_header = 16U << 10U;  // bytes
  std::int64_t max_rows = 1'000'000;    // of one request
  std::int64_t max_connections = 20'000;
  double read_timeout = 30, idle_timeout = 60, write_timeout = 30, grace = 10;  // seconds
  double shutdown_delay = 0;
  std::optional<std::string> access_log;
  std::map<std::string, TrafficConfig> traffic;  // by model

  bool operator==(const ServeConfig&) const = default;
};

/// Every key, in the order in which people read them.
const FieldTable& serve_fields();

/// Reads a YAML file's text; `config` keeps what the text does not say. Errors: kInvalidInput with
/// `serve.yaml:LINE:COLUMN` and the nearest known names.
base::Status read_serve_config(std::string_view yaml, const std::string& source_name, ServeConfig& config);

/// What no single key can tell: a model or a folder must be there, a certificate needs its key, an address
/// that others reach needs tokens or an explicit word, operators need a port of their own. Errors:
/// kInvalidInput, `where` = the key.
base::Status check_serve_config(const ServeConfig& config);

}  // namespace archmlp::contract
