#pragma once

#include <optional>

#include "archmlp/base/result.h"
#include "archmlp/contract/dataset_contract.h"
#include "archmlp/transform/plan.h"

namespace archmlp::transform {

/// The raw schema without the label: what a record of the outside world holds.
contract::Schema raw_record_schema(const contract::DatasetContract& contract);

/// Does what a contract says agree with itself: distinct features, a label that is none of them,
/// classes in order and of the label's kind, steps that lead from the raw schema to the features? Gives the
/// bound steps, none for a feature-level contract. Trainer and loader rely on exactly this. Errors:
/// kInvalidInput, `where` = the part of the contract.
base::Result<std::optional<Plan>> check_contract(const contract::DatasetContract& contract);

}  // namespace archmlp::transform
