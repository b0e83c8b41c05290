#include "archmlp/train/absolute_error_search.h"
#include "archmlp/train/criteria.h"
#include "archmlp/train/grow_with.h"
#include "archmlp/train/split_search.h"

namespace archmlp::train {
namespace {

using Trees = base::Result<std::vector<GrownTree>>;

template <typename Cell, typename Bin>
Trees grow_means(const GrowJob<Bin>& job, const LabelScale& scale, const std::vector<std::uint64_t>& units) {
  const auto make_row = [&](std::size_t row, std::uint8_t draws) {
    return Cell::of(scale.encode(job.labels.values[row]), units[row] * draws);
  };
  const SplitLimits limits = split_limits(job.plan);
  if (job.plan.criterion == Criterion::kPoisson) {
    return grow_with(job, CellSearch<Cell, PoissonDeviance, Bin>(PoissonDeviance(scale), limits), make_row);
  }
  return grow_with(job, CellSearch<Cell, SquaredError, Bin>(SquaredError(scale), limits), make_row);
}

template <typename Bin>
Trees grow_medians(const GrowJob<Bin>& job, const LabelScale& scale,
                   const std::vector<std::uint64_t>& units) {
  const auto make_row = [&](std::size_t row, std::uint8_t draws) {
    return LabelRow{scale.encode(job.labels.values[row]), units[row] * draws};
  };
  return grow_with(job, AbsoluteErrorSearch<Bin>(scale, split_limits(job.plan)), make_row);
}

LabelScale scale_for(const ForestPlan& plan, const Labels& labels) {
  const bool from_zero = plan.criterion == Criterion::kPoisson;
  return LabelScale(labels.values, from_zero ? LabelScale::Start::kZero : LabelScale::Start::kMiddle);
}

}  // namespace

template <>
Trees grow_regression(const GrowJob<std::uint8_t>& job) {
  const LabelScale scale = scale_for(job.plan, job.labels);
  const std::vector<std::uint64_t> units = weight_units(job.plan, job.labels);
  if (job.plan.criterion == Criterion::kAbsoluteError) return grow_medians(job, scale, units);
  return job.plan.has_sample_weights ? grow_means<WeightedMomentCell>(job, scale, units)
                                     : grow_means<MomentCell>(job, scale, units);
}

template <>
Trees grow_regression(const GrowJob<std::uint16_t>& job) {
  const LabelScale scale = scale_for(job.plan, job.labels);
  const std::vector<std::uint64_t> units = weight_units(job.plan, job.labels);
  if (job.plan.criterion == Criterion::kAbsoluteError) return grow_medians(job, scale, units);
  return grow_means<WeightedMomentCell>(job, scale, units);
}

}  // namespace archmlp::train
