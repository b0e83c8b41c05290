#include "archmlp/contract/recipe_steps.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/contract/parameter_fields.h"

namespace archmlp::contract {
namespace {

using base::Error;
using base::Result;
using Json = nlohmann::ordered_json;

constexpr std::size_t kKindCount = std::variant_size_v<StepConfig>;

template <std::size_t... kIndex>
std::array<const StepKind*, kKindCount> all_kinds(std::index_sequence<kIndex...>) {
  return {&std::variant_alternative_t<kIndex, StepConfig>::kind()...};
}

const StepKind& kind_of(const StepConfig& step) {
  return std::visit([](const auto& one) -> const StepKind& { return one.kind(); }, step);
}

}  // namespace

std::span<const StepKind* const> step_kinds() {
  static const auto kinds = all_kinds(std::make_index_sequence<kKindCount>());
  return kinds;
}

const StepKind* find_step_kind(std::string_view name) {
  for (const StepKind* kind : step_kinds()) {
    if (kind->name == name) return kind;
  }
  return nullptr;
}

std::string_view step_name(const StepConfig& step) noexcept { return kind_of(step).name; }
bool learns_from_rows(const StepConfig& step) {
  const StepKind& kind = kind_of(step);
  return kind.learns || (kind.learns_if && kind.learns_if(step));
}
std::vector<std::string> touched_columns(const StepConfig& step) { return kind_of(step).touched(step); }

Json to_json(const StepConfig& step) {
  Json json = Json::object();
  json[std::string(step_name(step))] = kind_of(step).to_json(step);
  return json;
}

Result<StepConfig> step_from_json(std::string_view name, const Json& value, const std::string& path) {
  if (const StepKind* kind = find_step_kind(name)) return kind->parse(value, path);
  std::vector<std::string> known;
  for (const StepKind* kind : step_kinds()) known.emplace_back(kind->name);
  return Error{.message = "unknown step " + base::quoted(name),
               .where = path,
               .hint = base::suggest_names(name, known)};
}

Result<StepConfig> step_item_from_json(const Json& item, const std::string& path) {
  if (!item.is_object() || item.size() != 1) {
    return expected_at(path, "one step, as in `- remove: [id]`", item,
                       item.is_object() && item.size() > 1 ? "start each step with a dash of its own" : "");
  }
  const std::string& name = item.begin().key();
  return step_from_json(name, item.begin().value(), fmt::format("{}.{}", path, name));
}

Json step_item_schema() {
  Json schema = Json::object();
  schema["oneOf"] = Json::array();
  for (const StepKind* kind : step_kinds()) {
    Json value = kind->schema();
    value["description"] = kind->help;
    Json item = {{"type", "object"}};
    item["properties"][std::string(kind->name)] = std::move(value);
    item["required"] = Json::array({kind->name});
    item["additionalProperties"] = false;
    schema["oneOf"].push_back(std::move(item));
  }
  return schema;
}

}  // namespace archmlp::contract
