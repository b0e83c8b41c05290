#pragma once

#include <span>
#include <string>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/model/matrix_view.h"
#include "archmlp/table/table.h"

namespace archmlp::bundle {

/// The columns `features` of `rows` as float32, row-major, [rows, features]: the one cast from a table to
/// what models see. Missing is NaN. Errors: kInvalidInput for a text column (hint: one_hot), an absent one,
/// or a number beyond float32 (column and row).
base::Result<std::vector<float>> to_matrix(const table::Table& rows, std::span<const std::string> features);

/// The cast itself. Errors: none; an infinite result means "out of range".
float to_feature(double value) noexcept;

}  // namespace archmlp::bundle
