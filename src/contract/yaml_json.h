#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "archmlp/base/result.h"

// The one place that knows yaml-cpp: everything behind it reads JSON.

namespace archmlp::contract {

/// A YAML document as the JSON it means, with the place of every value by its key path
/// (`preprocess[2].impute.columns`).
struct MarkedJson {
  nlohmann::ordered_json json;
  std::map<std::string, std::string, std::less<>>
      marks;  // path -> "LINE:COLUMN" (from 1), of the key where there is one
};

/// Plain scalars are typed by the core schema of YAML 1.2, quoted ones are text, map keys are text. Never
/// throws. Errors: kInvalidInput with `source_name:LINE:COLUMN`: bad syntax or UTF-8, a duplicate key, a tag,
/// more than one document; kResourceLimit: beyond 256 KiB, 20,000 values with aliases followed, or 40 levels.
base::Result<MarkedJson> parse_yaml(std::string_view text, const std::string& source_name);

/// `error`, whose `where` is a key path, as an error in the document: the path moves into the message.
base::Error locate(base::Error error, const MarkedJson& document, const std::string& source_name);

}  // namespace archmlp::contract
