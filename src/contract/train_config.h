#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/contract/field_table.h"
#include "archmlp/contract/forest_params.h"
#include "archmlp/contract/schema.h"
#include "archmlp/contract/svm_params.h"

namespace archmlp::contract {

/// What is trained: the kind of model and its parameters.
struct TrainConfig {
  std::string model = "random_forest";  // one of model_names()
  std::optional<Task> task;             // none: guessed from the label
  ForestParams forest;                  // of random_forest and extra_trees
  SvmParams svm;
  /// The keys that the user gave, so that defaults which depend on the task can tell.
  std::vector<std::string> given;

  bool gives(std::string_view key) const noexcept;
};

/// random_forest, extra_trees, svm.
const std::vector<std::string>& model_names();

/// `model`, `task` and every parameter of that model: fields of a TrainConfig. Precondition: a known model.
const FieldTable& train_fields(std::string_view model);
/// Those of all models, for who describes them. A name that several have is there once, as the forest's.
const FieldTable& all_train_fields();

/// Sets fields from the object `keys`; absent keys keep their values. Errors: kInvalidInput: an unknown key
/// (the nearest names, or the model that has it), or a bad value.
base::Status set_train_keys(TrainConfig& config, const nlohmann::ordered_json& keys, std::string_view path);

}  // namespace archmlp::contract
