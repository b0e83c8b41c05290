#include "archmlp/svm/sparse_block.h"

// Highway compiles this file once for each instruction set and picks one when the program runs.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "archmlp/svm/sparse_block.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace archmlp::svm::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Two vectors at a time, so that sums are independent of each other.
template <typename T>
using SpreadTag = hn::CappedTag<T, kSpreadRows<T> / 2>;

template <typename T>
void spread_dots(std::span<const SparseEntries> entries, const T* HWY_RESTRICT spread, T* HWY_RESTRICT dots) {
  const SpreadTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  for (const SparseEntries& row : entries) {
    for (std::size_t offset = 0; offset < kSpreadRows<T>; offset += 2 * lanes) {
      auto first = hn::Zero(d), second = first;
      for (std::size_t i = 0; i < row.count; ++i) {
        const T* from = spread + row.columns[i] * kSpreadRows<T> + offset;
        const auto value = hn::Set(d, static_cast<T>(row.values[i]));
        first = hn::MulAdd(value, hn::LoadU(d, from), first);
        second = hn::MulAdd(value, hn::LoadU(d, from + lanes), second);
      }
      hn::StoreU(first, d, dots + offset);
      hn::StoreU(second, d, dots + offset + lanes);
    }
    dots += kSpreadRows<T>;
  }
}

void spread_dots_of_floats(std::span<const SparseEntries> entries, const float* spread, float* dots) {
  spread_dots(entries, spread, dots);
}
void spread_dots_of_doubles(std::span<const SparseEntries> entries, const double* spread, double* dots) {
  spread_dots(entries, spread, dots);
}

}  // namespace archmlp::svm::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace archmlp::svm {

HWY_EXPORT(spread_dots_of_floats);
HWY_EXPORT(spread_dots_of_doubles);

void sparse_dots(std::span<const SparseEntries> entries, const float* spread, float* dots) noexcept {
  HWY_DYNAMIC_DISPATCH(spread_dots_of_floats)(entries, spread, dots);
}
void sparse_dots(std::span<const SparseEntries> entries, const double* spread, double* dots) noexcept {
  HWY_DYNAMIC_DISPATCH(spread_dots_of_doubles)(entries, spread, dots);
}

}  // namespace archmlp::svm
#endif
