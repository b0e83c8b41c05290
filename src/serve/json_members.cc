#include "archmlp/serve/json_members.h"

#include <algorithm>
#include <array>
#include <vector>

#include "archmlp/base/text.h"
#include "archmlp/table/json_cell.h"

namespace archmlp::serve {

using simdjson::dom::element;

namespace {

/// What bears one of these names was not meant to bear another.
constexpr std::array<std::string_view, 10> kMemberNames = {
    "id", "parameters", "inputs", "outputs", "name", "shape", "datatype", "data", "columns", "index"};

}  // namespace

base::Status read_members(const element& value, std::string_view place,
                          std::initializer_list<JsonMember> members) {
  simdjson::dom::object object;
  if (value.get(object) != simdjson::SUCCESS) return wrong_member(place, "an object", value);
  for (const JsonMember& member : members) member.value->reset();
  std::uint64_t seen = 0;
  for (const simdjson::dom::key_value_pair pair : object) {
    std::uint64_t bit = 1;
    for (const JsonMember& member : members) {
      if (member.name == pair.key) {
        if ((seen & bit) != 0) {
          return base::Error{.message = "the member " + base::quoted(pair.key) + " is there twice",
                             .where = std::string(place)};
        }
        seen |= bit;
        if (!pair.value.is_null()) *member.value = pair.value;
      }
      bit <<= 1U;
    }
  }
  return {};
}

base::Error missing_member(const element& value, std::string_view place, std::string_view name,
                           std::string hint) {
  std::vector<std::string> keys;
  simdjson::dom::object object;
  constexpr std::size_t kMostKeys = 100;
  if (value.get(object) == simdjson::SUCCESS && object.size() <= kMostKeys) {
    for (const simdjson::dom::key_value_pair pair : object) {
      const bool is_known =
          std::find(kMemberNames.begin(), kMemberNames.end(), pair.key) != kMemberNames.end();
      if (!is_known) keys.emplace_back(pair.key);
    }
  }
  const std::vector<std::string> near = base::nearest_names(name, keys, 1);
  if (!near.empty())
    hint = base::quoted(near.front()) + " is unknown: did you mean " + base::quoted(name) + "?";
  return {.message = "the member " + base::quoted(name) + " is missing",
          .where = std::string(place),
          .hint = std::move(hint)};
}

std::string member_place(std::string_view place, std::string_view name) {
  return place.empty() ? std::string(name) : std::string(place) + "." + std::string(name);
}

base::Error wrong_member(std::string_view place, std::string_view expected, const element& value) {
  return {
      .message = "expected " + std::string(expected) + ", found " + std::string(table::json_kind_of(value)),
      .where = std::string(place)};
}

}  // namespace archmlp::serve
