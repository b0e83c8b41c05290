#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace archmlp::base {

/// The names most like `wanted` (edit distance, case ignored), best first, at most `limit`; empty if none is
/// near.
std::vector<std::string> nearest_names(std::string_view wanted, std::span<const std::string> known,
                                       std::size_t limit = 3);

/// A hint made of them: `did you mean "age" or "wage"?`, or, if none is near, `known: "a", "b", … (12 in
/// all)`.
std::string suggest_names(std::string_view wanted, std::span<const std::string> known);

/// `text` in double quotes for a message: control characters escaped, cut at ~60 characters with "…".
std::string quoted(std::string_view text);

/// Offset of the first byte that is not valid UTF-8 (RFC 3629), or nothing.
std::optional<std::size_t> find_invalid_utf8(std::string_view text) noexcept;

/// The shortest digits that read back as the same double, as Python writes them: `100000.0`, `0.0001`, and
/// `1e+16`, `1e-05` only beyond. Integral values have ".0", so that a real column stays one when read again.
/// Precondition: finite.
std::string format_real(double value);
void append_real(std::string& out, double value);

/// Of ASCII alone, whatever the locale.
constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
std::string to_lower(std::string_view text);
bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;

/// Without the blanks and tabs around it.
std::string_view trimmed(std::string_view text) noexcept;

/// `1234567` -> `1,234,567`, for people.
std::string with_thousands(std::size_t value);

}  // namespace archmlp::base
