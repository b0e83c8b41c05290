#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace archmlp::expression {

enum class TextFunction : std::uint8_t { kLower, kUpper, kStrip };

/// The function's result; points into `text` or into `buffer`, which it may overwrite. Bytes that are not
/// UTF-8 pass through. Precondition: `text` does not point into `buffer`.
std::string_view apply_text_function(TextFunction function, std::string_view text, std::string& buffer);

/// Number of code points.
std::size_t text_length(std::string_view text) noexcept;

/// Appends the UTF-8 form. Precondition: `code` is a code point, no surrogate.
void append_code_point(std::string& out, std::uint32_t code);

}  // namespace archmlp::expression
