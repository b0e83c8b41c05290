#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace archmlp::transform {

/// How people write numbers in a column.
struct NumberNotation {
  char decimal = '.';           // or ','
  std::string thousands = ",";  // between groups of digits; empty: nothing may be
  std::string currency;         // the only sign that may stand beside a number; empty: every one
};

/// The longest notation of a currency or a separator that is taken.
inline constexpr std::size_t kLongestSign = 16;

/// Numbers with what people put around and between the digits: blanks, a currency's sign or ISO 4217 code
/// before or behind, separators between thousands, a percent sign (then a hundredth is meant), parentheses or
/// a true minus for negative ones. Digits must be grouped by three, but for the left ones, which may be by
/// two as in India: 1,5 is not 15. Nothing if the text is no such number, or not one that a double holds.
std::optional<double> read_real(std::string_view written, const NumberNotation& notation) noexcept;
/// The same where it is a whole number within 64 bits; with a decimal sign or an exponent below 2^53.
std::optional<std::int64_t> read_integer(std::string_view written, const NumberNotation& notation) noexcept;

}  // namespace archmlp::transform
