#include "archmlp/base/number_text.h"

#include <charconv>
#include <cmath>
#include <cstring>

namespace archmlp::base {
namespace {

/// Digits and a point where two decimals are enough, as in money; nothing otherwise. What has at most 15
/// digits and reads back as `magnitude` is its shortest form: no two such decimals are the same double.
char* write_hundredths(char* out, double magnitude) noexcept {
  constexpr double kFifteenDigits = 1e15;
  const double scaled = magnitude * 100.0;
  if (!(scaled < kFifteenDigits)) return nullptr;
  const auto hundredths =
      static_cast<std::uint64_t>(scaled + 0.5);  // NOLINT(bugprone-incorrect-roundings): see below
  if (static_cast<double>(hundredths) / 100.0 != magnitude) return nullptr;
  out = std::to_chars(out, out + kNumberTextSize, hundredths / 100).ptr;
  const auto decimals = static_cast<unsigned>(hundredths % 100);
  *out++ = '.';
  *out++ = static_cast<char>('0' + decimals / 10);
  if (decimals % 10 != 0) *out++ = static_cast<char>('0' + decimals % 10);
  return out;
}

}  // namespace

char* write_real(char* out, double value) noexcept {
  if (std::signbit(value)) *out++ = '-';
  const double magnitude = std::fabs(value);
  if (char* end = write_hundredths(out, magnitude)) return end;
  const bool is_plain = magnitude >= 1e-4 && magnitude < 1e16;
  const auto form = is_plain ? std::chars_format::fixed : std::chars_format::scientific;
  char* const end = std::to_chars(out, out + kNumberTextSize - 1, magnitude, form).ptr;
  const auto size = static_cast<std::size_t>(end - out);
  if (!is_plain || std::memchr(out, '.', size) != nullptr) return end;
  end[0] = '.';
  end[1] = '0';
  return end + 2;
}

char* write_integer(char* out, std::int64_t value) noexcept {
  return std::to_chars(out, out + kNumberTextSize, value).ptr;
}

}  // namespace archmlp::base
