#include "archmlp/table/csv_masks.h"

#include <cstring>

// Highway compiles this file once for each instruction set and picks one when the program runs.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "archmlp/table/csv_masks.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace archmlp::table::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Bytes = hn::CappedTag<std::uint8_t, 64>;

/// `seen` gets the bits that any byte has.
std::uint64_t mask_of_64(const char* data, char delimiter, hn::Vec<Bytes>& seen) {
  const Bytes tag;
  const std::size_t lanes = hn::Lanes(tag);
  const auto first = hn::Set(tag, static_cast<std::uint8_t>(delimiter));
  const auto quote = hn::Set(tag, std::uint8_t{'"'});
  const auto line_feed = hn::Set(tag, std::uint8_t{'\n'});
  const auto carriage_return = hn::Set(tag, std::uint8_t{'\r'});
  std::uint64_t mask = 0;
  for (std::size_t i = 0; i < 64; i += lanes) {
    const auto bytes = hn::LoadU(tag, reinterpret_cast<const std::uint8_t*>(data) + i);
    const auto special = hn::Or(hn::Or(hn::Eq(bytes, first), hn::Eq(bytes, quote)),
                                hn::Or(hn::Eq(bytes, line_feed), hn::Eq(bytes, carriage_return)));
    seen = hn::Or(seen, bytes);
    std::uint8_t bits[8] = {};
    hn::StoreMaskBits(tag, special, bits);
    std::uint64_t word = 0;
    for (std::size_t byte = 0; byte < (lanes + 7) / 8; ++byte)
      word |= std::uint64_t{bits[byte]} << (8 * byte);
    mask |= word << i;
  }
  return mask;
}

bool find_specials(const char* data, std::size_t size, char delimiter, std::uint64_t* masks) {
  const Bytes tag;
  auto seen = hn::Zero(tag);
  std::size_t offset = 0;
  for (; offset + 64 <= size; offset += 64) *masks++ = mask_of_64(data + offset, delimiter, seen);
  if (offset != size) {
    const std::size_t rest = size - offset;
    char padded[64] = {};
    std::memcpy(padded, data + offset, rest);
    *masks = mask_of_64(padded, delimiter, seen) & ((std::uint64_t{1} << rest) - 1);
  }
  const auto beyond_ascii = hn::Set(tag, std::uint8_t{0x80});
  return hn::AllTrue(tag, hn::Eq(hn::And(seen, beyond_ascii), hn::Zero(tag)));
}

}  // namespace archmlp::table::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace archmlp::table {

HWY_EXPORT(find_specials);

bool find_csv_specials(const char* data, std::size_t size, char delimiter, std::uint64_t* masks) {
  return HWY_DYNAMIC_DISPATCH(find_specials)(data, size, delimiter, masks);
}

}  // namespace archmlp::table
#endif
