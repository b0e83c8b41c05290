#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/predict/predictor.h"
#include "archmlp/serve/datatype.h"

namespace archmlp::serve {

/// A tensor that a model answers with: `prediction` [n], `probabilities` [n, classes], `decision_function`
/// [n, decisions].
struct V2Output {
  std::string name;
  Datatype datatype = Datatype::kFp64;
  bool is_prediction = false;
  std::size_t first = 0;        // of its values among the outputs of a row
  std::size_t width = 1;        // how many they are
  std::string parameters_json;  // what the second dimension counts; empty if there is none
};
std::vector<V2Output> v2_outputs_of(const predict::Predictor& predictor);

/// Those that are asked for, in that order; all of them if none is. Errors: kInvalidInput, `where` =
/// `outputs[i].name`, for one that the model does not have (near names), or that is asked for twice.
base::Status choose_outputs(const std::vector<V2Output>& all, std::span<const std::string_view> wanted,
                            std::vector<const V2Output*>& chosen);

}  // namespace archmlp::serve
