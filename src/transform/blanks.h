#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace archmlp::transform {

/// The length of the blank that `text` starts with, 0 if there is none: ASCII's, and those of Unicode that
/// spreadsheets put into numbers.
inline std::size_t leading_blank(std::string_view text) noexcept {
  if (text.empty()) return 0;
  const char first = text.front();
  if (first == ' ' || (first >= '\t' && first <= '\r')) return 1;
  constexpr std::array<std::string_view, 4> kWide = {"\u00A0", "\u2007", "\u2009", "\u202F"};
  for (const std::string_view blank : kWide) {
    if (text.starts_with(blank)) return blank.size();
  }
  return 0;
}

inline std::size_t trailing_blank(std::string_view text) noexcept {
  for (std::size_t length = 1; length <= 3 && length <= text.size(); ++length) {
    if (leading_blank(text.substr(text.size() - length)) == length) return length;
  }
  return 0;
}

inline std::string_view without_leading_blanks(std::string_view text) noexcept {
  while (const std::size_t length = leading_blank(text)) text.remove_prefix(length);
  return text;
}

/// Without the blanks around it.
inline std::string_view trimmed(std::string_view text) noexcept {
  text = without_leading_blanks(text);
  while (const std::size_t length = trailing_blank(text)) text.remove_suffix(length);
  return text;
}

}  // namespace archmlp::transform
