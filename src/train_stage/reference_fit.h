#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/bundle/reference.h"
#include "archmlp/model/matrix_view.h"

namespace archmlp::train_stage {

/// Counts the rows of `x` in each input's bins. The edges of a number are those of its deciles that are above
/// its least value, finite and distinct: with m values that are not missing the one of rank floor(k m / 10),
/// from 0, for k = 1 to 9. So each bin of a number has rows. Of categories the most frequent have a bin; of
/// equally frequent ones the first. Every row counts once, whatever its weight. Takes at most some
/// 45 MB a thread, however many rows there are.
/// Shape: x [n, p], category_counts [p], 0 for a number. Precondition: n < 2^32. Errors: kResourceLimit.
base::Result<std::vector<bundle::InputDistribution>> count_inputs(
    model::MatrixView x, std::span<const std::uint32_t> category_counts, int thread_count);

}  // namespace archmlp::train_stage
