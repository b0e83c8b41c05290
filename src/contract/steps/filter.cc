#include "archmlp/contract/parameter_fields.h"
#include "archmlp/contract/step_kind.h"

namespace archmlp::contract {
namespace {

using base::Result;
using Json = nlohmann::ordered_json;

Result<StepConfig> parse_filter(const Json& value, const std::string& path) {
  if (!value.is_string() || value.get<std::string>().empty()) {
    return expected_at(path, "a condition, as in `age >= 18`", value);
  }
  return StepConfig(FilterStep{value.get<std::string>()});
}

}  // namespace

const StepKind& FilterStep::kind() {
  static const StepKind kind = {
      .name = "filter",
      .help = "Keep the rows for which the condition is true",
      .flag_value = "EXPR",
      .flag_help = "Keep the rows for which the expression is true",
      .parse = parse_filter,
      .to_json = [](const StepConfig& step) { return Json(std::get<FilterStep>(step).condition); },
      .schema =
          [] {
            return Json{{"type", "string"}, {"minLength", 1}};
          },
      .touched = [](const StepConfig&) { return std::vector<std::string>(); },
      .from_flag = [](std::string_view text) { return Json(std::string(text)); }};
  return kind;
}

}  // namespace archmlp::contract
