#pragma once

#include <vector>

#include "archmlp/preprocess/label.h"

// How much a column tells of another or of the label. Rows where a number is missing (NaN) are left out.

namespace archmlp::preprocess {

/// Pearson's; NaN if one of them is constant. Shape: equal lengths.
double correlation(const std::vector<double>& a, const std::vector<double>& b);

/// The F statistic of scikit-learn's f_classif or f_regression. Shape: a number for each training row.
double f_score(const std::vector<double>& numbers, const TrainingLabel& label);

/// In nats, between the label and the numbers cut into intervals with equally many rows: sqrt(rows / 5) of
/// them, 2 to 16 (a number label is cut as well; missing values are an interval of their own), less what is
/// to be expected of unrelated columns. Source: Miller 1955, "Note on the bias of information estimates".
double mutual_information(const std::vector<double>& numbers, const TrainingLabel& label);

}  // namespace archmlp::preprocess
