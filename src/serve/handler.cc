#include "archmlp/serve/handler.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/version.h"
#include "archmlp/contract/schema.h"
#include "archmlp/model/model.h"
#include "archmlp/serve/answers.h"
#include "archmlp/serve/request_options.h"
#include "archmlp/transform/steps_summary.h"

namespace archmlp::serve {
namespace {

using base::Error;
using predict::RecordForm;

constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kJsonLines = "application/x-ndjson";

enum class Endpoint { kPredict, kLive, kReady, kModel };
struct Route {
  std::string_view path;
  Endpoint endpoint;
  bool is_post;
};
constexpr std::array<Route, 4> kRoutes = {{{"/predict", Endpoint::kPredict, true},
                                           {"/livez", Endpoint::kLive, false},
                                           {"/readyz", Endpoint::kReady, false},
                                           {"/v1/model", Endpoint::kModel, false}}};

/// What GET /v1/model tells: everything a client needs to know in order to send records, and where the model
/// is from.
std::string describe_model(const predict::Predictor& predictor) {
  const bundle::Bundle& bundle = predictor.bundle();
  const contract::DatasetContract& contract = bundle.contract();
  nlohmann::ordered_json json;
  json["version"] = bundle.sha256();
  json["program_version"] = base::program_version();
  json["label"] = contract::to_json(contract.label);
  json["features"] = contract::to_json(contract.features);
  json["raw"] = nullptr;
  json["steps"] = transform::summary_of(contract.steps);
  json["default_form"] = predictor.default_form() == RecordForm::kRaw ? "raw" : "prepared";
  json["ignored"] = {{"prepared", predictor.ignored(RecordForm::kPrepared)}};
  if (predictor.accepts(RecordForm::kRaw)) {
    json["raw"] = contract::to_json(predictor.schema(RecordForm::kRaw));
    json["ignored"]["raw"] = predictor.ignored(RecordForm::kRaw);
  }
  json["model"] = bundle.model().summary();
  json["metrics"] = bundle.metrics();
  json["lineage"] = bundle.lineage();
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

/// `[3]` and `age` to `[3].age`.
std::string joined(std::string_view prefix, std::string_view where) {
  std::string text(prefix);
  if (!prefix.empty() && !where.empty() && where.front() != '[') text += '.';
  return text.append(where);
}

void refuse_query(const Error& error, Response& response) {
  write_error(response, {.status = 400,
                         .code = error_code(400),
                         .message = error.message,
                         .where = error.where,
                         .hint = error.hint});
}

}  // namespace

struct Handler::State {
  explicit State(std::shared_ptr<const predict::Predictor> predictor_in)
      : predictor(std::move(predictor_in)) {
    outputs.resize(predictor->output_count());
    for (const contract::Value& value : predictor->bundle().contract().label.classes) {
      class_json.push_back(contract::to_json(value).dump());
      class_text.push_back(contract::to_text(value));
    }
  }

  /// How a request wants its predictions.
  struct Form {
    PredictOptions options;
    bool as_text = false;
    bool as_lines = false;  // one JSON document a line
  };

  void route(const Request& request, Response& response);
  void predict(const Request& request, Response& response);
  bool predict_json(std::string_view body, const Form& form, Response& response);
  bool predict_lines(std::string_view body, const Form& form, Response& response);
  /// Predicts the records of the decoder's last parse, `separator` between them. False: `response` is an
  /// error.
  bool predict_parsed(const Form& form, std::string_view separator, std::string_view where,
                      Response& response);
  void append_answer(const Form& form, std::string& out) const;
  void refuse_body(const Error& error, std::string_view where, Response& response);

  table::JsonRecordDecoder& decoder_of(RecordForm form) {
    std::optional<table::JsonRecordDecoder>& slot = decoders[form == RecordForm::kRaw ? 0 : 1];
    if (!slot) slot = predictor->json_decoder(form);
    return *slot;
  }

  std::shared_ptr<const predict::Predictor> predictor;
  bool is_ready = true;
  std::vector<std::string> class_json;
  std::vector<std::string> class_text;
  std::string description;  // of the model; made when first asked for

  std::array<std::optional<table::JsonRecordDecoder>, 2> decoders;
  table::JsonRecordDecoder* decoder = nullptr;  // of the request at hand
  table::Record record;
  predict::Predictor::Scratch scratch;
  std::vector<double> outputs;
};

void Handler::State::route(const Request& request, Response& response) {
  response.status = 200;
  response.content_type = "application/json";
  response.allow = {};
  response.body.clear();
  const std::string_view path = path_of(request.target);
  const auto* route =
      std::find_if(kRoutes.begin(), kRoutes.end(), [&](const Route& known) { return known.path == path; });
  if (route == kRoutes.end()) {
    write_error(response, {.status = 404,
                           .code = error_code(404),
                           .message = "there is nothing at " + base::quoted(path),
                           .hint = "known: POST /predict, GET /livez, GET /readyz, GET /v1/model"});
    return;
  }
  const bool is_get = request.method == "GET" || request.method == "HEAD";
  if (route->is_post ? request.method != "POST" : !is_get) {
    const std::string_view allowed = route->is_post ? "POST" : "GET, HEAD";
    write_error(response,
                {.status = 405,
                 .code = error_code(405),
                 .message = base::quoted(request.method) + " is not possible at " + std::string(path),
                 .hint = std::string("use ") + (route->is_post ? "POST" : "GET")});
    response.allow = allowed;
    return;
  }
  if (route->endpoint == Endpoint::kPredict) return predict(request, response);
  if (auto query = query_of(request.target, {}); !query.ok()) {
    return refuse_query(query.error(), response);
  }
  switch (route->endpoint) {
    case Endpoint::kLive:
      response.body = "{\"status\": \"live\"}\n";
      break;
    case Endpoint::kReady:
      if (is_ready) {
        response.body = "{\"status\": \"ready\"}\n";
      } else {
        write_error(response, {.status = 503, .code = error_code(503), .message = "the server is stopping"});
      }
      break;
    default:
      if (description.empty()) description = describe_model(*predictor);
      response.body = description;
  }
}

void Handler::State::predict(const Request& request, Response& response) {
  const std::optional<BodyFormat> format = body_format_of(request.content_type);
  if (!format) {
    write_error(response,
                {.status = 415,
                 .code = error_code(415),
                 .message = "the content type " + base::quoted(request.content_type) + " is not understood",
                 .where = "Content-Type",
                 .hint = "send Content-Type: application/json, or application/x-ndjson, in UTF-8"});
    return;
  }
  const base::Result<PredictOptions> options = predict_options_of(request.target, *predictor);
  if (!options.ok()) {
    return refuse_query(options.error(), response);
  }
  const Form form{.options = *options,
                  .as_text = prefers_text(request.accept),
                  .as_lines = *format == BodyFormat::kJsonLines};
  decoder = &decoder_of(form.options.form);
  const bool answered = form.as_lines ? predict_lines(request.body, form, response)
                                      : predict_json(request.body, form, response);
  if (!answered) return;
  if (form.as_text) {
    response.content_type = kText;
  } else if (form.as_lines) {
    response.content_type = kJsonLines;
  }
}

bool Handler::State::predict_json(std::string_view body, const Form& form, Response& response) {
  if (base::Status parsed = decoder->parse(body); !parsed.ok()) {
    refuse_body(parsed.error(), {}, response);
    return false;
  }
  std::string& out = response.body;
  const bool in_brackets = decoder->is_array() && !form.as_text;
  if (in_brackets) out += '[';
  if (!predict_parsed(form, form.as_text ? "\n" : ", ", {}, response)) return false;
  if (in_brackets) out += ']';
  // A batch as text is lines; one record is the bare label, as it is the bare object in JSON.
  if (form.as_text && decoder->is_array() && !out.empty()) out += '\n';
  return true;
}

bool Handler::State::predict_lines(std::string_view body, const Form& form, Response& response) {
  for (std::size_t line_number = 1; !body.empty(); ++line_number) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    const std::string_view line = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const std::string where = "line " + std::to_string(line_number);
    if (base::Status parsed = decoder->parse(line); !parsed.ok()) {
      refuse_body(parsed.error(), where, response);
      return false;
    }
    if (decoder->is_array()) {
      refuse_body({.message = "expected an object, found an array", .hint = "write one record a line"}, where,
                  response);
      return false;
    }
    if (!predict_parsed(form, {}, where, response)) return false;
    response.body += '\n';
  }
  return true;
}

bool Handler::State::predict_parsed(const Form& form, std::string_view separator, std::string_view where,
                                    Response& response) {
  for (std::size_t i = 0; i < decoder->record_count(); ++i) {
    if (base::Status decoded = decoder->decode(i, record); !decoded.ok()) {
      refuse_body(decoded.error(), where, response);
      return false;
    }
    base::Status predicted = predictor->predict(record, form.options.form, scratch, outputs);
    if (!predicted.ok()) {
      Error error = std::move(predicted).error();
      if (decoder->is_array()) error.where = joined("[" + std::to_string(i) + "]", error.where);
      refuse_body(error, where, response);
      return false;
    }
    if (i > 0) response.body += separator;
    append_answer(form, response.body);
  }
  return true;
}

void Handler::State::append_answer(const Form& form, std::string& out) const {
  const bool is_class = !class_json.empty();
  if (form.as_text) {
    if (is_class) {
      out += class_text[predictor->class_of(outputs)];
    } else if (std::isfinite(outputs[0])) {
      base::append_real(out, outputs[0]);
    } else {
      out += "null";
    }
    return;
  }
  if (is_class && !form.options.with_probabilities) {
    out += "{\"prediction\": ";
    out += class_json[predictor->class_of(outputs)];
    out += '}';
  } else {
    append_prediction_json(out, *predictor, outputs);
  }
  if (scratch.transform.unknown_categories.empty()) return;
  out.back() = ',';  // the closing brace
  out += " \"unknown_categories\": [";
  for (const std::string* column : scratch.transform.unknown_categories) {
    append_json_string(out, *column);
    out += ", ";
  }
  out.resize(out.size() - 2);
  out += "]}";
}

void Handler::State::refuse_body(const Error& error, std::string_view where, Response& response) {
  Error located = error;
  if (!where.empty()) located.where = std::string(where) + (error.where.empty() ? "" : ", ") + error.where;
  if (!decoder->is_syntax_error()) return write_error(response, located);
  write_error(response, {.status = 400,
                         .code = "invalid_json",
                         .message = located.message,
                         .where = located.where,
                         .hint = located.hint});
}

Handler::Handler(std::shared_ptr<const predict::Predictor> predictor)
    : state_(std::make_unique<State>(std::move(predictor))) {}
Handler::~Handler() = default;
Handler::Handler(Handler&&) noexcept = default;
Handler& Handler::operator=(Handler&&) noexcept = default;

void Handler::handle(const Request& request, Response& response) { state_->route(request, response); }
void Handler::set_ready(bool ready) noexcept { state_->is_ready = ready; }

}  // namespace archmlp::serve
