#include "archmlp/svm/linear_block.h"

#include "archmlp/svm/kernel_block.h"

// Highway compiles this file once for each instruction set and picks one when the program runs.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "archmlp/svm/linear_block.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace archmlp::svm::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Doubles = hn::CappedTag<double, 8>;
using Vector = hn::Vec<Doubles>;

void load(const float* panels, std::size_t panel_count, std::size_t depth, const double* centre,
          double* values) {
  const Doubles d;
  const hn::Rebind<float, Doubles> singles;
  for (std::size_t panel = 0; panel < panel_count; ++panel) {
    for (std::size_t j = 0; j < depth; ++j) {
      const float* from = panels + (panel * depth + j) * kPanelRows<float>;
      double* to = values + j * kBlockHeight + panel * kPanelRows<float>;
      const auto middle = hn::Set(d, centre[j]);
      for (std::size_t r = 0; r < kPanelRows<float>; r += hn::Lanes(d))
        hn::StoreU(hn::Sub(hn::PromoteTo(d, hn::LoadU(singles, from + r)), middle), d, to + r);
    }
  }
}

void dots(const double* values, std::size_t columns, const double* factors, double* out) {
  const Doubles d;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t r = 0; r < kBlockHeight; r += 4 * lanes) {
    auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
    for (std::size_t j = 0; j < columns; ++j) {
      const auto factor = hn::Set(d, factors[j]);
      const double* from = values + j * kBlockHeight + r;
      s0 = hn::MulAdd(factor, hn::LoadU(d, from), s0);
      s1 = hn::MulAdd(factor, hn::LoadU(d, from + lanes), s1);
      s2 = hn::MulAdd(factor, hn::LoadU(d, from + 2 * lanes), s2);
      s3 = hn::MulAdd(factor, hn::LoadU(d, from + 3 * lanes), s3);
    }
    hn::StoreU(s0, d, out + r);
    hn::StoreU(s1, d, out + r + lanes);
    hn::StoreU(s2, d, out + r + 2 * lanes);
    hn::StoreU(s3, d, out + r + 3 * lanes);
  }
}

void products(const double* values, std::size_t columns, const double* factors, double* totals) {
  const Doubles d;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t j = 0; j < columns; ++j) {
    const double* from = values + j * kBlockHeight;
    auto s0 = hn::Zero(d), s1 = s0;
    for (std::size_t r = 0; r < kBlockHeight; r += 2 * lanes) {
      s0 = hn::MulAdd(hn::LoadU(d, factors + r), hn::LoadU(d, from + r), s0);
      s1 = hn::MulAdd(hn::LoadU(d, factors + r + lanes), hn::LoadU(d, from + r + lanes), s1);
    }
    totals[j] += hn::GetLane(hn::SumOfLanes(d, hn::Add(s0, s1)));
  }
}

void scale(const double* values, std::size_t columns, const double* factors, double* scaled) {
  const Doubles d;
  for (std::size_t j = 0; j < columns; ++j) {
    for (std::size_t r = 0; r < kBlockHeight; r += hn::Lanes(d)) {
      const std::size_t place = j * kBlockHeight + r;
      hn::StoreU(hn::Mul(hn::LoadU(d, factors + r), hn::LoadU(d, values + place)), d, scaled + place);
    }
  }
}

HWY_INLINE void add_tile(const double* values, const double* scaled, double* gram, std::size_t stride) {
  const Doubles d;
  Vector sums[kTileRows][kTileColumns];
  for (auto& row : sums) {
    for (auto& sum : row) sum = hn::Zero(d);
  }
  for (std::size_t r = 0; r < kBlockHeight; r += hn::Lanes(d)) {
    const auto z0 = hn::LoadU(d, scaled + r), z1 = hn::LoadU(d, scaled + kBlockHeight + r),
               z2 = hn::LoadU(d, scaled + 2 * kBlockHeight + r);
    for (std::size_t j = 0; j < kTileRows; ++j) {
      const auto x = hn::LoadU(d, values + j * kBlockHeight + r);
      sums[j][0] = hn::MulAdd(x, z0, sums[j][0]);
      sums[j][1] = hn::MulAdd(x, z1, sums[j][1]);
      sums[j][2] = hn::MulAdd(x, z2, sums[j][2]);
    }
  }
  for (std::size_t j = 0; j < kTileRows; ++j) {
    for (std::size_t k = 0; k < kTileColumns; ++k)
      gram[j * stride + k] += hn::GetLane(hn::SumOfLanes(d, sums[j][k]));
  }
}

void gram_tiles(const double* values, const double* scaled, std::size_t columns, double* gram) {
  const std::size_t stride = padded_to(columns, kTileColumns);
  for (std::size_t j = 0; j < columns; j += kTileRows) {
    for (std::size_t k = j / kTileColumns * kTileColumns; k < columns; k += kTileColumns)
      add_tile(values + j * kBlockHeight, scaled + k * kBlockHeight, gram + j * stride + k, stride);
  }
}

}  // namespace archmlp::svm::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace archmlp::svm {

HWY_EXPORT(load);
HWY_EXPORT(dots);
HWY_EXPORT(products);
HWY_EXPORT(scale);
HWY_EXPORT(gram_tiles);

void load_block(const float* panels, std::size_t panel_count, std::size_t depth, const double* centre,
                double* values) noexcept {
  HWY_DYNAMIC_DISPATCH(load)(panels, panel_count, depth, centre, values);
}

void block_dots(const double* values, std::size_t columns, const double* factors, double* out) noexcept {
  HWY_DYNAMIC_DISPATCH(dots)(values, columns, factors, out);
}

void add_block_products(const double* values, std::size_t columns, const double* factors,
                        double* totals) noexcept {
  HWY_DYNAMIC_DISPATCH(products)(values, columns, factors, totals);
}

void scale_block(const double* values, std::size_t columns, const double* factors, double* scaled) noexcept {
  HWY_DYNAMIC_DISPATCH(scale)(values, columns, factors, scaled);
}

void add_block_gram(const double* values, const double* scaled, std::size_t columns, double* gram) noexcept {
  HWY_DYNAMIC_DISPATCH(gram_tiles)(values, scaled, columns, gram);
}

}  // namespace archmlp::svm
#endif
