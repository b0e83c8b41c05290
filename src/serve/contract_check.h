#pragma once

#include "archmlp/base/result.h"
#include "archmlp/predict/predictor.h"

namespace archmlp::serve {

/// Can `next` take the place of `served` without a client noticing? The label must be the same, and every
/// record that `served` accepts must suit `next`: no column that it did not ask for, none of another kind,
/// none that may no longer be missing. Errors: kContractBroken, which says what differs.
base::Status check_takes_place_of(const predict::Predictor& served, const predict::Predictor& next);

}  // namespace archmlp::serve
