#pragma once

#include "archmlp/base/result.h"
#include "archmlp/predict/predictor.h"

namespace archmlp::serve {

/// May `candidate` take the place of `served` without its clients noticing anything but other predictions? It
/// must have the same label and classes, take the same form of records, and need the same columns with the
/// same kinds; a column of integers may become one of reals. Errors: kInvalidInput that names the first
/// difference.
base::Status check_same_contract(const predict::Predictor& served, const predict::Predictor& candidate);

}  // namespace archmlp::serve
