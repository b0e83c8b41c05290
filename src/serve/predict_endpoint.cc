#include "archmlp/serve/predict_endpoint.h"

#include <cmath>
#include <optional>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/http/answers.h"
#include "archmlp/serve/read_records.h"
#include "archmlp/serve/refusals.h"
#include "archmlp/serve/service.h"

namespace archmlp::serve {
namespace {

using base::Error;
using http::Response;

constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kCsv = "text/csv; charset=utf-8";
constexpr std::string_view kJsonLines = "application/x-ndjson";

/// How a request wants its predictions.
struct Form {
  predict::RecordForm records = predict::RecordForm::kRaw;
  BodyFormat body = BodyFormat::kJson;
  AnswerFormat answer = AnswerFormat::kJson;
  bool with_probabilities = true;
  bool refuse_all = false;
  bool is_batch = false;
};

void append_error(std::string& out, const RowError& error) {
  out += "{\"error\": ";
  http::append_error_json(out, http::answer_for(error.error, error.is_syntax_error));
  out += '}';
}

/// One prediction as JSON.
void append_json(std::string& out, const ModelSession& session, const Form& form, Scorer& scorer,
                 std::size_t position) {
  const std::span<const double> outputs = scorer.outputs(position);
  const bool is_class = session.predictor().layout().values == 0;
  if (is_class && !form.with_probabilities) {
    out += "{\"prediction\": ";
    out += session.class_json(outputs);
    out += '}';
  } else {
    predict::append_prediction_json(out, session.predictor(), outputs);
  }
  const auto unknown = scorer.unknown_categories(position);
  if (unknown.empty()) return;
  out.back() = ',';  // the closing brace
  out += " \"unknown_categories\": [";
  for (const std::string* column : unknown) {
    http::append_json_string(out, *column);
    out += ", ";
  }
  out.resize(out.size() - 2);
  out += "]}";
}

/// Calls `good(position)` or `bad(error)` for each row in order, `between` before each but the first.
template <typename Good, typename Bad, typename Between>
void for_each_row(const Scorer& scorer, Good good, Bad bad, Between between) {
  auto error = scorer.errors().begin();
  std::size_t position = 0;
  for (std::size_t row = 0; row < scorer.row_count(); ++row) {
    if (row > 0) between();
    if (error != scorer.errors().end() && error->row == row) {
      bad(*error++);
    } else {
      good(position++);
    }
  }
}

void write_json(const ModelSession& session, const Form& form, Scorer& scorer, Response& response) {
  std::string& out = response.body;
  const bool is_lines = form.body == BodyFormat::kJsonLines;
  const bool in_brackets = form.is_batch && !is_lines;
  if (in_brackets) out += '[';
  for_each_row(
      scorer, [&](std::size_t position) { append_json(out, session, form, scorer, position); },
      [&](const RowError& error) { append_error(out, error); }, [&] { out += is_lines ? "\n" : ", "; });
  if (in_brackets) out += ']';
  if (is_lines && !out.empty()) out += '\n';
  if (is_lines) response.content_type = kJsonLines;
}

/// One record is the bare label, as it is the bare object in JSON; a batch is lines.
void write_text(const ModelSession& session, const Form& form, const Scorer& scorer, Response& response) {
  std::string& out = response.body;
  const bool is_class = session.predictor().layout().values == 0;
  for (std::size_t i = 0; i < scorer.predicted_count(); ++i) {
    const std::span<const double> outputs = scorer.outputs(i);
    if (i > 0) out += '\n';
    if (is_class) {
      out += session.class_text(outputs);
    } else if (std::isfinite(outputs[0])) {
      base::append_real(out, outputs[0]);
    } else {
      out += "null";
    }
  }
  if (form.is_batch && !out.empty()) out += '\n';
  response.content_type = kText;
}

/// As `archmlp predict` writes it; with a column `error` where a row has one.
void write_csv(const ModelSession& session, const Scorer& scorer, Response& response) {
  std::string& out = response.body;
  const predict::PredictionWriter& writer = session.csv_writer();
  const bool has_errors = !scorer.errors().empty();
  const auto end_line = [&](std::string_view cell) {
    if (!has_errors) return;
    out.back() = ',';  // the line break
    out += cell;
    out += '\n';
  };
  out += writer.header();
  end_line("error");
  for_each_row(
      scorer,
      [&](std::size_t position) {
        writer.append(out, scorer.outputs(position));
        end_line({});
      },
      [&](const RowError& error) {
        writer.append_outside(out);
        std::string cell;
        table::append_csv_text(cell, base::to_string(error.error));
        end_line(cell);
      },
      [] {});
  response.content_type = kCsv;
}

void refuse(const Error& error, bool is_syntax_error, Response& response) {
  write_error(response, http::answer_for(error, is_syntax_error));
}

}  // namespace

void answer_predict(Service& service, ThreadModels& models, const http::Request& request,
                    Response& response) {
  const std::optional<BodyFormat> body_format = body_format_of(request.content_type);
  if (!body_format) {
    return write_error(
        response, unknown_type_error(request.content_type,
                                     "send application/json, application/x-ndjson or text/csv, in UTF-8"));
  }
  const base::Result<PredictOptions> options = predict_options_of(request.target);
  if (!options.ok()) return refuse_request(options.error(), response);
  const base::Result<ModelSession*> chosen = models.choose(options->model, options->version);
  if (!chosen.ok()) return refuse_request(chosen.error(), response);
  ModelSession& session = **chosen;
  response.served_by = session.model().label;
  const base::Result<predict::RecordForm> records_form = form_for(options->form, session.predictor());
  if (!records_form.ok()) return refuse_request(records_form.error(), response);
  Form form{.records = *records_form,
            .body = *body_format,
            .answer = preferred_format(request.accept),
            .with_probabilities = options->with_probabilities,
            .refuse_all = options->refuse_all};

  const base::Result<Records> records =
      read_records(session, form.records, form.body, request.body, request.slack, service.max_rows());
  if (!records.ok()) {
    const bool is_syntax_error =
        form.body == BodyFormat::kJson && session.json_source(form.records).is_syntax_error();
    return refuse(records.error(), is_syntax_error, response);
  }
  form.is_batch = records->is_batch;
  // Bare labels have no place for the error of a row.
  const bool stops = form.refuse_all || !form.is_batch || form.answer == AnswerFormat::kText;
  Scorer& scorer = session.scorer();
  scorer.score(*records->source, form.records, stops);
  const bool all_are_bad = scorer.predicted_count() == 0;
  if ((stops || all_are_bad) && !scorer.errors().empty()) {
    const RowError& first = scorer.errors().front();
    Error error = first.error;
    if (scorer.has_too_many_errors())
      error.hint = "the batch has more than a thousand such rows: this is the first";
    return refuse(error, first.is_syntax_error, response);
  }
  switch (form.answer) {
    case AnswerFormat::kJson:
      write_json(session, form, scorer, response);
      break;
    case AnswerFormat::kText:
      write_text(session, form, scorer, response);
      break;
    case AnswerFormat::kCsv:
      write_csv(session, scorer, response);
      break;
  }
  service.shadows().offer(models, session, form.body, form.records, request.body);
}

}  // namespace archmlp::serve
