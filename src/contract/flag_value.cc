#include "archmlp/contract/flag_value.h"

#include <nlohmann/json.hpp>
#include <string>

#include "archmlp/contract/field_table.h"
#include "archmlp/contract/yaml_json.h"

namespace archmlp::contract {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

Json json_from_flag(std::string_view text) {
  if (text == "none" || text == "None") return nullptr;
  if (text.empty()) return "";
  if (text.starts_with('[') || text.starts_with('{')) {
    auto document = parse_yaml(text, "flag");
    return document.ok() ? std::move(document)->json : Json(std::string(text));
  }
  auto scalar = json_from_scalar(text);
  return scalar.ok() ? *std::move(scalar) : Json(std::string(text));
}

}  // namespace archmlp::contract
