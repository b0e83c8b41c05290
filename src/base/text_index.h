#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace archmlp::base {

/// Finds the place of a text in a list of distinct ones; in a list with one twice, the first.
class TextIndex {
 public:
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  TextIndex() : TextIndex(std::vector<std::string>()) {}
  /// Precondition: fewer than 2^32 - 1 texts.
  explicit TextIndex(std::vector<std::string> texts);

  const std::vector<std::string>& texts() const noexcept { return texts_; }
  /// kNone if it is not there.
  std::size_t find(std::string_view text) const noexcept;

 private:
  struct Slot {
    std::uint32_t hash = 0;  // of the text, by which most others are told apart without a look at it
    std::uint32_t place = kEmpty;
  };
  static constexpr std::uint32_t kEmpty = 0xFFFFFFFF;

  std::vector<std::string> texts_;
  std::vector<Slot> slots_;  // a power of two, at most half full
};

}  // namespace archmlp::base
