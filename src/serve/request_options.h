#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/predict/predictor.h"

namespace archmlp::serve {

// What a request says beside its body: query parameters, Content-Type, Accept.

/// The part of a target in front of the query.
std::string_view path_of(std::string_view target) noexcept;

/// Errors: kInvalidInput for a malformed escape. `plus_is_blank`: as in queries.
base::Result<std::string> percent_decoded(std::string_view text, bool plus_is_blank);

/// Name-value pairs of the query, percent-decoded. Errors: kInvalidInput for a malformed escape, a name
/// twice, or one that is not `known` (near names).
base::Result<std::vector<std::pair<std::string, std::string>>> query_of(std::string_view target,
                                                                        std::span<const std::string> known);

/// What POST /predict is told by its query.
struct PredictOptions {
  std::string model;                        // empty: the default one
  std::string version;                      // empty: by the split
  std::optional<predict::RecordForm> form;  // none: the model's default
  bool with_probabilities = true;
  bool refuse_all = false;  // a bad record in a batch refuses the whole of it
};
/// `model`, `version`, `features=raw|prepared`, `probabilities=true|false`, `errors=row|refuse`. Errors:
/// kInvalidInput.
base::Result<PredictOptions> predict_options_of(std::string_view target);

/// Of "raw", "prepared". Errors: kInvalidInput, without `where`.
base::Result<predict::RecordForm> record_form_from(std::string_view name);
/// Errors: kInvalidInput for raw where the model cannot.
base::Result<predict::RecordForm> form_for(std::optional<predict::RecordForm> wanted,
                                           const predict::Predictor& predictor);

/// How records stand in a body. The last two are JSON of other protocols, told by the address.
enum class BodyFormat { kJson, kJsonLines, kCsv, kTensors, kInvocations };
/// JSON also where the client does not say (none, or the form type that curl sends by itself): the body is
/// checked anyway. Nothing for any other type, or a charset that is not UTF-8.
std::optional<BodyFormat> body_format_of(std::string_view content_type);

enum class AnswerFormat { kJson, kText, kCsv };
/// Does the client prefer bare text, or CSV, to JSON? Source: RFC 9110, section 12.5.1; where all are as
/// good, the one named first wins, and JSON over a wildcard.
AnswerFormat preferred_format(std::string_view accept);

}  // namespace archmlp::serve
