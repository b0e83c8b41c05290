#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/contract/class_weight.h"
#include "archmlp/contract/schema.h"
#include "archmlp/prepared/prepared_data.h"
#include "archmlp/train/forest_trainer.h"

namespace archmlp::train_stage {

struct TaskChoice {
  contract::LabelSchema label;
  bool was_guessed = false;
};

/// What is predicted: as `wanted`, else as the contract says, else as the label column suggests.
/// Errors: kInvalidInput: a label that cannot be predicted that way.
base::Result<TaskChoice> choose_task(const prepared::PreparedData& data, std::optional<contract::Task> wanted,
                                     const std::string& source_name);

/// The label column as the trainer takes it.
/// Errors: kInvalidInput; kContractBroken if the contract's classes lack a value.
base::Result<train::Labels> make_labels(const prepared::PreparedData& data,
                                        const contract::LabelSchema& label, const std::string& source_name);

/// Weights by the label's own classes, in class order. Errors: kInvalidInput: a weight for no class, weights
/// for a regression.
base::Result<contract::ClassWeights> settle_class_weight(const contract::ClassWeights& given,
                                                         const contract::LabelSchema& label);

}  // namespace archmlp::train_stage
