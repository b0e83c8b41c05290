#pragma once

#include <map>
#include <string>
#include <vector>

#include "archmlp/contract/value.h"
#include "archmlp/predict/predictor.h"

namespace archmlp::serve {

/// What a model knows of the values of a column.
struct KnownValues {
  std::vector<contract::Value> values;
  bool refuses_others = false;
};

/// By column, of records in that form; only where the values reach the model, or a step that encodes them, as
/// they come.
std::map<std::string, KnownValues> known_values(const predict::Predictor& predictor,
                                                predict::RecordForm form);

}  // namespace archmlp::serve
