#include "archmlp/svm/pair_search.h"

#include <limits>

// Highway compiles this file once for each instruction set and picks one when the program runs.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "archmlp/svm/pair_search.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace archmlp::svm::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Doubles = hn::CappedTag<double, 8>;
using Vector = hn::Vec<Doubles>;

HWY_INLINE Vector load_doubles(Doubles d, const double* values) { return hn::LoadU(d, values); }
HWY_INLINE Vector load_doubles(Doubles d, const float* values) {
  return hn::PromoteTo(d, hn::LoadU(hn::Rebind<float, Doubles>(), values));
}

/// The lane with the largest value; among equals that of the lowest index. Indices are exact as doubles.
HWY_INLINE std::size_t best_index(Doubles d, Vector values, Vector indices, double& best) {
  double value[8], index[8];
  hn::StoreU(values, d, value);
  hn::StoreU(indices, d, index);
  std::size_t lane = 0;
  for (std::size_t i = 1; i < hn::Lanes(d); ++i) {
    if (value[i] > value[lane] || (value[i] == value[lane] && index[i] < index[lane])) lane = i;
  }
  best = value[lane];
  return static_cast<std::size_t>(index[lane]);
}

template <typename T>
Extremes search(const StepPass<T>& pass) {
  const Doubles d;
  const std::size_t lanes = hn::Lanes(d);
  const auto step = hn::Set(d, pass.step);
  auto most = hn::Set(d, -std::numeric_limits<double>::infinity()), most_at = hn::Zero(d);
  auto least = hn::Set(d, std::numeric_limits<double>::infinity());
  auto index = hn::Iota(d, 0);
  const auto next = hn::Set(d, static_cast<double>(lanes));
  for (std::size_t k = 0; k < pass.count; k += lanes) {
    const auto change = hn::Sub(load_doubles(d, pass.row_up + k), load_doubles(d, pass.row_down + k));
    const auto gradient = hn::MulAdd(step, change, hn::LoadU(d, pass.gradient + k));
    hn::StoreU(gradient, d, pass.gradient + k);
    const auto up = hn::Sub(hn::LoadU(d, pass.up_wall + k), gradient);
    const auto better = hn::Gt(up, most);
    most = hn::IfThenElse(better, up, most);
    most_at = hn::IfThenElse(better, index, most_at);
    least = hn::Min(least, hn::Sub(hn::LoadU(d, pass.down_wall + k), gradient));
    index = hn::Add(index, next);
  }
  Extremes found;
  found.up = best_index(d, most, most_at, found.most_up);
  found.least_down = hn::GetLane(hn::MinOfLanes(d, least));
  return found;
}

template <typename T>
std::size_t partner(const PartnerPass<T>& pass) {
  const Doubles d;
  const std::size_t lanes = hn::Lanes(d);
  const auto most_up = hn::Set(d, pass.most_up), diagonal_up = hn::Set(d, pass.diagonal_up);
  const auto two = hn::Set(d, 2.0), least_curvature = hn::Set(d, kLeastCurvature);
  auto best = hn::Set(d, -1.0), best_at = hn::Zero(d);
  auto index = hn::Iota(d, 0);
  const auto next = hn::Set(d, static_cast<double>(lanes));
  for (std::size_t k = 0; k < pass.count; k += lanes) {
    const auto down = hn::Sub(hn::LoadU(d, pass.down_wall + k), hn::LoadU(d, pass.gradient + k));
    const auto pull = hn::Sub(most_up, down);  // -inf where β cannot fall
    auto curvature = hn::Add(diagonal_up, hn::LoadU(d, pass.diagonal + k));
    curvature = hn::NegMulAdd(two, load_doubles(d, pass.row_up + k), curvature);
    curvature = hn::IfThenElse(hn::Gt(curvature, hn::Zero(d)), curvature, least_curvature);
    const auto gain = hn::Div(hn::Mul(pull, pull), curvature);
    const auto better = hn::And(hn::Gt(pull, hn::Zero(d)), hn::Gt(gain, best));
    best = hn::IfThenElse(better, gain, best);
    best_at = hn::IfThenElse(better, index, best_at);
    index = hn::Add(index, next);
  }
  double gain = 0;
  return best_index(d, best, best_at, gain);
}

Extremes search_floats(const StepPass<float>& pass) { return search(pass); }
Extremes search_doubles(const StepPass<double>& pass) { return search(pass); }
std::size_t partner_floats(const PartnerPass<float>& pass) { return partner(pass); }
std::size_t partner_doubles(const PartnerPass<double>& pass) { return partner(pass); }

}  // namespace archmlp::svm::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace archmlp::svm {

HWY_EXPORT(search_floats);
HWY_EXPORT(search_doubles);
HWY_EXPORT(partner_floats);
HWY_EXPORT(partner_doubles);

Extremes step_and_search(const StepPass<float>& pass) noexcept {
  return HWY_DYNAMIC_DISPATCH(search_floats)(pass);
}
Extremes step_and_search(const StepPass<double>& pass) noexcept {
  return HWY_DYNAMIC_DISPATCH(search_doubles)(pass);
}
std::size_t find_partner(const PartnerPass<float>& pass) noexcept {
  return HWY_DYNAMIC_DISPATCH(partner_floats)(pass);
}
std::size_t find_partner(const PartnerPass<double>& pass) noexcept {
  return HWY_DYNAMIC_DISPATCH(partner_doubles)(pass);
}

}  // namespace archmlp::svm
#endif
