#include "archmlp/transform/step.h"

#include <array>
#include <nlohmann/json.hpp>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/contract/json_reader.h"
#include "archmlp/transform/step_readers.h"

namespace archmlp::transform {
namespace {

using Json = nlohmann::ordered_json;
using Reader = base::Result<StepPointer> (*)(const contract::JsonObject&);

struct KnownStep {
  std::string_view kind;
  Reader read;
};
constexpr std::array kKnownSteps = {
    KnownStep{"add_features", read_add_features},
    KnownStep{"filter", read_filter},
    KnownStep{"impute", read_impute},
    KnownStep{"one_hot", read_one_hot},
    KnownStep{"remove", read_remove},
    KnownStep{"rename", read_rename},
    KnownStep{"replace", read_replace},
};

base::Result<StepPointer> read_step(const Json& json, const std::string& path) {
  const contract::JsonObject object = TRY(contract::JsonObject::from(json, path));
  const std::string kind = TRY(object.text("kind"));
  for (const KnownStep& step : kKnownSteps) {
    if (step.kind == kind) return step.read(object);
  }
  return base::Error{.message = "unknown kind of step " + base::quoted(kind),
                     .where = path,
                     .hint = "a newer version of the program may have written it"};
}

}  // namespace

base::Result<StepPointer> step_from_json(const Json& json) { return read_step(json, "step"); }

base::Result<std::vector<StepPointer>> steps_from_json(const Json& array) {
  if (!array.is_array()) return base::Error{.message = "expected a list of steps", .where = "steps"};
  std::vector<StepPointer> steps;
  for (const Json& json : array)
    steps.push_back(TRY(read_step(json, "steps[" + std::to_string(steps.size()) + "]")));
  return steps;
}

Json to_json(const std::vector<StepPointer>& steps) {
  Json array = Json::array();
  for (const StepPointer& step : steps) array.push_back(step->to_json());
  return array;
}

base::Result<std::vector<std::pair<std::string, std::string>>> read_text_pairs(
    const contract::JsonObject& object, std::string_view key) {
  const Json* array = TRY(object.array(key));
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const Json& pair : *array) {
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_string()) {
      return base::Error{.message = "expected a pair of texts, found " + contract::describe(pair),
                         .where = object.path() + "." + std::string(key)};
    }
    pairs.emplace_back(pair[0].get<std::string>(), pair[1].get<std::string>());
  }
  return pairs;
}

base::Result<std::vector<contract::Value>> read_values(const contract::JsonObject& object,
                                                       std::string_view key) {
  const Json* array = TRY(object.array(key));
  std::vector<contract::Value> values;
  for (const Json& json : *array) {
    contract::Value value = TRY(contract::value_from_json(json));
    if (std::holds_alternative<std::monostate>(value)) {
      return base::Error{.message = "null is no value", .where = object.path() + "." + std::string(key)};
    }
    values.push_back(std::move(value));
  }
  return values;
}

}  // namespace archmlp::transform
