#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace archmlp::profile {

/// `text` for between tags or in a quoted attribute: markup escaped; control characters, line separators and
/// characters that reverse the direction of writing made visible, as `\n` and `\u202e`.
/// Precondition: valid UTF-8.
std::string html_text(std::string_view text);

/// `json` for inside a <script> element, where only `</script` and `<!--` could end it or change its meaning:
/// ASCII only, without `<`, `>` and `&`.
std::string json_for_script(const nlohmann::ordered_json& json);

/// `'sha256-…'`: how a Content-Security-Policy allows this one script.
std::string script_hash(std::string_view script);

}  // namespace archmlp::profile
