#include <fmt/format.h>

#include <algorithm>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/contract/step_kind.h"

namespace archmlp::contract {
namespace {

using base::Result;
using Json = nlohmann::ordered_json;

Result<StepConfig> parse_rename(const Json& value, const std::string& path) {
  auto names = TRY(text_pairs(value, path, "a map from old to new names, as in {old: new}", "the new name"));
  std::vector<std::string> targets;
  for (const auto& [old_name, new_name] : names) {
    if (std::find(targets.begin(), targets.end(), new_name) != targets.end()) {
      return base::Error{.message = fmt::format("two columns would be named {}", base::quoted(new_name)),
                         .where = fmt::format("{}.{}", path, old_name)};
    }
    targets.push_back(new_name);
  }
  return StepConfig(RenameStep{std::move(names)});
}

Json rename_to_json(const StepConfig& step) {
  Json json = Json::object();
  for (const auto& [old_name, new_name] : std::get<RenameStep>(step).names) json[old_name] = new_name;
  return json;
}

std::vector<std::string> both_names(const StepConfig& step) {
  std::vector<std::string> names;
  for (const auto& [old_name, new_name] : std::get<RenameStep>(step).names) {
    names.push_back(old_name);
    names.push_back(new_name);
  }
  return names;
}

}  // namespace

const StepKind& RenameStep::kind() {
  static const StepKind kind = {.name = "rename",
                                .help = "Give columns other names: {old: new}",
                                .flag_value = "{OLD: NEW}",
                                .flag_help = "Rename columns",
                                .parse = parse_rename,
                                .to_json = rename_to_json,
                                .schema = text_map_schema,
                                .touched = both_names,
                                .from_flag = pair_from_flag};
  return kind;
}

}  // namespace archmlp::contract
