#include "archmlp/contract/parameter_fields.h"
#include "archmlp/contract/step_kind.h"

namespace archmlp::contract {
namespace {

using base::Result;
using Json = nlohmann::ordered_json;

Result<StepConfig> parse_remove(const Json& value, const std::string& path) {
  auto columns = column_names_from(value);
  if (!columns.ok()) {
    columns.error().where = path;
    return columns.error();
  }
  if (columns->empty()) return base::Error{.message = "no column is named", .where = path};
  return StepConfig(RemoveStep{*std::move(columns)});
}

}  // namespace

const StepKind& RemoveStep::kind() {
  static const StepKind kind = {
      .name = "remove",
      .help = "Take columns out",
      .flag_value = "A,B,…",
      .flag_help = "Remove columns",
      .parse = parse_remove,
      .to_json = [](const StepConfig& step) { return Json(std::get<RemoveStep>(step).columns); },
      .schema = column_names_schema,
      .touched = [](const StepConfig& step) { return std::get<RemoveStep>(step).columns; },
      .from_flag = names_from_flag};
  return kind;
}

}  // namespace archmlp::contract
