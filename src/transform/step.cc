#include "archmlp/transform/step.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/contract/json_reader.h"
#include "archmlp/transform/readers.h"

namespace archmlp::transform {
namespace {

using base::Error;
using base::Result;
using Json = nlohmann::ordered_json;

constexpr std::size_t kMostSteps = 1000;

struct Reader {
  std::string_view kind;
  Result<StepPointer> (*read)(const contract::JsonObject& json);
};
constexpr Reader kReaders[] = {
    {"filter", read_filter},
    {"remove", read_remove},
    {"rename", read_rename},
    {"replace", read_replace},
    {"add_features", read_add_features},
    {"impute", read_impute},
    {"one_hot", read_one_hot},
    {"scale", read_scale},
    {"log", read_log},
    {"log1p", read_log1p},
    {"power", read_power},
    {"clip", read_clip},
    {"bin", read_bin},
    {"ordinal", read_ordinal},
    {"drop_missing", read_drop_missing},
    {"target_encode", read_target_encode},
    {"text_hash", read_text_hash},
    {"pca", read_pca},
    {"cast", read_cast},
    {"date_parts", read_date_parts},
    {"join", read_join},
};

Result<StepPointer> read_step(const Json& json, std::string path) {
  const contract::JsonObject object = TRY(contract::JsonObject::from(json, std::move(path)));
  const std::string kind = TRY(object.text("kind"));
  std::vector<std::string> known;
  for (const Reader& reader : kReaders) {
    if (reader.kind == kind) return reader.read(object);
    known.emplace_back(reader.kind);
  }
  return Error{.message = "unknown kind of step " + base::quoted(kind),
               .where = object.path() + ".kind",
               .hint = base::suggest_names(kind, known)};
}

}  // namespace

std::vector<std::string_view> step_kinds() {
  std::vector<std::string_view> kinds;
  for (const Reader& reader : kReaders) kinds.push_back(reader.kind);
  return kinds;
}

Result<StepPointer> step_from_json(const Json& json) { return read_step(json, "step"); }

Result<std::vector<StepPointer>> steps_from_json(const Json& array) {
  if (!array.is_array()) {
    return Error{.message = "expected a list of steps, found " + contract::describe(array), .where = "steps"};
  }
  if (array.size() > kMostSteps) {
    return Error{.code = base::ErrorCode::kResourceLimit,
                 .message = fmt::format("more than {} steps", kMostSteps),
                 .where = "steps"};
  }
  std::vector<StepPointer> steps;
  steps.reserve(array.size());
  for (const Json& item : array) {
    StepPointer step = TRY(read_step(item, fmt::format("steps[{}]", steps.size())));
    steps.push_back(std::move(step));
  }
  return steps;
}

Json to_json(const std::vector<StepPointer>& steps) {
  Json array = Json::array();
  for (const StepPointer& step : steps) array.push_back(step->to_json());
  return array;
}

}  // namespace archmlp::transform
