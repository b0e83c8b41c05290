#pragma once

#include <simdjson.h>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "archmlp/base/result.h"

namespace archmlp::serve {

/// A member that is looked for in a JSON object.
struct JsonMember {
  std::string_view name;
  std::optional<simdjson::dom::element>* value;  // none if it is absent, or null
};

/// Fills the members; others are passed over. Errors: kInvalidInput, `where` = `place` or the member, for
/// what is no object, and for a member that is there twice.
base::Status read_members(const simdjson::dom::element& object, std::string_view place,
                          std::initializer_list<JsonMember> members);

/// The Error for one that must be there: its hint is `hint`, or a name in the object that is near it.
base::Error missing_member(const simdjson::dom::element& object, std::string_view place,
                           std::string_view name, std::string hint);

/// `inputs[2]` and `shape` to `inputs[2].shape`.
std::string member_place(std::string_view place, std::string_view name);

/// The Error for a value of another kind: "expected a string, found an array".
base::Error wrong_member(std::string_view place, std::string_view expected,
                         const simdjson::dom::element& value);

}  // namespace archmlp::serve
