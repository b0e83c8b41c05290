#pragma once

namespace archmlp::transform {

/// A point on the unit circle.
struct CirclePoint {
  double sine = 0.0;
  double cosine = 1.0;
};

/// Sine and cosine of 2 pi `step` / `count`, from additions, multiplications and one division, so that every
/// machine gives the same bits, which a C library's do not promise. Error below 2e-16. Precondition: 0 <=
/// step < count, count < 2^20.
inline CirclePoint circle_point(int step, int count) noexcept {
  // The circle in eighths: within one the series are short, and halves and quarters of it come out exactly.
  const int eighth = 8 * step / count;
  const int rest = 8 * step - eighth * count;
  const bool is_odd = eighth % 2 != 0;  // then counted back from the next quarter
  const double x = 0.78539816339744831 * (static_cast<double>(is_odd ? count - rest : rest) / count);
  const double square = x * x;
  double sine = 1.0;
  double cosine = 1.0;
  for (int n = 16; n >= 2; n -= 2) {
    cosine = 1.0 - square / (n * (n - 1)) * cosine;
    sine = 1.0 - square / (n * (n + 1)) * sine;
  }
  sine *= is_odd ? -x : x;
  switch ((eighth + 1) / 2 % 4) {
    case 0:
      return {sine, cosine};
    case 1:
      return {cosine, 0.0 - sine};
    case 2:
      return {0.0 - sine, 0.0 - cosine};
    default:
      return {0.0 - cosine, sine};
  }
}

}  // namespace archmlp::transform
