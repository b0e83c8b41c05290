#pragma once

#include <memory>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/contract/schema.h"
#include "archmlp/table/record.h"
#include "archmlp/table/table.h"
#include "archmlp/transform/step.h"

namespace archmlp::transform {

/// The fitted steps in order, bound to a raw schema (without the label): from raw records to features.
/// Immutable, safe from many threads.
class Plan {
 public:
  /// Errors: as Step::bind, with the step's number and kind in `where`.
  static base::Result<Plan> bind(const std::vector<StepPointer>& steps, const contract::Schema& input);

  const contract::Schema& input() const noexcept { return input_; }
  const contract::Schema& output() const noexcept;
  /// Per input column: does any output or filter depend on it? Others may be absent from a record.
  const std::vector<bool>& needed() const noexcept { return needed_; }

  /// Precondition: columns as input(), in order.
  base::Result<table::Table> apply(const table::Table& rows, BatchNotes& notes) const;
  /// Clears `scratch` first; text in `record` may point into it, so it must live until the record is used up.
  base::Status apply(table::Record& record, RecordScratch& scratch) const;
  /// The same, but the last step may leave columns of 0 and 1 out: see BoundStep::apply_sparsely.
  base::Status apply_sparsely(table::Record& record, RecordScratch& scratch) const;

 private:
  contract::Schema input_;
  std::vector<bool> needed_;
  std::vector<std::unique_ptr<const BoundStep>> steps_;
};

}  // namespace archmlp::transform
