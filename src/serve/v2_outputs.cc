#include "archmlp/serve/v2_outputs.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "archmlp/base/text.h"

namespace archmlp::serve {
namespace {

using Json = nlohmann::ordered_json;

Datatype prediction_type(const contract::LabelSchema& label) noexcept {
  if (label.task == contract::Task::kRegression) return Datatype::kFp64;
  return datatype_of(label.kind);
}

/// Parameters of the protocol are strings, numbers and booleans: a list becomes its JSON text.
std::string parameters(std::string_view name, const Json& list) {
  return Json{{name, list.dump(-1, ' ', false, Json::error_handler_t::replace)}}.dump();
}

}  // namespace

std::vector<V2Output> v2_outputs_of(const predict::Predictor& predictor) {
  const contract::LabelSchema& label = predictor.bundle().contract().label;
  const model::OutputLayout layout = predictor.layout();
  std::vector<V2Output> outputs;
  outputs.push_back({.name = "prediction",
                     .datatype = prediction_type(label),
                     .is_prediction = true,
                     .first = 0,
                     .width = 1,
                     .parameters_json = {}});
  Json classes = Json::array();
  for (const contract::Value& value : label.classes) classes.push_back(contract::to_json(value));
  if (layout.probabilities > 0) {
    outputs.push_back({.name = "probabilities",
                       .datatype = Datatype::kFp64,
                       .is_prediction = false,
                       .first = layout.decisions,
                       .width = layout.probabilities,
                       .parameters_json = parameters("classes", classes)});
  }
  if (layout.decisions > 0) {
    const Json of = layout.decisions == 1 ? Json::array({classes.back()}) : Json(predictor.decision_names());
    outputs.push_back({.name = "decision_function",
                       .datatype = Datatype::kFp64,
                       .is_prediction = false,
                       .first = 0,
                       .width = layout.decisions,
                       .parameters_json = parameters("positive_for", of)});
  }
  return outputs;
}

base::Status choose_outputs(const std::vector<V2Output>& all, std::span<const std::string_view> wanted,
                            std::vector<const V2Output*>& chosen) {
  chosen.clear();
  if (wanted.empty()) {
    for (const V2Output& output : all) chosen.push_back(&output);
    return {};
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto where = [i] { return "outputs[" + std::to_string(i) + "].name"; };
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const V2Output& output) { return output.name == wanted[i]; });
    if (found == all.end()) {
      std::vector<std::string> known;
      known.reserve(all.size());
      for (const V2Output& output : all) known.push_back(output.name);
      return base::Error{.message = "this model has no output " + base::quoted(wanted[i]),
                         .where = where(),
                         .hint = base::suggest_names(wanted[i], known)};
    }
    if (std::find(chosen.begin(), chosen.end(), &*found) != chosen.end()) {
      return base::Error{.message = "the output " + base::quoted(wanted[i]) + " is asked for twice",
                         .where = where()};
    }
    chosen.push_back(&*found);
  }
  return {};
}

}  // namespace archmlp::serve
