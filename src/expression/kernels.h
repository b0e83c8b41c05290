#pragma once

// What each operation of a program computes for one row. The table and the record path both come here, which
// is why their results are equal to the bit. Missing is NaN; booleans are 0 and 1.

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace archmlp::expression {

enum class Op : std::uint8_t {
  // two numbers
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kFloorDivide,
  kRemainder,
  kPower,
  kMin,
  kMax,
  kAtLeast,
  kAtMost,  // clip; a missing bound binds nothing
  kRound,   // to b digits
  // two numbers or booleans, to a boolean
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  // two booleans; missing counts as false
  kAnd,
  kOr,
  // one operand
  kNegate,
  kNot,
  kAbs,
  kLog,
  kLog10,
  kLog1p,
  kExp,
  kExpm1,
  kSqrt,
  kFloor,
  kCeil,
  kIsNull,
  kNotNull,
  // by tables of the program: Instruction::aux is the index
  kIn,
  kText,
};

constexpr bool is_binary(Op op) noexcept { return op <= Op::kOr; }

inline constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

/// Python's float remainder: the sign of the divisor.
inline double remainder_of(double a, double b) noexcept {
  double rest = std::fmod(a, b);
  if (b == 0.0) return rest;
  if (rest == 0.0) return std::copysign(0.0, b);
  if ((b < 0.0) != (rest < 0.0)) rest += b;
  return rest;
}

/// Python's float floor division, rounded to the integer that is nearest the exact quotient less the rest; a
/// / b if b is 0, as pandas.
inline double floor_divide(double a, double b) noexcept {
  if (b == 0.0) return a / b;
  const double rest = std::fmod(a, b);
  double quotient = (a - rest) / b;
  if (rest != 0.0 && (b < 0.0) != (rest < 0.0)) quotient -= 1.0;
  if (quotient == 0.0) return std::copysign(0.0, a / b);
  const double floored = std::floor(quotient);
  return quotient - floored > 0.5 ? floored + 1.0 : floored;
}

/// Half to even, as numpy: scaled by a power of ten, rounded, scaled back. Precondition: |digits| <= 22.
inline double round_to(double value, double digits) noexcept {
  if (digits == 0.0) return std::nearbyint(value);
  const double scale = std::pow(10.0, std::fabs(digits));
  const double scaled = digits > 0.0 ? value * scale : value / scale;
  if (!std::isfinite(scaled)) return value;
  const double rounded = std::nearbyint(scaled);
  return digits > 0.0 ? rounded / scale : rounded * scale;
}

template <Op op>
inline double compute(double a, [[maybe_unused]] double b) noexcept {
  const auto truth = [](bool value) { return value ? 1.0 : 0.0; };
  // clang-format off
  if constexpr (op == Op::kAdd) return a + b;
  else if constexpr (op == Op::kSubtract) return a - b;
  else if constexpr (op == Op::kMultiply) return a * b;
  else if constexpr (op == Op::kDivide) return a / b;
  else if constexpr (op == Op::kFloorDivide) return floor_divide(a, b);
  else if constexpr (op == Op::kRemainder) return remainder_of(a, b);
  else if constexpr (op == Op::kPower) return std::pow(a, b);
  else if constexpr (op == Op::kMin) return std::isnan(a) || std::isnan(b) ? kMissing : (b < a ? b : a);
  else if constexpr (op == Op::kMax) return std::isnan(a) || std::isnan(b) ? kMissing : (b > a ? b : a);
  else if constexpr (op == Op::kAtLeast) return a < b ? b : a;
  else if constexpr (op == Op::kAtMost) return a > b ? b : a;
  else if constexpr (op == Op::kRound) return round_to(a, b);
  else if constexpr (op == Op::kEqual) return truth(a == b);
  else if constexpr (op == Op::kNotEqual) return truth(a != b);
  else if constexpr (op == Op::kLess) return truth(a < b);
  else if constexpr (op == Op::kLessEqual) return truth(a <= b);
  else if constexpr (op == Op::kGreater) return truth(a > b);
  else if constexpr (op == Op::kGreaterEqual) return truth(a >= b);
  else if constexpr (op == Op::kAnd) return truth(a == 1.0 && b == 1.0);
  else if constexpr (op == Op::kOr) return truth(a == 1.0 || b == 1.0);
  else if constexpr (op == Op::kNegate) return -a;
  else if constexpr (op == Op::kNot) return 1.0 - a;
  else if constexpr (op == Op::kAbs) return std::fabs(a);
  else if constexpr (op == Op::kLog) return std::log(a);
  else if constexpr (op == Op::kLog10) return std::log10(a);
  else if constexpr (op == Op::kLog1p) return std::log1p(a);
  else if constexpr (op == Op::kExp) return std::exp(a);
  else if constexpr (op == Op::kExpm1) return std::expm1(a);
  else if constexpr (op == Op::kSqrt) return std::sqrt(a);
  else if constexpr (op == Op::kFloor) return std::floor(a);
  else if constexpr (op == Op::kCeil) return std::ceil(a);
  else if constexpr (op == Op::kIsNull) return truth(std::isnan(a));
  else if constexpr (op == Op::kNotNull) return truth(!std::isnan(a));
  else static_assert(op == Op::kAdd, "not an operation on values alone");
  // clang-format on
}

/// Calls `visit` with the operation as a compile-time constant. Precondition: not kIn, kText.
template <typename Visitor>
inline auto with_op(Op op, Visitor&& visit) {
  switch (op) {
    case Op::kAdd:
      return visit(std::integral_constant<Op, Op::kAdd>());
    case Op::kSubtract:
      return visit(std::integral_constant<Op, Op::kSubtract>());
    case Op::kMultiply:
      return visit(std::integral_constant<Op, Op::kMultiply>());
    case Op::kDivide:
      return visit(std::integral_constant<Op, Op::kDivide>());
    case Op::kFloorDivide:
      return visit(std::integral_constant<Op, Op::kFloorDivide>());
    case Op::kRemainder:
      return visit(std::integral_constant<Op, Op::kRemainder>());
    case Op::kPower:
      return visit(std::integral_constant<Op, Op::kPower>());
    case Op::kMin:
      return visit(std::integral_constant<Op, Op::kMin>());
    case Op::kMax:
      return visit(std::integral_constant<Op, Op::kMax>());
    case Op::kAtLeast:
      return visit(std::integral_constant<Op, Op::kAtLeast>());
    case Op::kAtMost:
      return visit(std::integral_constant<Op, Op::kAtMost>());
    case Op::kRound:
      return visit(std::integral_constant<Op, Op::kRound>());
    case Op::kEqual:
      return visit(std::integral_constant<Op, Op::kEqual>());
    case Op::kNotEqual:
      return visit(std::integral_constant<Op, Op::kNotEqual>());
    case Op::kLess:
      return visit(std::integral_constant<Op, Op::kLess>());
    case Op::kLessEqual:
      return visit(std::integral_constant<Op, Op::kLessEqual>());
    case Op::kGreater:
      return visit(std::integral_constant<Op, Op::kGreater>());
    case Op::kGreaterEqual:
      return visit(std::integral_constant<Op, Op::kGreaterEqual>());
    case Op::kAnd:
      return visit(std::integral_constant<Op, Op::kAnd>());
    case Op::kOr:
      return visit(std::integral_constant<Op, Op::kOr>());
    case Op::kNegate:
      return visit(std::integral_constant<Op, Op::kNegate>());
    case Op::kNot:
      return visit(std::integral_constant<Op, Op::kNot>());
    case Op::kAbs:
      return visit(std::integral_constant<Op, Op::kAbs>());
    case Op::kLog:
      return visit(std::integral_constant<Op, Op::kLog>());
    case Op::kLog10:
      return visit(std::integral_constant<Op, Op::kLog10>());
    case Op::kLog1p:
      return visit(std::integral_constant<Op, Op::kLog1p>());
    case Op::kExp:
      return visit(std::integral_constant<Op, Op::kExp>());
    case Op::kExpm1:
      return visit(std::integral_constant<Op, Op::kExpm1>());
    case Op::kSqrt:
      return visit(std::integral_constant<Op, Op::kSqrt>());
    case Op::kFloor:
      return visit(std::integral_constant<Op, Op::kFloor>());
    case Op::kCeil:
      return visit(std::integral_constant<Op, Op::kCeil>());
    case Op::kIsNull:
      return visit(std::integral_constant<Op, Op::kIsNull>());
    default:
      return visit(std::integral_constant<Op, Op::kNotNull>());
  }
}

}  // namespace archmlp::expression
