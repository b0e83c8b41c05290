#include "archmlp/train/criteria.h"
#include "archmlp/train/grow_with.h"
#include "archmlp/train/multiclass_search.h"

namespace archmlp::train {
namespace {

using Trees = base::Result<std::vector<GrownTree>>;

template <typename Count, typename Bin>
Trees grow_counts(const GrowJob<Bin>& job) {
  const std::vector<std::uint64_t> units = weight_units(job.plan, job.labels);
  const auto make_row = [&](std::size_t row, std::uint8_t draws) {
    return ClassRow<Count>{job.labels.class_indices[row], static_cast<Count>(units[row] * draws)};
  };
  const SplitLimits limits = split_limits(job.plan);
  const std::size_t classes = job.plan.class_count;
  if (job.plan.criterion == Criterion::kGini) {
    return grow_with(job, MulticlassSearch<MulticlassGini, Count, Bin>(classes, limits), make_row);
  }
  return grow_with(job, MulticlassSearch<MulticlassEntropy, Count, Bin>(classes, limits), make_row);
}

}  // namespace

template <>
Trees grow_multiclass(const GrowJob<std::uint8_t>& job) {
  return job.plan.has_sample_weights ? grow_counts<std::uint64_t>(job) : grow_counts<std::uint32_t>(job);
}

template <>
Trees grow_multiclass(const GrowJob<std::uint16_t>& job) {
  return grow_counts<std::uint64_t>(job);
}

}  // namespace archmlp::train
