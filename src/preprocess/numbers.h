#pragma once

#include <span>
#include <string>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/preprocess/fit_steps.h"

// Statistics of the numbers of training rows. They depend on the values and their order alone.

namespace archmlp::preprocess {

/// The columns named, or every integer and real column if none is.
/// Errors: kInvalidInput for an absent column or text.
base::Result<std::vector<const contract::ColumnSchema*>> number_columns(const std::vector<std::string>& names,
                                                                        const FitInput& input);
/// The values of the training rows that are not missing, in row order. Errors: kInvalidInput if there is
/// none.
base::Result<std::vector<double>> training_numbers(const std::string& column, const FitInput& input);

/// Compensated. Source: Neumaier 1974.
double sum(std::span<const double> values) noexcept;

struct Moments {
  double mean = 0.0;
  double standard_deviation = 0.0;  // of the population; 0 if and only if all values are equal
};
/// Not finite where a sum is not. Precondition: there is a value.
Moments moments(std::span<const double> values);

/// With linear interpolation, as numpy.quantile. Shape: share in [0, 1], `sorted` ascending and not empty.
double quantile(std::span<const double> sorted, double share) noexcept;

/// The Error where a statistic of a column is not finite.
base::Error beyond_double(std::string_view column, std::string_view statistic);

}  // namespace archmlp::preprocess
