#include "query_answer.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/http/answers.h"

namespace archmlp::apps {
namespace {

using base::Error;
using base::ErrorCode;
using Json = nlohmann::ordered_json;

Json parse(std::string_view text) { return Json::parse(text, nullptr, false); }  // discarded: no JSON

/// One value a line; false where a line is no JSON.
bool parse_lines(std::string_view body, std::vector<Json>& lines) {
  while (!body.empty()) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    if (const std::string_view line = body.substr(0, end); !base::trimmed(line).empty()) {
      lines.push_back(parse(line));
      if (lines.back().is_discarded()) return false;
    }
    body.remove_prefix(std::min(end + 1, body.size()));
  }
  return true;
}

Error foreign_answer(std::string message) {
  return {.message = std::move(message),
          .hint = "is this an ArchMLP server? --json prints an answer of another form as it is"};
}

/// A label or a number; quoted where it would break the line.
void append_value(std::string& out, const Json& value) {
  if (value.is_number_float()) return base::append_real(out, value.get<double>());
  if (!value.is_string()) {
    out += value.dump();
    return;
  }
  const auto& text = value.get_ref<const std::string&>();
  const bool is_plain = !text.empty() && std::none_of(text.begin(), text.end(),
                                                      [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  out += is_plain ? text : value.dump();
}

/// `yes: 0.75, no: 0.25`, the largest first.
void append_by_class(std::string& out, const Json& values) {
  std::vector<std::pair<double, std::string>> sorted;
  for (const auto& [name, value] : values.items()) {
    std::string shown;
    append_value(shown, name);
    shown += ": ";
    append_value(shown, value);
    sorted.emplace_back(value.is_number() ? value.get<double>() : 0.0, std::move(shown));
  }
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  for (std::size_t i = 0; i < sorted.size(); ++i) out.append(i == 0 ? "" : ", ").append(sorted[i].second);
}

void append_prediction(const Json& row, QueryAnswer& answer) {
  append_value(answer.text, row["prediction"]);
  for (const char* key : {"probabilities", "decision_function"}) {
    const auto found = row.find(key);
    if (found == row.end()) continue;
    answer.text += '\t';
    if (found->is_object()) {
      append_by_class(answer.text, *found);
    } else {
      append_value(answer.text.append(key).append(": "), *found);
    }
  }
  answer.text += '\n';
  const auto unknown = row.find("unknown_categories");
  if (unknown == row.end() || !unknown->is_array()) return;
  for (const Json& column : *unknown) {
    if (column.is_string()) ++answer.unknown_categories[column.get<std::string>()];
  }
}

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// The server's own: {"message", "where", "hint"}, or a text alone, as the Open Inference Protocol has it.
Error error_in(const Json& error) {
  if (error.is_string()) return {.message = error.get<std::string>()};
  if (!error.is_object()) return {};
  return {.code = text_of(error, "code") == "outside_population" ? ErrorCode::kOutsidePopulation
                                                                 : ErrorCode::kInvalidInput,
          .message = text_of(error, "message"),
          .where = text_of(error, "where"),
          .hint = text_of(error, "hint")};
}

base::Status add_row(const Json& row, QueryAnswer& answer) {
  ++answer.row_count;
  if (row.is_object() && row.contains("prediction")) {
    append_prediction(row, answer);
    return {};
  }
  const Error error = row.is_object() && row.contains("error") ? error_in(row["error"]) : Error();
  if (error.message.empty()) return foreign_answer("the answer holds no predictions");
  answer.text += "error: " + base::to_string(error) + "\n";
  ++answer.refused_count;
  return {};
}

/// The first line of an answer that is for people, such as a proxy's; nothing of a page.
std::string first_line(std::string_view body) {
  constexpr std::size_t kMost = 120;
  const std::string_view line = body.substr(0, std::min(body.find_first_of("\r\n"), body.size()));
  const bool is_text = !line.empty() && line.size() <= kMost && line.front() != '<' &&
                       std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '~'; });
  return is_text ? ": " + std::string(line) : std::string();
}

ErrorCode code_for(int status, ErrorCode told) noexcept {
  if (status == 404) return ErrorCode::kNotFound;
  if (status == 413) return ErrorCode::kResourceLimit;
  if (status == 408 || status == 429 || status >= 500) return ErrorCode::kIo;
  return told;
}

std::string hint_for(const HttpAnswer& answer) {
  if (answer.status / 100 == 3 && !answer.redirect.empty()) return "ask there: " + answer.redirect;
  if (answer.status == 429 || answer.status >= 500) return "try again later; the server's log may say more";
  return "is this an ArchMLP server?";
}

}  // namespace

base::Result<QueryAnswer> read_query_answer(const std::string& body, bool is_lines) {
  QueryAnswer answer;
  std::vector<Json> rows;
  if (is_lines) {
    if (!parse_lines(body, rows)) return foreign_answer("the answer is not JSON lines");
  } else {
    Json json = parse(body);
    if (json.is_discarded()) return foreign_answer("the answer is not JSON");
    if (json.is_array()) {
      rows.assign(json.begin(), json.end());
    } else {
      rows.push_back(std::move(json));
    }
  }
  for (const Json& row : rows) TRY(add_row(row, answer));
  return answer;
}

bool is_json_answer(const std::string& body, bool is_lines) {
  std::vector<Json> lines;
  return is_lines ? parse_lines(body, lines) : Json::accept(body);
}

Error query_refusal(const HttpAnswer& answer, const std::string& record, const std::string& url) {
  const Json json = parse(answer.body);
  Error error = json.is_object() && json.contains("error") ? error_in(json["error"]) : Error();
  if (error.message.empty()) {
    error.message = "the server answers " + std::to_string(answer.status) + " " +
                    std::string(http::reason_phrase(answer.status)) + first_line(answer.body);
    error.hint = hint_for(answer);
  }
  error.code = code_for(answer.status, error.code);
  if (answer.status == 401) error.hint = "give a token of this server with --token-file";
  constexpr int kOfTheRecord[] = {400, 413, 415, 422};
  const bool is_of_record =
      std::find(std::begin(kOfTheRecord), std::end(kOfTheRecord), answer.status) != std::end(kOfTheRecord);
  return base::located(is_of_record ? record : url, std::move(error));
}

}  // namespace archmlp::apps
