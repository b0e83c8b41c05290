#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/contract/schema.h"
#include "archmlp/expression/expression.h"
#include "archmlp/table/record.h"
#include "archmlp/table/table.h"

namespace archmlp::transform {

/// What applying steps to a table noticed.
struct BatchNotes {
  std::vector<std::uint8_t> outside;  // 1 where a filter would have dropped the row; empty if nowhere
  std::map<std::string, std::size_t, std::less<>> unknown_categories;  // column -> cells with an unseen value
};

/// Working memory and findings of applying steps to records; one a thread.
struct RecordScratch {
  expression::Scratch expression;
  table::Record spare;                                 // a step that changes the layout writes here and swaps
  std::vector<const std::string*> unknown_categories;  // columns of this record with an unseen value
  std::vector<std::uint32_t> ones;                     // see BoundStep::apply_sparsely

  void clear() noexcept {
    expression.clear();
    unknown_categories.clear();
    ones.clear();
  }
};

/// A fitted step bound to the schema that it is applied to: names are resolved, types are checked.
/// Immutable, safe from many threads. The two forms of apply give the same values to the bit.
class BoundStep {
 public:
  virtual ~BoundStep() = default;
  const contract::Schema& output() const noexcept { return output_; }

  /// Row order and row count are kept: a filter only marks rows in `notes.outside`.
  /// Errors: kInvalidInput, `where` = `row N` (from 1), e.g. an unknown category where the policy is "error".
  virtual base::Result<table::Table> apply(const table::Table& rows, BatchNotes& notes) const = 0;
  /// In place: cells of the input schema become cells of output().
  /// Errors: as above, `where` = the column; kOutsidePopulation from a filter.
  virtual base::Status apply(table::Record& record, RecordScratch& scratch) const = 0;
  /// The same, but columns of 0 and 1 that end output() may be left out: the record may end before them, and
  /// then scratch.ones are the positions of those that are 1. Precondition: scratch.ones is empty.
  virtual base::Status apply_sparsely(table::Record& record, RecordScratch& scratch) const {
    return apply(record, scratch);
  }
  /// Which input columns matter if the output columns marked in `needed` do. Shapes: [outputs] -> [inputs].
  virtual std::vector<bool> inputs_needed(const std::vector<bool>& needed) const = 0;

 protected:
  explicit BoundStep(contract::Schema output) : output_(std::move(output)) {}

 private:
  contract::Schema output_;
};

/// A fitted step. It holds statistics, never rows, so a model file can carry it.
class Step {
 public:
  virtual ~Step() = default;
  /// Stable identifier on disk; the recipe's key for it.
  virtual std::string_view kind() const noexcept = 0;
  /// The fitted state, `kind` included; step_from_json reads it back equal.
  virtual nlohmann::ordered_json to_json() const = 0;
  /// Errors: kInvalidInput if a column is absent (near names) or of a kind that the step cannot treat.
  virtual base::Result<std::unique_ptr<const BoundStep>> bind(const contract::Schema& input) const = 0;
};

using StepPointer = std::shared_ptr<const Step>;

/// Checks every value it will rely on: fitted steps come from files. Errors: kInvalidInput with the key.
base::Result<StepPointer> step_from_json(const nlohmann::ordered_json& json);
base::Result<std::vector<StepPointer>> steps_from_json(const nlohmann::ordered_json& array);
nlohmann::ordered_json to_json(const std::vector<StepPointer>& steps);

}  // namespace archmlp::transform
