#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "archmlp/base/hash.h"
#include "archmlp/base/load.h"
#include "archmlp/base/rng.h"

namespace archmlp::base {

/// Of all bytes of a text. Fast for names, codes and words, which are short: up to 16 bytes are two
/// overlapping words. Never leaves the program.
inline std::uint32_t hash_of_text(std::string_view text) noexcept {
  const std::size_t size = text.size();
  std::uint64_t hash = 0;
  if (size > 16) {
    hash = checksum64(std::as_bytes(std::span(text)));
  } else if (size >= 8) {
    const auto first = load<std::uint64_t>(text.data());
    hash = mix64(mix64(first + size) ^ load<std::uint64_t>(text.data() + size - 8));
  } else if (size >= 4) {
    const std::uint64_t first = load<std::uint32_t>(text.data());
    hash = mix64((first << 32U | load<std::uint32_t>(text.data() + size - 4)) ^ (std::uint64_t{size} << 56U));
  } else {
    std::uint64_t word = std::uint64_t{size} << 56U;
    for (std::size_t i = 0; i < size; ++i)
      word |= std::uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
    hash = mix64(word);
  }
  return static_cast<std::uint32_t>(hash >> 32U);
}

}  // namespace archmlp::base
