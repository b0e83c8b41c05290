#include "archmlp/train/criteria.h"
#include "archmlp/train/grow_with.h"
#include "archmlp/train/split_search.h"

namespace archmlp::train {
namespace {

using Trees = base::Result<std::vector<GrownTree>>;

template <typename Cell, typename Bin>
Trees grow_cells(const GrowJob<Bin>& job) {
  const std::vector<std::uint64_t> units = weight_units(job.plan, job.labels);
  const auto make_row = [&](std::size_t row, std::uint8_t draws) {
    return Cell::of(job.labels.class_indices[row], units[row] * draws);
  };
  const SplitLimits limits = split_limits(job.plan);
  if (job.plan.criterion == Criterion::kGini) {
    return grow_with(job, CellSearch<Cell, PairGini, Bin>(PairGini(), limits), make_row);
  }
  return grow_with(job, CellSearch<Cell, PairEntropy, Bin>(PairEntropy(), limits), make_row);
}

}  // namespace

template <>
Trees grow_binary(const GrowJob<std::uint8_t>& job) {
  if (job.plan.has_sample_weights) return grow_cells<WeightedPairCell>(job);
  const bool draws_are_rows = !job.plan.bootstrap || job.plan.min_samples_leaf == 1;
  return draws_are_rows ? grow_cells<PairCell>(job) : grow_cells<CountedPairCell>(job);
}

// With 16 bits a bin, histograms are large whatever a cell takes.
template <>
Trees grow_binary(const GrowJob<std::uint16_t>& job) {
  return grow_cells<WeightedPairCell>(job);
}

}  // namespace archmlp::train
