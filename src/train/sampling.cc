#include "archmlp/train/sampling.h"

#include <algorithm>

namespace archmlp::train {
namespace {

constexpr std::uint64_t kBootstrapStream = 0x626F6F74;
constexpr std::uint64_t kNodeStream = 0x6E6F6465;
constexpr std::uint64_t kCutStream = 0x63757473;

}  // namespace

void draw_rows(const ForestPlan& plan, std::size_t tree, std::vector<std::uint8_t>& multiplicities) {
  multiplicities.assign(plan.row_count, plan.bootstrap ? 0 : 1);
  if (!plan.bootstrap) return;
  base::Rng rng({plan.seed, tree, kBootstrapStream});
  for (std::size_t i = 0; i < plan.draw_count; ++i) {
    std::uint8_t& count = multiplicities[rng.below(plan.row_count)];
    if (count != 255) ++count;
  }
}

std::uint64_t root_key(const ForestPlan& plan, std::size_t tree) noexcept {
  return base::Rng({plan.seed, tree, kNodeStream}).next();
}

double drawn_share(std::uint64_t node_key, std::uint32_t feature) noexcept {
  return base::Rng({node_key, feature, kCutStream}).uniform();
}

}  // namespace archmlp::train
