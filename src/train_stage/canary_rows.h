#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/model/matrix_view.h"
#include "archmlp/model/model.h"

namespace archmlp::train_stage {

/// Rows for a bundle::Canary, at most its kMaxRows, each unlike every training row, that give away no more
/// than single values: each value is that of its column in a training row of its own. Where training rows are
/// fewer than inputs there is one row, with values of all of them. A row that comes out as a training row
/// after all, as small sets of values make likely, is left out, but where there is only one input. Of a model
/// that takes no missing numbers only complete rows. So there may be fewer rows, or none.
/// Shape: x [n, p], the training rows -> [rows, p].
base::Result<std::vector<float>> make_canary_rows(model::MatrixView x, const model::Model& model,
                                                  int thread_count);

}  // namespace archmlp::train_stage
