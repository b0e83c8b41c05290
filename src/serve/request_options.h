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

/// Name-value pairs of the query, percent-decoded. Errors: kInvalidInput for a malformed escape, a name
/// twice, or one that is not `known` (near names).
base::Result<std::vector<std::pair<std::string, std::string>>> query_of(std::string_view target,
                                                                        std::span<const std::string> known);

struct PredictOptions {
  predict::RecordForm form = predict::RecordForm::kRaw;
  bool with_probabilities = true;
};
/// `features=raw|prepared`, `probabilities=true|false`. Errors: kInvalidInput, also for raw where the model
/// cannot.
base::Result<PredictOptions> predict_options_of(std::string_view target, const predict::Predictor& predictor);

enum class BodyFormat { kJson, kJsonLines };
/// JSON also where the client does not say (none, or the form type that curl sends by itself): the body is
/// checked anyway. Nothing for any other type, or a charset that is not UTF-8.
std::optional<BodyFormat> body_format_of(std::string_view content_type);

/// Does the client prefer bare text to JSON? Source: RFC 9110, section 12.5.1; where both are as good, the
/// one named first wins, and JSON over a wildcard.
bool prefers_text(std::string_view accept);

}  // namespace archmlp::serve
