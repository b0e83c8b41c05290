#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/model/matrix_view.h"
#include "archmlp/table/table.h"

namespace archmlp::bundle {

/// The columns `features` of `rows` as float32, row-major, [rows, features]: the one cast from a table to
/// what models see. Missing is NaN. Errors: kInvalidInput for a text column (hint: one_hot), an absent one,
/// or a number beyond float32 (column and row) in a row that is not marked in `skipped` ([rows] of 0/1, or
/// empty).
base::Result<std::vector<float>> to_matrix(const table::Table& rows, std::span<const std::string> features,
                                           std::span<const std::uint8_t> skipped = {});

/// The cast itself. Errors: none; an infinite result means "out of range".
float to_feature(double value) noexcept;

/// The Error for that.
base::Error beyond_float32(std::string_view column, double value);

}  // namespace archmlp::bundle
