#include "archmlp/contract/serve_config.h"

#include <nlohmann/json.hpp>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/contract/flag_value.h"
#include "archmlp/contract/json_reader.h"
#include "archmlp/contract/parameter_fields.h"
#include "archmlp/contract/yaml_json.h"

namespace archmlp::contract {
namespace {

using base::Error;
using base::Status;
using Json = nlohmann::ordered_json;

const NumberRange kSeconds{.least = 0.1, .most = 86'400, .text = "0.1 to 86400"};
const NumberRange kSecondsOrNone{.least = 0, .most = 86'400, .text = "0 to 86400"};
const IntegerRange kThreads{.least = 0, .most = 256, .text = "0 to 256"};
const IntegerRange kPort{.least = 0, .most = 65'535, .text = "0 to 65535"};

/// A list of text, or one text with commas.
base::Result<std::vector<std::string>> names_from(const Json& json) {
  std::vector<std::string> names;
  if (json.is_string()) {
    std::string_view rest = json.get_ref<const std::string&>();
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(','), rest.size());
      names.emplace_back(base::trimmed(rest.substr(0, end)));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  } else if (json.is_array()) {
    for (const Json& name : json) {
      if (!name.is_string()) return expected("a list of names", json);
      names.push_back(name.get<std::string>());
    }
  } else {
    return expected("a list of names", json);
  }
  for (const std::string& name : names) {
    if (name.empty()) return Error{.message = "a name is empty"};
  }
  return names;
}

Field names_field(std::string_view name, std::vector<std::string> ServeConfig::*member,
                  std::string_view help) {
  return stored_field(name, member, "list of names", "", help, names_from, column_names_schema);
}

/// Below the least, nothing that a client sends would fit. JSON can be parsed up to 4 GB.
const IntegerRange kBodyBytes{.least = 1'000, .most = 4'000'000'000, .text = "1000 to 4000000000"};
const IntegerRange kHeaderBytes{.least = 1'000, .most = 16'777'216, .text = "1000 to 16777216"};

base::Result<std::size_t> size_from(const Json& json, const IntegerRange& range) {
  const auto fits = [&range](std::uint64_t size) {
    return size >= static_cast<std::uint64_t>(range.least) && size <= static_cast<std::uint64_t>(range.most);
  };
  if (json.is_number_integer() && json > 0 && fits(json.get<std::uint64_t>())) return json.get<std::size_t>();
  if (json.is_string()) {
    const base::Result<std::size_t> size = bytes_from_text(json.get<std::string>());
    if (size.ok() && fits(*size)) return *size;
  }
  return expected("bytes, " + std::string(range.text) + ", such as 64000 or 32MB", json);
}

Field size_field(std::string_view name, std::size_t ServeConfig::*member, const IntegerRange& range,
                 std::string_view help) {
  return stored_field(
      name, member, "bytes", range.text, help, [range](const Json& json) { return size_from(json, range); },
      [range] {
        return any_of({range.schema(), schema_of_type("string")});
      });
}

base::Result<std::map<std::string, double>> shares_from(const Json& json, const std::string& path) {
  const JsonObject object = TRY(JsonObject::from(json, path));
  std::map<std::string, double> shares;
  for (const auto& item : json.items()) shares[item.key()] = TRY(object.number(item.key()));
  return shares;
}

base::Result<std::map<std::string, TrafficConfig>> traffic_from(const Json& json) {
  if (!json.is_object()) return expected("{MODEL: {split: {VERSION: per cent}}}", json);
  std::map<std::string, TrafficConfig> traffic;
  for (const auto& item : json.items()) {
    const JsonObject object = TRY(JsonObject::from(item.value(), item.key()));
    TRY(object.only({"split", "shadow"}));
    TrafficConfig& of_model = traffic[item.key()];
    if (object.has("split"))
      of_model.split = TRY(shares_from(item.value().at("split"), item.key() + ".split"));
    if (object.has("shadow"))
      of_model.shadow = TRY(shares_from(item.value().at("shadow"), item.key() + ".shadow"));
  }
  return traffic;
}

Field traffic_field() {
  return {.name = "traffic",
          .type = "{MODEL: {split: {VERSION: per cent}, shadow: {VERSION: per cent}}}",
          .range = "",
          .help = "How requests that name no version are spread over versions",
          .set = setter<ServeConfig>([](ServeConfig& config, const Json& value) -> Status {
            config.traffic = TRY(traffic_from(value));
            return {};
          }),
          .get = getter<ServeConfig>([](const ServeConfig& config) {
            Json json = Json::object();
            for (const auto& [model, traffic] : config.traffic)
              json[model] = {{"split", traffic.split}, {"shadow", traffic.shadow}};
            return json;
          }),
          .schema = [] { return schema_of_type("object"); }};
}

FieldTable make_fields() {
  using C = ServeConfig;
  return {
      optional_text_field("model", &C::model, "path or null", "Model file"),
      optional_text_field("models", &C::models, "path or null",
                          "Folder of models: NAME.archmlp, or NAME/VERSION.archmlp"),
      optional_text_field("name", &C::name, "text or null",
                          "What the one model is called; its file's name if null"),
      text_field("host", &C::host, "Address to listen on"),
      integer_field("port", &C::port, kPort, "Port; 0 is any free one"),
      integer_field("threads", &C::threads, kThreads, "Event loops; 0 is one a core"),
      integer_field("pool_threads", &C::pool_threads, kThreads,
                    "Threads for large requests; 0 is one a core"),
      optional_text_field("tls_cert", &C::tls_cert, "path or null", "Certificate, PEM, its chain behind it"),
      optional_text_field("tls_key", &C::tls_key, "path or null", "Its private key, PEM"),
      optional_text_field("token_file", &C::token_file, "path or null",
                          "Bearer tokens, one a line; requests must carry one"),
      flag_field("allow_anonymous", &C::allow_anonymous, "Listen beyond this machine without tokens"),
      names_field("allowed_hosts", &C::allowed_hosts,
                  "Names to answer for; on a loopback address only those of this machine if left out"),
      names_field("allowed_origins", &C::allowed_origins, "Web pages of other origins that may ask"),
      optional_integer_field("admin_port", &C::admin_port, kPort,
                             "Port on 127.0.0.1 for operators; off if null"),
      optional_text_field("admin_token_file", &C::admin_token_file, "path or null",
                          "Bearer tokens of operators"),
      optional_number_field("watch", &C::watch, kSeconds, "Look at the model files as often, in seconds"),
      size_field("max_body", &C::max_body, kBodyBytes, "Largest body of a request, in bytes"),
      size_field("max_header", &C::max_header, kHeaderBytes, "Largest header of a request, in bytes"),
      integer_field("max_rows", &C::max_rows, {.least = 1, .most = 1'000'000'000, .text = "1 to 1000000000"},
                    "Most records of a request; others get 413"),
      integer_field("max_connections", &C::max_connections,
                    {.least = 1, .most = 1'000'000, .text = "1 to 1000000"},
                    "Connections at once; others get 503"),
      number_field("read_timeout", &C::read_timeout, kSeconds, "Seconds for a whole request to arrive"),
      number_field("idle_timeout", &C::idle_timeout, kSeconds, "Seconds for a connection without a request"),
      number_field("write_timeout", &C::write_timeout, kSeconds,
                   "Seconds for a client to take 64 KiB of an answer"),
      number_field("grace", &C::grace, kSecondsOrNone, "Seconds for accepted requests once stopping"),
      number_field("shutdown_delay", &C::shutdown_delay, kSecondsOrNone,
                   "Seconds between not ready and no new connections, for balancers to notice"),
      optional_text_field("access_log", &C::access_log, "path or null",
                          "File for a line of JSON a request; - is standard output"),
      traffic_field()};
}

}  // namespace

const FieldTable& serve_fields() {
  static const FieldTable kFields = make_fields();
  return kFields;
}

Status read_serve_config(std::string_view yaml, const std::string& source_name, ServeConfig& config) {
  if (yaml.find_first_not_of(" \t\r\n") == std::string_view::npos) return {};
  const MarkedJson document = TRY(parse_yaml(yaml, source_name));
  if (!document.json.is_object()) {
    return Error{.message = "expected keys and values, found " + describe(document.json),
                 .where = source_name,
                 .hint = "write, for example, port: 5000"};
  }
  Status set = set_fields(serve_fields(), &config, document.json, "");
  if (!set.ok()) return locate(std::move(set).error(), document, source_name);
  return {};
}

namespace {

bool is_loopback_name(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

}  // namespace

Status check_serve_config(const ServeConfig& config) {
  if (!config.model && !config.models) {
    return Error{.message = "there is no model to serve",
                 .where = "model",
                 .hint = "name a model file, or a folder of them with --models"};
  }
  if (config.tls_cert.has_value() != config.tls_key.has_value()) {
    return Error{.message = "a certificate needs its private key, and the key its certificate",
                 .where = config.tls_cert ? "tls_key" : "tls_cert",
                 .hint = "give both, --tls-cert and --tls-key"};
  }
  if (!is_loopback_name(config.host) && !config.token_file && !config.allow_anonymous) {
    return Error{
        .message = "everybody who reaches " + config.host + " could use this server",
        .where = "host",
        .hint =
            "add --token-file FILE (openssl rand -hex 32 makes a token), or --allow-anonymous if a proxy "
            "in front asks for one"};
  }
  if (config.admin_port && !config.admin_token_file) {
    return Error{.message = "the port for operators needs a token of its own",
                 .where = "admin_token_file",
                 .hint = "make one with: openssl rand -hex 32 > admin.token; chmod 600 admin.token"};
  }
  if (config.admin_port && *config.admin_port == config.port && config.port != 0) {
    return Error{.message = "operators need another port than clients",
                 .where = "admin_port",
                 .hint = "such as " + std::to_string(config.port == 65'535 ? 5001 : config.port + 1)};
  }
  return {};
}

}  // namespace archmlp::contract
