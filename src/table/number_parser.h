#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

namespace archmlp::table {

/// What a text says as a number; see cell_decoder.h for the grammar.
enum class NumberForm : std::uint8_t {
  kNone,        // no number
  kInteger,     // an integer within 64 bits; `real` is not set
  kBigInteger,  // written as an integer but beyond 64 bits; `real` is the nearest double
  kReal,        // any other decimal literal, such as 1.0, 1e3, +5, -0
};

struct Number {
  NumberForm form = NumberForm::kNone;
  std::int64_t integer = 0;
  double real = 0.0;
};

/// The correctly rounded double of a literal that parse_number has checked, for the cases that its short cut
/// leaves. Not a number form (kNone) if it overflows.
Number parse_long_number(const char* begin, const char* end, NumberForm form) noexcept;

namespace number_parser_detail {

/// The powers of ten that a double holds exactly.
inline constexpr double kExactPowers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                          1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                          1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
inline constexpr std::uint64_t kTwoTo53 = std::uint64_t{1} << 53U;
inline constexpr std::uint64_t kTwoTo63 = std::uint64_t{1} << 63U;

inline bool is_digit(char c) noexcept { return static_cast<unsigned char>(c - '0') < 10; }

/// Reads digits into `value` (which wraps when there are more than 19) and returns where they end.
inline const char* read_digits(const char* p, const char* end, std::uint64_t& value) noexcept {
  for (; p != end && is_digit(*p); ++p) value = value * 10 + static_cast<std::uint64_t>(*p - '0');
  return p;
}

inline Number finish_integer(const char* begin, const char* end, std::ptrdiff_t digits, std::uint64_t value,
                             bool negative) noexcept {
  const bool fits = digits < 19 || (digits == 19 && value < kTwoTo63 + (negative ? 1 : 0));
  if (!fits) return parse_long_number(begin, end, NumberForm::kBigInteger);
  return {.form = NumberForm::kInteger, .integer = static_cast<std::int64_t>(negative ? 0 - value : value)};
}

/// Up to eight digits, one a byte, the first in the lowest: their number. Neighbours are joined, three times.
inline std::uint64_t number_of_digits(std::uint64_t digits) noexcept {
  constexpr std::uint64_t kPairs = 0x00FF00FF00FF00FF;
  constexpr std::uint64_t kFours = 0x0000FFFF0000FFFF;
  digits = (digits * 10 + (digits >> 8U)) & kPairs;
  digits = (digits * 100 + (digits >> 16U)) & kFours;
  return (digits * 10'000 + (digits >> 32U)) & 0xFFFFFFFF;
}

/// Up to 16 characters as two words of digit values, flush right: byte 7 of `high` is the last one, and what
/// is in front of the first one is zero.
struct DigitWords {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};

/// Precondition: 1 to 16 characters. Reads nothing else: overlapping loads put the words together.
inline DigitWords load_digits(const char* begin, std::size_t size) noexcept {
  constexpr std::uint64_t kZeros = 0x3030303030303030;
  const auto load = [](const char* from, auto word) noexcept {
    std::memcpy(&word, from, sizeof word);
    return std::uint64_t{word};
  };
  if (size >= 8) {
    const std::uint64_t last = load(begin + size - 8, std::uint64_t{}) ^ kZeros;
    if (size == 8) return {0, last};
    return {(load(begin, std::uint64_t{}) ^ kZeros) << (8 * (16 - size)), last};
  }
  std::uint64_t word = 0;
  if (size >= 4) {
    word = load(begin, std::uint32_t{}) | load(begin + size - 4, std::uint32_t{}) << (8 * (size - 4));
  } else {
    const auto byte = [&](std::size_t i) noexcept {
      return std::uint64_t{static_cast<unsigned char>(begin[i])} << (8 * i);
    };
    word = byte(0) | byte(size / 2) | byte(size - 1);
  }
  return {0, (word ^ kZeros) << (8 * (8 - size))};
}

/// What to keep of the 16 characters in front of the end, by size: the high bytes.
inline constexpr auto kUsedDigits = [] {
  constexpr std::uint64_t kAll = ~std::uint64_t{0};
  std::array<DigitWords, 17> used{};
  for (std::size_t size = 1; size <= 16; ++size) {
    used[size].high = size < 8 ? kAll << (8 * (8 - size)) : kAll;
    used[size].low = size > 8 ? kAll << (8 * (16 - size)) : 0;
  }
  return used;
}();

/// load_digits without a branch on the size. Reads the 16 bytes in front of `end`.
inline DigitWords load_digits_before(const char* end, std::size_t size) noexcept {
  constexpr std::uint64_t kZeros = 0x3030303030303030;
  DigitWords words;
  std::memcpy(&words.low, end - 16, sizeof words.low);
  std::memcpy(&words.high, end - 8, sizeof words.high);
  return {(words.low ^ kZeros) & kUsedDigits[size].low, (words.high ^ kZeros) & kUsedDigits[size].high};
}

/// The high bit of each byte that is no digit value.
inline std::uint64_t not_digits(std::uint64_t word) noexcept {
  constexpr std::uint64_t kTo128From10 = 0x7676767676767676;
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  return (((word & ~kHighBits) + kTo128From10) | word) & kHighBits;
}

/// Takes the byte at `place` out of the word; those in front of it move up, and `entering` becomes the first.
inline std::uint64_t without_byte(std::uint64_t word, unsigned place, std::uint64_t entering) noexcept {
  const std::uint64_t in_front = (std::uint64_t{1} << (8 * place)) - 1;
  const std::uint64_t behind = place == 7 ? 0 : ~std::uint64_t{0} << (8 * (place + 1));
  return (word & behind) | (word & in_front) << 8U | entering;
}

/// [-]digits[.digits] of at most 16 characters behind the sign, the usual case, without a loop. Nothing if it
/// is anything else, or would not be exact. `has_room`: the 16 bytes in front of `end` may be read.
inline std::optional<Number> parse_short_number(const char* begin, const char* end, bool has_room) noexcept {
  if constexpr (std::endian::native != std::endian::little) return std::nullopt;
  const bool negative = *begin == '-';
  if (negative) ++begin;
  const auto size = static_cast<std::size_t>(end - begin);
  if (size - 1 >= 16) return std::nullopt;
  DigitWords words = has_room ? load_digits_before(end, size) : load_digits(begin, size);
  const std::uint64_t low = not_digits(words.low);
  const std::uint64_t high = not_digits(words.high);
  const bool leading_zero = *begin == '0';
  if ((low | high) == 0) {
    if (leading_zero && (size > 1 || negative)) return std::nullopt;
    const auto value =
        static_cast<std::int64_t>(number_of_digits(words.low) * 100'000'000 + number_of_digits(words.high));
    return Number{.form = NumberForm::kInteger, .integer = negative ? -value : value};
  }
  const bool in_low = low != 0;
  const std::uint64_t found = in_low ? low : high;
  if ((in_low && high != 0) || (found & (found - 1)) != 0 || size < 2) return std::nullopt;
  const auto place = static_cast<unsigned>(std::countr_zero(found)) / 8;
  constexpr std::uint64_t kPoint = '.' ^ '0';
  if (((in_low ? words.low : words.high) >> (8 * place) & 0xFF) != kPoint) return std::nullopt;
  const std::size_t fraction = 7 - place + (in_low ? 8 : 0);
  if (leading_zero && size - fraction > 2) return std::nullopt;
  if (in_low) {
    words.low = without_byte(words.low, place, 0);
  } else {
    words.high = without_byte(words.high, place, words.low >> 56U);
    words.low <<= 8U;
  }
  // At most 15 digits: below 2^53.
  const double value =
      static_cast<double>(number_of_digits(words.low) * 100'000'000 + number_of_digits(words.high)) /
      kExactPowers[fraction];
  return Number{.form = NumberForm::kReal, .real = negative ? -value : value};
}

}  // namespace number_parser_detail

/// Parses all of [begin, end) in one pass. One multiplication or division of two exactly known doubles rounds
/// once, hence correctly (Clinger 1990, "How to read floating point numbers accurately"); the rest goes the
/// long way. `has_room`: the 16 bytes in front of `end` may be read, which is faster.
inline Number parse_number(const char* begin, const char* end, bool has_room = false) noexcept {
  namespace detail = number_parser_detail;
  if (begin == end) return {};
  if (const auto number = detail::parse_short_number(begin, end, has_room)) return *number;
  const char* p = begin;
  const bool negative = *p == '-';
  const bool plus = *p == '+';
  if (negative || plus) ++p;

  const char* const digits_begin = p;
  std::uint64_t mantissa = 0;
  p = detail::read_digits(p, end, mantissa);
  std::ptrdiff_t digits = p - digits_begin;
  if (digits > 1 && *digits_begin == '0') return {};
  if (p == end) {
    if (digits == 0) return {};
    const bool signed_zero = negative && *digits_begin == '0';
    if (!plus && !signed_zero) return detail::finish_integer(begin, end, digits, mantissa, negative);
  }

  std::ptrdiff_t exponent = 0;
  if (p != end && *p == '.') {
    const char* const fraction = ++p;
    p = detail::read_digits(p, end, mantissa);
    exponent = fraction - p;
    digits -= exponent;
  }
  if (digits == 0) return {};
  if (p != end) {
    if (*p != 'e' && *p != 'E') return {};
    if (++p == end) return {};
    const bool negative_exponent = *p == '-';
    if ((negative_exponent || *p == '+') && ++p == end) return {};
    constexpr std::ptrdiff_t kBeyondEveryDouble = 100'000;
    std::ptrdiff_t written = 0;
    for (; p != end && detail::is_digit(*p); ++p) {
      if (written < kBeyondEveryDouble) written = written * 10 + (*p - '0');
    }
    if (p != end) return {};
    exponent += negative_exponent ? -written : written;
  }

  if (digits > 19 || mantissa > detail::kTwoTo53 || exponent < -22 || exponent > 22) {
    return parse_long_number(begin, end, NumberForm::kReal);
  }
  auto real = static_cast<double>(mantissa);
  real = exponent < 0 ? real / detail::kExactPowers[-exponent] : real * detail::kExactPowers[exponent];
  return {.form = NumberForm::kReal, .real = negative ? -real : real};
}

}  // namespace archmlp::table
