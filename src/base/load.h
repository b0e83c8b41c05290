#pragma once

#include <cstring>

namespace archmlp::base {

/// A number whose bytes stand anywhere in memory, in the machine's order.
template <typename Word>
Word load(const char* bytes) noexcept {
  Word word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

}  // namespace archmlp::base
