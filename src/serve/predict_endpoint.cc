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

void append_error(std::string& out, const RowError& error) {
  out += "{\"error\": ";
  http::append_error_json(out, http::answer_for(error.error, error.is_syntax_error));
  out += '}';
}

/// One prediction as JSON.
void append_json(std::string& out, const ModelSession& session, const PredictionForm& form,
                 const Scorer& scorer, std::size_t position) {
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
void for_each_row(const ScoredRows& rows, Good good, Bad bad, Between between) {
  auto error = rows.errors.begin();
  std::size_t position = rows.first;
  for (std::size_t row = 0; row < rows.count; ++row) {
    if (row > 0) between();
    if (error != rows.errors.end() && error->row == row) {
      bad(*error++);
    } else {
      good(position++);
    }
  }
}

void write_json(const ModelSession& session, const PredictionForm& form, const ScoredRows& rows,
                Response& response) {
  std::string& out = response.body;
  const bool is_lines = form.body == BodyFormat::kJsonLines;
  const bool in_brackets = form.is_batch && !is_lines;
  if (in_brackets) out += '[';
  for_each_row(
      rows, [&](std::size_t position) { append_json(out, session, form, rows.scorer, position); },
      [&](const RowError& error) { append_error(out, error); }, [&] { out += is_lines ? "\n" : ", "; });
  if (in_brackets) out += ']';
  if (is_lines && !out.empty()) out += '\n';
  if (is_lines) response.content_type = kJsonLines;
}

/// One record is the bare label, as it is the bare object in JSON; a batch is lines. Precondition: no errors.
void write_text(const ModelSession& session, const PredictionForm& form, const ScoredRows& rows,
                Response& response) {
  std::string& out = response.body;
  const bool is_class = session.predictor().layout().values == 0;
  for (std::size_t i = 0; i < rows.count; ++i) {
    const std::span<const double> outputs = rows.scorer.outputs(rows.first + i);
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
void write_csv(const ModelSession& session, const ScoredRows& rows, Response& response) {
  std::string& out = response.body;
  const predict::PredictionWriter& writer = session.csv_writer();
  const bool has_errors = !rows.errors.empty();
  const auto end_line = [&](std::string_view cell) {
    if (!has_errors) return;
    out.back() = ',';  // the line break
    out += cell;
    out += '\n';
  };
  out += writer.header();
  end_line("error");
  for_each_row(
      rows,
      [&](std::size_t position) {
        writer.append(out, rows.scorer.outputs(position));
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

void write(const ModelSession& session, const PredictionForm& form, const ScoredRows& rows,
           Response& response) {
  response.served_by = session.model().label;
  switch (form.answer) {
    case AnswerFormat::kJson:
      return write_json(session, form, rows, response);
    case AnswerFormat::kText:
      return write_text(session, form, rows, response);
    case AnswerFormat::kCsv:
      return write_csv(session, rows, response);
  }
}

void refuse(const Error& error, bool is_syntax_error, Response& response) {
  write_error(response, http::answer_for(error, is_syntax_error));
}

/// A request that has been understood.
struct Asked {
  ModelSession* session;
  PredictionForm form;
  Records records;
};

/// Nothing: refused.
std::optional<Asked> read(const Service& service, ThreadModels& models, const http::Request& request,
                          Response& response) {
  const std::optional<BodyFormat> body_format = body_format_of(request.content_type);
  if (!body_format) {
    write_error(response,
                unknown_type_error(request.content_type,
                                   "send application/json, application/x-ndjson or text/csv, in UTF-8"));
    return std::nullopt;
  }
  const auto refused = [&response](const Error& error) {
    refuse_request(error, response);
    return std::nullopt;
  };
  const base::Result<PredictOptions> options = predict_options_of(request.target);
  if (!options.ok()) return refused(options.error());
  const base::Result<ModelSession*> chosen = models.choose(options->model, options->version);
  if (!chosen.ok()) return refused(chosen.error());
  ModelSession& session = **chosen;
  response.served_by = session.model().label;
  const base::Result<predict::RecordForm> records_form = form_for(options->form, session.predictor());
  if (!records_form.ok()) return refused(records_form.error());
  PredictionForm form{.records = *records_form,
                      .body = *body_format,
                      .answer = preferred_format(request.accept),
                      .with_probabilities = options->with_probabilities,
                      .refuse_all = options->refuse_all};
  base::Result<Records> records =
      read_records(session, form.records, form.body, request.body, request.slack, service.max_rows());
  if (!records.ok()) {
    const bool is_syntax_error =
        form.body == BodyFormat::kJson && session.json_source(form.records).is_syntax_error();
    refuse(records.error(), is_syntax_error, response);
    return std::nullopt;
  }
  form.is_batch = records->is_batch;
  return Asked{&session, form, *std::move(records)};
}

void answer_asked(Asked& asked, Service& service, ThreadModels& models, std::string_view body,
                  Response& response) {
  ModelSession& session = *asked.session;
  const PredictionForm& form = asked.form;
  // Bare labels have no place for the error of a row.
  const bool stops = form.refuse_all || !form.is_batch || form.answer == AnswerFormat::kText;
  Scorer& scorer = session.scorer();
  scorer.score(*asked.records.source, form.records, stops);
  const bool all_are_bad = scorer.predicted_count() == 0;
  if ((stops || all_are_bad) && !scorer.errors().empty()) {
    const RowError& first = scorer.errors().front();
    Error error = first.error;
    if (scorer.has_too_many_errors())
      error.hint = "the batch has more than a thousand such rows: this is the first";
    return refuse(error, first.is_syntax_error, response);
  }
  write(session, form, scorer.rows(), response);
  service.shadows().offer(models, session, form.body, form.records, body, scorer.rows());
}

}  // namespace

void PredictEndpoint::answer(const http::Request& request, Response& response) {
  if (std::optional<Asked> asked = read(service_, models_, request, response))
    answer_asked(*asked, service_, models_, request.body, response);
}

bool PredictEndpoint::begin(const http::Request& request, Response& response) {
  std::optional<Asked> asked = read(service_, models_, request, response);
  if (!asked) return true;
  if (asked->form.is_batch) {
    answer_asked(*asked, service_, models_, request.body, response);
    return true;
  }
  waiting_.reserve(waiting_.size() + 1);
  Scorer& scorer = asked->session->waiting();
  RecordSource& source = *asked->records.source;
  if (const base::Status added = scorer.add(source, 0, asked->form.records); !added.ok()) {
    refuse(added.error(), source.is_syntax_error(), response);
    return true;
  }
  waiting_.push_back({asked->session, asked->form, scorer.predicted_count() - 1, request.body});
  return false;
}

void PredictEndpoint::finish(std::size_t index, Response& response) {
  const Waiting& waiting = waiting_[index];
  Scorer& scorer = waiting.session->waiting();
  if (!scorer.is_predicted()) scorer.predict();
  const ScoredRows row = {scorer, waiting.position, 1, {}};
  write(*waiting.session, waiting.form, row, response);
  service_.shadows().offer(models_, *waiting.session, waiting.form.body, waiting.form.records, waiting.body,
                           row);
}

void PredictEndpoint::forget_waiting() noexcept {
  for (const Waiting& waiting : waiting_) waiting.session->waiting().reset();
  waiting_.clear();
}

}  // namespace archmlp::serve
