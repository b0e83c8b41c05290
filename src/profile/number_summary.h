#pragma once

#include <cstdint>
#include <span>

#include "archmlp/profile/profile.h"

namespace archmlp::profile {

/// The exact integer sum, or the compensated sum of the reals, over the count. Precondition: not empty.
double mean_of(std::span<const std::int64_t> sorted);
double mean_of(std::span<const double> sorted);

/// Precondition: sorted, not empty, finite.
NumberSummary summarize_numbers(std::span<const std::int64_t> sorted, double mean);
NumberSummary summarize_numbers(std::span<const double> sorted, double mean);

/// Bins of a round width (1, 2 or 5 times a power of ten), between 8 and 50 of them, about as fine as
/// Freedman and Diaconis 1981 advise; integers that span less than 50 get one each. If the middle 98 % of the
/// values fill less than a fifth of their range, only those are binned.
Histogram bin_numbers(std::span<const std::int64_t> sorted);
Histogram bin_numbers(std::span<const double> sorted);

}  // namespace archmlp::profile
