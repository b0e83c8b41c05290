#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace archmlp::serve {

/// What can be asked for: the label of metrics and logs. Values index kRouteNames.
enum class Route : std::uint8_t {
  kOther,
  kPredict,
  kInfer,
  kInvocations,
  kModels,
  kRepository,
  kHealth,
  kOpenApi,
  kMetrics,
  kAdmin
};
inline constexpr std::array<std::string_view, 10> kRouteNames = {
    "other",      "predict", "infer",   "invocations", "models",
    "repository", "health",  "openapi", "metrics",     "admin"};

/// `/v2/models/NAME/versions/VERSION/ACTION`, whichever of its parts are there.
struct ModelPath {
  std::string name;
  std::string version;
  std::string action;  // "", "ready", "infer", "load", …
};
/// What stands behind `prefix` ("/v2/models/"), percent-decoded. False: it is no such path.
bool parse_model_path(std::string_view path, std::string_view prefix, ModelPath& parts);

}  // namespace archmlp::serve
