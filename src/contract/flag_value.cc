#include "archmlp/contract/flag_value.h"

#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "archmlp/base/text.h"
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

base::Result<std::size_t> bytes_from_text(const std::string& text) {
  constexpr std::array<std::pair<std::string_view, double>, 10> kUnits = {{{"gib", 0x1p30},
                                                                           {"mib", 0x1p20},
                                                                           {"kib", 0x1p10},
                                                                           {"gb", 1e9},
                                                                           {"mb", 1e6},
                                                                           {"kb", 1e3},
                                                                           {"g", 1e9},
                                                                           {"m", 1e6},
                                                                           {"k", 1e3},
                                                                           {"", 1}}};
  const std::string lower = base::to_lower(text);
  for (const auto& [unit, size] : kUnits) {
    if (!lower.ends_with(unit)) continue;
    std::string number = text.substr(0, text.size() - unit.size());
    while (number.ends_with(' ')) number.pop_back();
    const nlohmann::ordered_json amount = json_from_flag(number);
    if (!amount.is_number()) break;
    const double bytes = amount.get<double>() * size;
    if (bytes >= 1 && bytes < 1e18) return static_cast<std::size_t>(bytes);
    break;
  }
  return base::Error{.message =
                         "expected an amount of memory such as 2GB or 500MB, found " + base::quoted(text)};
}

}  // namespace archmlp::contract
