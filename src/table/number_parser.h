#pragma once

#include <cstddef>
#include <cstdint>

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

}  // namespace number_parser_detail

/// Parses all of [begin, end) in one pass. One multiplication or division of two exactly known doubles rounds
/// once, hence correctly (Clinger 1990, "How to read floating point numbers accurately"); the rest goes the
/// long way.
inline Number parse_number(const char* begin, const char* end) noexcept {
  namespace detail = number_parser_detail;
  const char* p = begin;
  if (p == end) return {};
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
