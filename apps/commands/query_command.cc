#include <fmt/core.h>

#include <memory>

#include "archmlp/base/file.h"
#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/http/access.h"
#include "commands.h"
#include "http_client.h"
#include "output.h"
#include "query_answer.h"
#include "shared_options.h"

namespace archmlp::apps {
namespace {

struct GivenQueryOptions {
  std::string url;
  std::filesystem::path record;
  std::optional<std::string> format, model, version, features;
  std::optional<std::filesystem::path> token_file, ca_file;
  int timeout_seconds = 60;
};

std::string format_of(const GivenQueryOptions& given) {
  if (given.format) return *given.format;
  const std::string extension = given.record.extension().string();
  if (extension == ".csv") return "csv";
  return extension == ".jsonl" || extension == ".ndjson" ? "jsonl" : "json";
}

std::string content_type_of(const std::string& format) {
  if (format == "csv") return "text/csv";
  return format == "jsonl" ? "application/x-ndjson" : "application/json";
}

base::Result<HttpPost> request_for(const GivenQueryOptions& given, const std::string& format) {
  std::vector<std::pair<std::string, std::string>> query;
  if (given.model) query.emplace_back("model", *given.model);
  if (given.version) query.emplace_back("version", *given.version);
  if (given.features) query.emplace_back("features", *given.features);
  HttpPost request{.url = TRY(http_url(given.url, "/predict", query)),
                   .content_type = content_type_of(format),
                   .body = {},
                   .token = {},
                   .ca_file = given.ca_file,
                   .timeout = std::chrono::seconds(given.timeout_seconds)};
  if (given.token_file) request.token = TRY(http::read_tokens(*given.token_file)).front();
  request.body = TRY(base::read_text(given.record));
  return request;
}

void print_notes(const QueryAnswer& answer) {
  for (const auto& [column, count] : answer.unknown_categories) {
    print_note(fmt::format("note: {} {} a value in {} that no training row has", base::with_thousands(count),
                           count == 1 ? "record has" : "records have", base::quoted(column)));
  }
}

base::Status query(const GivenQueryOptions& given) {
  const std::string format = format_of(given);
  const bool is_lines = format == "jsonl";
  const HttpPost request = TRY(request_for(given, format));
  const std::string record = given.record == "-" ? "standard input" : given.record.string();
  const HttpAnswer answer = TRY(http_post(request));
  if (answer.status / 100 != 2) return query_refusal(answer, record, request.url.text);
  base::Result<QueryAnswer> read = read_query_answer(answer.body, is_lines);
  if (json_output_wanted() && is_json_answer(answer.body, is_lines)) {
    TRY(write_stdout(answer.body));
    if (!answer.body.ends_with('\n')) TRY(write_stdout("\n"));
    if (!read.ok()) return {};  // of another form than that of POST /predict
  } else {
    if (!read.ok()) return base::located(request.url.text, std::move(read).error());
    TRY(write_stdout(read->text));
    print_notes(*read);
  }
  if (read->refused_count == 0) return {};
  return base::Error{.message = fmt::format(
                         "{} of {} records {} refused", base::with_thousands(read->refused_count),
                         base::with_thousands(read->row_count), read->refused_count == 1 ? "was" : "were"),
                     .where = record,
                     .hint = "the answer says in place of each prediction what is wrong"};
}

}  // namespace

Command query_command() {
  return {"query", "Ask a running server for predictions", [](Options& options) -> Action {
            auto given = std::make_shared<GivenQueryOptions>();
            options.positional(
                "url", given->url,
                "The server's address, such as 127.0.0.1:5000; POST /predict unless it names a path");
            options.positional("record", given->record, "File of one record or many; - is standard input");
            options.choice(
                "--format", given->format, {"json", "jsonl", "csv"},
                "json, jsonl (an object a line) or csv; by the file's name if left out, else json");
            options.value("--model", given->model, "Which of the server's models");
            options.value("--model-version", given->version, "Which version of it");
            options.choice("--features", given->features, {"raw", "prepared"},
                           "raw, or prepared (columns as in x_test.csv)");
            options.value("--token-file", given->token_file, "File whose first token is sent");
            options.value("--ca-file", given->ca_file,
                          "Certificates to trust (PEM), in place of the system's, with https://");
            options.count("--timeout", given->timeout_seconds, 1, "Seconds to wait for the answer");
            add_json(options);
            options.examples(
                "  archmlp query http://127.0.0.1:5000 record.json\n"
                "  archmlp query 127.0.0.1:5000 new_customers.csv | cut -f 1\n"
                "  echo '{\"age\": 41, \"job\": \"clerk\"}' | archmlp query 127.0.0.1:5000 - --json\n"
                "  archmlp query https://models.example.org record.json --model fraud --token-file token "
                "--ca-file ca.pem\n");
            return [given] { return query(*given); };
          }};
}

}  // namespace archmlp::apps
