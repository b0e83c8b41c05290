#pragma once

#include <cstddef>
#include <cstdint>

namespace archmlp::base {

/// Room that any number needs.
inline constexpr std::size_t kNumberTextSize = 32;

/// Writes the digits to `out` and returns where they end. Room: kNumberTextSize. See append_real for the
/// form.
char* write_real(char* out, double value) noexcept;
char* write_integer(char* out, std::int64_t value) noexcept;

}  // namespace archmlp::base
