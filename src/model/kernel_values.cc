#include "archmlp/model/kernel_values.h"

#include <cstdint>

// Highway compiles this file once for each instruction set and picks one when the program runs. Every
// operation here is one that IEEE 754 rounds the same everywhere: no fused multiply-add, no approximation.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "archmlp/model/kernel_values.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace archmlp::model::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr std::size_t kWidth = 8;  // of a panel
using Doubles = hn::CappedTag<double, kWidth / 2>;
using Vector = hn::Vec<Doubles>;

constexpr double one_over_factorial(int number) noexcept {
  double product = 1;
  for (int factor = 2; factor <= number; ++factor) product *= factor;
  return 1 / product;
}

/// e^x by its series up to r^13 / 13!, |r| <= ln 2 / 2; 0 below the least normal number, and as at 709 above
/// it.
HWY_INLINE Vector exp_of(Doubles d, Vector x) {
  constexpr double kLeast = -708, kMost = 709;
  constexpr int kTerms = 13;
  const auto too_small = hn::Lt(x, hn::Set(d, kLeast));
  x = hn::Min(hn::Max(x, hn::Set(d, kLeast)), hn::Set(d, kMost));
  const Vector power = hn::Round(hn::Mul(x, hn::Set(d, 1.44269504088896340736)));
  Vector rest = hn::Sub(x, hn::Mul(power, hn::Set(d, 6.93145751953125e-1)));
  rest = hn::Sub(rest, hn::Mul(power, hn::Set(d, 1.42860682030941723212e-6)));
  Vector sum = hn::Set(d, one_over_factorial(kTerms));
  for (int term = kTerms - 1; term >= 0; --term)
    sum = hn::Add(hn::Mul(sum, rest), hn::Set(d, one_over_factorial(term)));
  const hn::RebindToSigned<Doubles> di;
  const auto exponent = hn::Add(hn::ConvertTo(di, power), hn::Set(di, std::int64_t{1023}));
  const Vector scale = hn::BitCast(d, hn::ShiftLeft<52>(exponent));
  return hn::IfThenZeroElse(too_small, hn::Mul(sum, scale));
}

/// `sum`: the squared distance for rbf, else the inner product.
HWY_INLINE Vector kernel_of(Doubles d, const Kernel& kernel, Vector sum) {
  if (kernel.kind == KernelKind::kLinear) return sum;
  const Vector scaled = hn::Mul(hn::Set(d, kernel.gamma), sum);
  if (kernel.kind == KernelKind::kRbf) return exp_of(d, hn::Neg(scaled));
  Vector base = hn::Add(scaled, hn::Set(d, kernel.coef0));
  const Vector one = hn::Set(d, 1.0);
  if (kernel.kind == KernelKind::kSigmoid) {
    const Vector two = hn::Set(d, 2.0);
    return hn::Sub(one, hn::Div(two, hn::Add(exp_of(d, hn::Mul(two, base)), one)));
  }
  Vector product = one;
  for (std::uint32_t left = kernel.degree; left != 0; left >>= 1U) {
    if ((left & 1U) != 0) product = hn::Mul(product, base);
    base = hn::Mul(base, base);
  }
  return product;
}

/// What two categories add, as the one-hot rows that they stand for; below 0 is none, a row of zeros.
template <bool kDistance>
HWY_INLINE Vector category_term(Doubles d, Vector a, Vector b) {
  const Vector zero = hn::Zero(d), one = hn::Set(d, 1.0);
  const auto a_is_one = hn::Ge(a, zero), are_equal = hn::Eq(a, b);
  if constexpr (!kDistance) return hn::IfThenElseZero(hn::And(a_is_one, are_equal), one);
  const Vector both = hn::Add(hn::IfThenElseZero(a_is_one, one), hn::IfThenElseZero(hn::Ge(b, zero), one));
  return hn::IfThenZeroElse(are_equal, both);
}

/// Two vectors of a panel with some rows: the sums go by the features, one after the other.
template <bool kDistance, std::size_t kRows>
HWY_INLINE void compute_pair(Doubles d, const KernelValues& job, std::size_t panel, std::size_t offset) {
  const std::size_t lanes = hn::Lanes(d);
  const hn::Rebind<float, Doubles> df;
  const float* HWY_RESTRICT vectors = job.panels + panel * job.depth * kWidth + offset;
  Vector first[kRows], second[kRows];
  for (std::size_t row = 0; row < kRows; ++row) first[row] = second[row] = hn::Zero(d);
  for (std::size_t k = 0; k < job.depth; ++k) {
    const Vector s0 = hn::PromoteTo(d, hn::LoadU(df, vectors)),
                 s1 = hn::PromoteTo(d, hn::LoadU(df, vectors + lanes));
    const bool is_category = job.category_counts != nullptr && job.category_counts[k] > 0;
    for (std::size_t row = 0; row < kRows; ++row) {
      const Vector x = hn::Set(d, static_cast<double>(job.rows[row][k]));
      if (is_category) {
        first[row] = hn::Add(first[row], category_term<kDistance>(d, x, s0));
        second[row] = hn::Add(second[row], category_term<kDistance>(d, x, s1));
      } else if constexpr (kDistance) {
        const Vector d0 = hn::Sub(x, s0), d1 = hn::Sub(x, s1);
        first[row] = hn::Add(first[row], hn::Mul(d0, d0));
        second[row] = hn::Add(second[row], hn::Mul(d1, d1));
      } else {
        first[row] = hn::Add(first[row], hn::Mul(x, s0));
        second[row] = hn::Add(second[row], hn::Mul(x, s1));
      }
    }
    vectors += kWidth;
  }
  const std::size_t place = panel * kWidth + offset;
  for (std::size_t row = 0; row < kRows; ++row) {
    hn::StoreU(kernel_of(d, job.kernel, first[row]), d, job.out[row] + place);
    hn::StoreU(kernel_of(d, job.kernel, second[row]), d, job.out[row] + place + lanes);
  }
}

template <bool kDistance, std::size_t kRows>
void compute_panels(const KernelValues& job) {
  const Doubles d;
  const std::size_t step = 2 * hn::Lanes(d);
  for (std::size_t panel = 0; panel < job.panel_count; ++panel) {
    for (std::size_t offset = 0; offset < kWidth; offset += step)
      compute_pair<kDistance, kRows>(d, job, panel, offset);
  }
}

template <bool kDistance>
void compute_rows(const KernelValues& job) {
  if (job.row_count == 1) {
    compute_panels<kDistance, 1>(job);
  } else {
    compute_panels<kDistance, kKernelRows>(job);
  }
}

void compute(const KernelValues& job) {
  if (job.kernel.kind == KernelKind::kRbf) {
    compute_rows<true>(job);
  } else {
    compute_rows<false>(job);
  }
}

}  // namespace archmlp::model::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace archmlp::model {

HWY_EXPORT(compute);

void compute_kernel_values(const KernelValues& job) noexcept { HWY_DYNAMIC_DISPATCH(compute)(job); }

}  // namespace archmlp::model
#endif
