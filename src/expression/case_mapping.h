#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace archmlp::expression {

/// Every `stride`-th code point from `first` to `last` moves by `delta`.
struct CaseRange {
  std::uint32_t first, last;
  std::int32_t stride, delta;
};
/// A code point that becomes several: UTF-8.
struct CaseSpecial {
  std::uint32_t code;
  std::string_view text;
};
/// Sorted by code point, ASCII left out.
struct CaseMapping {
  std::span<const CaseRange> ranges;
  std::span<const CaseSpecial> specials;
};

/// Unicode's full, context-free case mapping: independent of the locale.
CaseMapping lower_mapping() noexcept;
CaseMapping upper_mapping() noexcept;

}  // namespace archmlp::expression
