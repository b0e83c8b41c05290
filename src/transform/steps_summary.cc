#include "archmlp/transform/steps_summary.h"

#include <nlohmann/json.hpp>

namespace archmlp::transform {

nlohmann::ordered_json summary_of(const nlohmann::ordered_json& steps) {
  nlohmann::ordered_json summary = nlohmann::ordered_json::array();
  for (const nlohmann::ordered_json& step : steps) {
    if (step.value("kind", "") != "join") {
      summary.push_back(step);
      continue;
    }
    nlohmann::ordered_json join = nlohmann::ordered_json::object();
    for (const auto& [key, value] : step.items()) {
      if (key != "keys" && key != "columns") {
        join[key] = value;
        continue;
      }
      join[key] = nlohmann::ordered_json::array();
      for (const nlohmann::ordered_json& column : value) {
        join[key].push_back({{"name", column["name"]}, {"kind", column["kind"]}});
      }
    }
    summary.push_back(std::move(join));
  }
  return summary;
}

}  // namespace archmlp::transform
