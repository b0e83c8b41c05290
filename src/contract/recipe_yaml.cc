#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "archmlp/base/file.h"
#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/contract/recipe.h"
#include "archmlp/contract/recipe_steps.h"
#include "archmlp/contract/yaml_json.h"

namespace archmlp::contract {
namespace {

using base::Error;
using base::Result;
using Json = nlohmann::ordered_json;

std::string flag_of(std::string_view name) {
  std::string flag = fmt::format("--{}", name);
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

}  // namespace

Result<Recipe> parse_recipe(std::string_view yaml, const std::string& source_name) {
  const MarkedJson document = TRY(parse_yaml(yaml, source_name));
  auto recipe = recipe_from_json(document.json);
  if (!recipe.ok()) return locate(std::move(recipe).error(), document, source_name);
  for (std::size_t index = 0; index < recipe->preprocess.size(); ++index) {
    const auto mark = document.marks.find(fmt::format("preprocess[{}]", index));
    recipe->step_places.push_back(fmt::format("{}:{}", source_name, mark->second));
  }
  return recipe;
}

Result<Recipe> read_recipe(const std::filesystem::path& path) {
  const std::string text = TRY(base::read_text(path));
  Recipe recipe = TRY(parse_recipe(text, path.string()));
  recipe.folder = path.parent_path();
  return recipe;
}

Result<StepConfig> parse_step(std::string_view name, std::string_view yaml_value) {
  const std::string flag = flag_of(name);
  if (base::find_invalid_utf8(yaml_value))
    return Error{.message = "the text is not valid UTF-8", .where = flag};
  const std::string_view text = base::trimmed(yaml_value);
  if (const StepKind* kind = find_step_kind(name); kind != nullptr && kind->from_flag) {
    if (const auto value = kind->from_flag(text)) return step_from_json(name, *value, flag);
  }
  if (text.empty()) return step_from_json(name, nullptr, flag);
  auto document = parse_yaml(text, flag);
  if (!document.ok()) {
    document.error().where = flag;
    return document.error();
  }
  return step_from_json(name, document->json, flag);
}

std::vector<StepFlag> step_flags() {
  std::vector<StepFlag> flags;
  for (const StepKind* kind : step_kinds()) {
    flags.push_back({kind->name, flag_of(kind->name), kind->flag_value, kind->flag_help});
  }
  return flags;
}

}  // namespace archmlp::contract
