#include "archmlp/serve/request_options.h"

#include <algorithm>
#include <array>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"

namespace archmlp::serve {
namespace {

using base::Error;
using predict::RecordForm;

/// Takes what stands in front of the next `separator` off `text`.
std::string_view take(std::string_view& text, char separator) noexcept {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

std::optional<unsigned> hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

/// Quality in thousandths of one media range's parameters; 1000 if none is given or it is malformed.
int quality_of(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::string parameter = base::to_lower(base::trimmed(take(parameters, ';')));
    if (!parameter.starts_with("q=")) continue;
    int quality = 0;
    int unit = 1000;
    for (const char c : std::string_view(parameter).substr(2)) {
      if (c == '.') continue;
      if (c < '0' || c > '9') return 1000;
      quality += (c - '0') * unit;
      unit /= 10;
    }
    return std::min(quality, 1000);
  }
  return 1000;
}

/// How well one of our types fares with an Accept field.
struct Preference {
  int quality = 0;
  int specificity = 0;  // 1: */*, 2: type/*, 3: named
  int position = 0;     // in the list, of where it is named

  void consider(int range_quality, int range_specificity, int range_position) noexcept {
    if (range_specificity <= specificity) return;
    *this = {range_quality, range_specificity, range_position};
  }
  /// Where both are as good, the one named first wins, and `other` over a wildcard.
  bool is_before(const Preference& other) const noexcept {
    if (quality != other.quality) return quality > other.quality;
    if (specificity != other.specificity) return quality > 0 && specificity == 3;
    return quality > 0 && position < other.position;
  }
};

}  // namespace

std::string_view path_of(std::string_view target) noexcept { return target.substr(0, target.find('?')); }

base::Result<std::string> percent_decoded(std::string_view text, bool plus_is_blank) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += plus_is_blank && text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const auto high = i + 1 < text.size() ? hex_value(text[i + 1]) : std::nullopt;
    const auto low = i + 2 < text.size() ? hex_value(text[i + 2]) : std::nullopt;
    if (!high || !low) {
      return Error{.message = "the address holds a malformed escape " + base::quoted(text.substr(i, 3)),
                   .where = "query",
                   .hint = "write a percent sign as %25"};
    }
    decoded += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  return decoded;
}

base::Result<std::vector<std::pair<std::string, std::string>>> query_of(std::string_view target,
                                                                        std::span<const std::string> known) {
  std::vector<std::pair<std::string, std::string>> query;
  std::string_view rest = target.substr(std::min(path_of(target).size() + 1, target.size()));
  while (!rest.empty()) {
    std::string_view value = take(rest, '&');
    if (value.empty()) continue;
    const std::string name = TRY(percent_decoded(take(value, '='), true));
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return Error{.message = "unknown query parameter " + base::quoted(name),
                   .where = "query",
                   .hint = known.empty() ? "this address takes none" : base::suggest_names(name, known)};
    }
    const bool repeated =
        std::any_of(query.begin(), query.end(), [&](const auto& pair) { return pair.first == name; });
    if (repeated)
      return Error{.message = "the query parameter " + base::quoted(name) + " is there twice",
                   .where = "query"};
    query.emplace_back(name, TRY(percent_decoded(value, true)));
  }
  return query;
}

base::Result<PredictOptions> predict_options_of(std::string_view target) {
  PredictOptions options;
  if (target.find('?') == std::string_view::npos) return options;
  static const std::array<std::string, 5> kKnown = {"features", "probabilities", "errors", "model",
                                                    "version"};
  for (auto& [name, value] : TRY(query_of(target, kKnown))) {
    if (name == "model") {
      options.model = std::move(value);
    } else if (name == "version") {
      options.version = std::move(value);
    } else if (name == "features") {
      base::Result<RecordForm> form = record_form_from(value);
      if (!form.ok()) {
        Error error = std::move(form).error();
        error.where = "query";
        return error;
      }
      options.form = *form;
    } else if (name == "probabilities") {
      if (value != "true" && value != "false") {
        return Error{.message = "probabilities=" + base::quoted(value) + " is neither true nor false",
                     .where = "query"};
      }
      options.with_probabilities = value == "true";
    } else if (name == "errors") {
      if (value != "row" && value != "refuse") {
        return Error{.message = "errors=" + base::quoted(value) + " is neither row nor refuse",
                     .where = "query",
                     .hint = "row: each bad record has its own error; refuse: the whole batch is refused"};
      }
      options.refuse_all = value == "refuse";
    }
  }
  return options;
}

base::Result<RecordForm> record_form_from(std::string_view name) {
  if (name == "raw") return RecordForm::kRaw;
  if (name == "prepared") return RecordForm::kPrepared;
  return Error{.message = "features=" + base::quoted(name) + " is no form of records",
               .hint = "use features=raw or features=prepared"};
}

base::Result<RecordForm> form_for(std::optional<RecordForm> wanted, const predict::Predictor& predictor) {
  const RecordForm form = wanted.value_or(predictor.default_form());
  if (!predictor.accepts(form)) {
    return Error{
        .message = "this model takes no raw records: it was trained without the steps that prepare them",
        .where = "query",
        .hint = "send prepared records, with features=prepared or without the parameter"};
  }
  return form;
}

std::optional<BodyFormat> body_format_of(std::string_view content_type) {
  if (content_type.empty() || content_type == "application/json") return BodyFormat::kJson;
  const std::string type = base::to_lower(base::trimmed(take(content_type, ';')));
  while (!content_type.empty()) {
    std::string parameter = base::to_lower(base::trimmed(take(content_type, ';')));
    std::erase(parameter, '"');
    if (parameter.starts_with("charset=") && parameter != "charset=utf-8" && parameter != "charset=utf8")
      return std::nullopt;
  }
  if (type == "application/json" || type == "application/x-www-form-urlencoded") return BodyFormat::kJson;
  if (type == "application/x-ndjson" || type == "application/ndjson" || type == "application/jsonl" ||
      type == "application/x-jsonlines" || type == "application/jsonlines") {
    return BodyFormat::kJsonLines;
  }
  if (type == "text/csv" || type == "application/csv") return BodyFormat::kCsv;
  return std::nullopt;
}

AnswerFormat preferred_format(std::string_view accept) {
  if (accept.empty() || accept == "*/*" || accept == "application/json") return AnswerFormat::kJson;
  Preference json;
  Preference text;
  Preference csv;
  for (int position = 0; !accept.empty(); ++position) {
    std::string_view range = take(accept, ',');
    const std::string type = base::to_lower(base::trimmed(take(range, ';')));
    const int quality = quality_of(range);
    if (type == "*/*" || type == "application/*") json.consider(quality, type == "*/*" ? 1 : 2, position);
    if (type == "*/*" || type == "text/*") text.consider(quality, type == "*/*" ? 1 : 2, position);
    if (type == "application/json" || type == "application/x-ndjson") json.consider(quality, 3, position);
    if (type == "text/plain") text.consider(quality, 3, position);
    if (type == "text/csv") csv.consider(quality, 3, position);
  }
  if (csv.quality > 0 && csv.is_before(text) && csv.is_before(json)) return AnswerFormat::kCsv;
  return text.is_before(json) ? AnswerFormat::kText : AnswerFormat::kJson;
}

}  // namespace archmlp::serve
