#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "archmlp/contract/recipe.h"

// Any text is a recipe or an error that says where; a recipe's canonical form is stable.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace archmlp;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto recipe = contract::parse_recipe(text, "recipe.yaml");
  if (!recipe.ok()) {
    if (recipe.error().message.empty() || !recipe.error().where.starts_with("recipe.yaml")) std::abort();
  } else {
    auto json = contract::to_json(*recipe);
    const std::string written = json.dump();
    if (json["split"]["test_file"] == false) {
      json["split"]["test_file"] = nullptr;
      const auto back = contract::recipe_from_json(json);
      if (!back.ok() || contract::to_json(*back).dump() != written) std::abort();
    }
  }
  for (const std::string_view name :
       {"filter", "add_features", "impute", "one_hot", "replace", "cast", "date_parts", "join"}) {
    if (const auto step = contract::parse_step(name, text); step.ok()) (void)contract::to_json(*step).dump();
  }
  return 0;
}
