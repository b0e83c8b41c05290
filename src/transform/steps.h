#pragma once

#include <string>
#include <utility>
#include <vector>

#include "archmlp/transform/step.h"

// The fitted steps, one factory each; preprocess makes them from what it learnt, step_from_json from a file.

namespace archmlp::transform {

StepPointer make_filter(std::string condition);
StepPointer make_remove(std::vector<std::string> columns);
StepPointer make_rename(std::vector<std::pair<std::string, std::string>> names);

/// `where` is evaluated once, before any column changes. An integer column given a fractional value becomes
/// real; a null value makes missing.
StepPointer make_replace(std::vector<std::string> columns, std::string where, contract::Value with);

/// In order; a later feature may use an earlier one. A name that exists already is replaced in place.
StepPointer make_add_features(std::vector<std::pair<std::string, std::string>> features);

struct ImputedColumn {
  std::string name;
  contract::Value fill;
};
/// Missing values and those equal to one of `missing_values` become the column's fill. A column keeps its
/// kind if the fill has it; an integer column filled with a real becomes real. The columns are not nullable
/// afterwards.
StepPointer make_impute(std::vector<ImputedColumn> columns, std::vector<contract::Value> missing_values);

enum class UnknownPolicy { kIgnore, kError };
struct EncodedColumn {
  std::string name;
  std::vector<contract::Value> categories;  // sorted, without missing
  UnknownPolicy unknown = UnknownPolicy::kIgnore;
};
/// Each column is taken out and its 0/1 integer columns `name_value` are appended behind all others.
/// Missing and unknown values give all zeros; unknown ones are counted or refused by the policy.
StepPointer make_one_hot(std::vector<EncodedColumn> columns);

}  // namespace archmlp::transform
