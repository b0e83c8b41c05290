#pragma once

#include <cstdint>
#include <span>

#include "archmlp/base/result.h"
#include "archmlp/contract/recipe.h"
#include "archmlp/table/table.h"
#include "archmlp/transform/step.h"

namespace archmlp::preprocess {

/// What a step learns from: all rows as the steps before left them, and which of them are training rows.
struct FitInput {
  const table::Table& rows;
  const contract::Schema& schema;  // of `rows`
  std::span<const std::uint32_t> train_rows;
};

/// Does the step learn anything from rows? Then the split must be known.
bool needs_fitting(const contract::StepConfig& step) noexcept;

/// The fitted step; null if it would change nothing (`one_hot` of all text columns where there is none).
/// Errors: kInvalidInput, `where` empty or a key of the step.
base::Result<transform::StepPointer> fit_step(const contract::StepConfig& step, const FitInput& input);

}  // namespace archmlp::preprocess
