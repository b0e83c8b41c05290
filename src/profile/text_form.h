#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace archmlp::profile {

/// What a text cell looks like.
enum class TextForm : std::uint8_t {
  kInteger,
  kReal,
  kBoolean,
  kBigInteger,     // beyond 64 bits
  kLeadingZeros,   // 00123
  kBlankedNumber,  // a number with blanks around it
  kDate,
  kOther,
};
inline constexpr std::size_t kTextFormCount = 8;

TextForm form_of(std::string_view text) noexcept;

/// A day as in 2024-05-01, 2024/05/01, 01.05.2024, 05/01/2024 (day or month first), alone or with a time of
/// day behind a blank or T: 13:00, 13:00:59, 13:00:59.123, with Z or +02:00.
bool is_date(std::string_view text) noexcept;

}  // namespace archmlp::profile
