#include "archmlp/svm/kernel_block.h"

#include <cstdint>

// Highway compiles this file once for each instruction set and picks one when the program runs.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "archmlp/svm/kernel_block.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace archmlp::svm::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Half a panel at most, so that a panel is whole pairs of vectors on every target.
template <typename T>
using Tag = hn::CappedTag<T, kPanelRows<T> / 2>;

template <typename T>
struct ExpConstants;

/// The series of e^r up to r^7 / 7!, |r| <= ln 2 / 2: its error is below a rounding.
template <>
struct ExpConstants<float> {
  static constexpr float kLeast = -87.0F, kMost = 88.0F;
  static constexpr float kLn2High = 0.693359375F, kLn2Low = -2.12194440e-4F;
  static constexpr int kTerms = 7, kMantissaBits = 23;
  static constexpr std::int32_t kExponentBias = 127;
};

template <>
struct ExpConstants<double> {
  static constexpr double kLeast = -708.0, kMost = 709.0;
  static constexpr double kLn2High = 6.93145751953125e-1, kLn2Low = 1.42860682030941723212e-6;
  static constexpr int kTerms = 13, kMantissaBits = 52;
  static constexpr std::int64_t kExponentBias = 1023;
};

template <typename T>
constexpr T one_over_factorial(int number) noexcept {
  double product = 1;
  for (int factor = 2; factor <= number; ++factor) product *= factor;
  return static_cast<T>(1 / product);
}

/// e^x; 0 below what T can hold as a normal number, and the value at the largest exponent above it.
template <class D>
HWY_INLINE hn::Vec<D> exp_of(D d, hn::Vec<D> x) {
  using T = hn::TFromD<D>;
  using C = ExpConstants<T>;
  const auto too_small = hn::Lt(x, hn::Set(d, C::kLeast));
  x = hn::Min(hn::Max(x, hn::Set(d, C::kLeast)), hn::Set(d, C::kMost));
  const auto power = hn::Round(hn::Mul(x, hn::Set(d, static_cast<T>(1.44269504088896340736))));
  auto rest = hn::NegMulAdd(power, hn::Set(d, C::kLn2High), x);
  rest = hn::NegMulAdd(power, hn::Set(d, C::kLn2Low), rest);
  auto sum = hn::Set(d, one_over_factorial<T>(C::kTerms));
  for (int term = C::kTerms - 1; term >= 0; --term)
    sum = hn::MulAdd(sum, rest, hn::Set(d, one_over_factorial<T>(term)));
  const hn::RebindToSigned<D> di;
  const auto exponent = hn::Add(hn::ConvertTo(di, power), hn::Set(di, C::kExponentBias));
  const auto scale = hn::BitCast(d, hn::ShiftLeft<C::kMantissaBits>(exponent));
  return hn::IfThenZeroElse(too_small, hn::Mul(sum, scale));
}

/// The constants of a kernel, in vectors.
template <class D>
struct KernelForm {
  using T = hn::TFromD<D>;
  using V = hn::Vec<D>;

  KernelForm(D d, const model::Kernel& kernel)
      : kind(kernel.kind),
        degree(kernel.degree),
        gamma(hn::Set(d, static_cast<T>(kernel.gamma))),
        coef0(hn::Set(d, static_cast<T>(kernel.coef0))) {}

  HWY_INLINE V value(D d, V dot, V norms) const {
    switch (kind) {
      case model::KernelKind::kRbf: {
        const V distance = hn::Max(hn::Zero(d), hn::NegMulAdd(hn::Set(d, T{2}), dot, norms));
        return exp_of(d, hn::Neg(hn::Mul(gamma, distance)));
      }
      case model::KernelKind::kPoly: {
        V base = hn::MulAdd(gamma, dot, coef0), product = hn::Set(d, T{1});
        for (std::uint32_t left = degree; left != 0; left >>= 1U) {
          if ((left & 1U) != 0) product = hn::Mul(product, base);
          base = hn::Mul(base, base);
        }
        return product;
      }
      case model::KernelKind::kSigmoid: {
        const V twice = hn::Mul(hn::Set(d, T{2}), hn::MulAdd(gamma, dot, coef0));
        const V one = hn::Set(d, T{1});
        return hn::Sub(one, hn::Div(hn::Set(d, T{2}), hn::Add(exp_of(d, twice), one)));
      }
      case model::KernelKind::kLinear:
        break;
    }
    return dot;
  }

  model::KernelKind kind;
  std::uint32_t degree;
  V gamma, coef0;
};

/// Two vectors of a panel's rows against the whole group.
template <class D, typename T = hn::TFromD<D>>
HWY_INLINE void compute_pair(D d, const KernelForm<D>& form, const KernelBlock<T>& block, std::size_t panel,
                             std::size_t offset) {
  const std::size_t lanes = hn::Lanes(d);
  const T* HWY_RESTRICT x = block.panels + panel * block.depth * kPanelRows<T> + offset;
  const T* HWY_RESTRICT group = block.group;
  hn::Vec<D> first[kGroupRows], second[kGroupRows];
  for (std::size_t row = 0; row < kGroupRows; ++row) first[row] = second[row] = hn::Zero(d);
  const std::size_t number_depth = block.depth - block.category_depth;
  for (std::size_t k = 0; k < number_depth; ++k) {
    const auto x0 = hn::Load(d, x), x1 = hn::Load(d, x + lanes);
    for (std::size_t row = 0; row < kGroupRows; ++row) {
      const auto z = hn::Set(d, group[row]);
      first[row] = hn::MulAdd(z, x0, first[row]);
      second[row] = hn::MulAdd(z, x1, second[row]);
    }
    x += kPanelRows<T>;
    group += kGroupRows;
  }
  const auto one = hn::Set(d, T{1});
  for (std::size_t k = number_depth; k < block.depth; ++k) {
    const auto x0 = hn::Load(d, x), x1 = hn::Load(d, x + lanes);
    for (std::size_t row = 0; row < kGroupRows; ++row) {
      const auto z = hn::Set(d, group[row]);
      first[row] = hn::Add(first[row], hn::IfThenElseZero(hn::Eq(z, x0), one));
      second[row] = hn::Add(second[row], hn::IfThenElseZero(hn::Eq(z, x1), one));
    }
    x += kPanelRows<T>;
    group += kGroupRows;
  }
  const std::size_t place = panel * kPanelRows<T> + offset;
  const auto norm0 = hn::Load(d, block.panel_norms + place),
             norm1 = hn::Load(d, block.panel_norms + place + lanes);
  for (std::size_t row = 0; row < kGroupRows; ++row) {
    if (row >= block.group_size) break;
    const auto norm = hn::Set(d, block.group_norms[row]);
    hn::StoreU(form.value(d, first[row], hn::Add(norm, norm0)), d, block.out[row] + place);
    hn::StoreU(form.value(d, second[row], hn::Add(norm, norm1)), d, block.out[row] + place + lanes);
  }
}

template <typename T>
void compute(const KernelBlock<T>& block) {
  const Tag<T> d;
  const KernelForm<Tag<T>> form(d, block.kernel);
  const std::size_t step = 2 * hn::Lanes(d);
  for (std::size_t panel = 0; panel < block.panel_count; ++panel) {
    for (std::size_t offset = 0; offset < kPanelRows<T>; offset += step)
      compute_pair(d, form, block, panel, offset);
  }
}

void compute_floats(const KernelBlock<float>& block) { compute(block); }
void compute_doubles(const KernelBlock<double>& block) { compute(block); }

using Doubles = hn::CappedTag<double, 8>;

HWY_INLINE hn::Vec<Doubles> load_doubles(Doubles d, const double* values) { return hn::LoadU(d, values); }
HWY_INLINE hn::Vec<Doubles> load_doubles(Doubles d, const float* values) {
  return hn::PromoteTo(d, hn::LoadU(hn::Rebind<float, Doubles>(), values));
}

/// Several sums at a time stay in registers while the rows go by.
template <typename T>
void add(const T* const* rows, const double* factors, std::size_t row_count, std::size_t count,
         double* sums) {
  const Doubles d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + 4 * lanes <= count; i += 4 * lanes) {
    auto s0 = hn::LoadU(d, sums + i), s1 = hn::LoadU(d, sums + i + lanes);
    auto s2 = hn::LoadU(d, sums + i + 2 * lanes), s3 = hn::LoadU(d, sums + i + 3 * lanes);
    for (std::size_t row = 0; row < row_count; ++row) {
      const auto factor = hn::Set(d, factors[row]);
      const T* values = rows[row] + i;
      s0 = hn::MulAdd(factor, load_doubles(d, values), s0);
      s1 = hn::MulAdd(factor, load_doubles(d, values + lanes), s1);
      s2 = hn::MulAdd(factor, load_doubles(d, values + 2 * lanes), s2);
      s3 = hn::MulAdd(factor, load_doubles(d, values + 3 * lanes), s3);
    }
    hn::StoreU(s0, d, sums + i);
    hn::StoreU(s1, d, sums + i + lanes);
    hn::StoreU(s2, d, sums + i + 2 * lanes);
    hn::StoreU(s3, d, sums + i + 3 * lanes);
  }
  for (; i < count; ++i) {
    for (std::size_t row = 0; row < row_count; ++row)
      sums[i] += factors[row] * static_cast<double>(rows[row][i]);
  }
}

void add_floats(const float* const* rows, const double* factors, std::size_t row_count, std::size_t count,
                double* sums) {
  add(rows, factors, row_count, count, sums);
}
void add_doubles(const double* const* rows, const double* factors, std::size_t row_count, std::size_t count,
                 double* sums) {
  add(rows, factors, row_count, count, sums);
}

}  // namespace archmlp::svm::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace archmlp::svm {

HWY_EXPORT(compute_floats);
HWY_EXPORT(compute_doubles);
HWY_EXPORT(add_floats);
HWY_EXPORT(add_doubles);

void compute_kernel(const KernelBlock<float>& block) noexcept { HWY_DYNAMIC_DISPATCH(compute_floats)(block); }
void compute_kernel(const KernelBlock<double>& block) noexcept {
  HWY_DYNAMIC_DISPATCH(compute_doubles)(block);
}

void add_rows(const float* const* rows, const double* factors, std::size_t row_count, std::size_t count,
              double* sums) noexcept {
  HWY_DYNAMIC_DISPATCH(add_floats)(rows, factors, row_count, count, sums);
}
void add_rows(const double* const* rows, const double* factors, std::size_t row_count, std::size_t count,
              double* sums) noexcept {
  HWY_DYNAMIC_DISPATCH(add_doubles)(rows, factors, row_count, count, sums);
}

}  // namespace archmlp::svm
#endif
