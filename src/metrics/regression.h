#pragma once

#include <optional>
#include <span>

namespace archmlp::metrics {

// None where undefined (no rows; r2 with a constant label). Precondition: equal sizes.
std::optional<double> root_mean_squared_error(std::span<const double> actual,
                                              std::span<const double> predicted);
std::optional<double> mean_absolute_error(std::span<const double> actual, std::span<const double> predicted);
/// Coefficient of determination: 1 is perfect, 0 as good as the mean, negative worse.
std::optional<double> r2(std::span<const double> actual, std::span<const double> predicted);

}  // namespace archmlp::metrics
