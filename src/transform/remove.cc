#include <nlohmann/json.hpp>

#include "archmlp/base/try.h"
#include "archmlp/transform/binding.h"
#include "archmlp/transform/step_readers.h"
#include "archmlp/transform/steps.h"

namespace archmlp::transform {
namespace {

class BoundRemove final : public BoundStep {
 public:
  /// `kept`: input columns in order.
  BoundRemove(contract::Schema output, std::vector<std::size_t> kept, std::size_t input_count)
      : BoundStep(std::move(output)), kept_(std::move(kept)), input_count_(input_count) {}

  base::Result<table::Table> apply(const table::Table& rows, BatchNotes&) const override {
    std::vector<table::Column> columns;
    columns.reserve(kept_.size());
    for (const std::size_t column : kept_) columns.push_back(rows.column(column));
    return make_table(std::move(columns), rows.row_count());
  }

  base::Status apply(table::Record& record, RecordScratch&) const override {
    for (std::size_t i = 0; i < kept_.size(); ++i)
      record[i] = record[kept_[i]];  // kept_ ascends, so i <= kept_[i]
    record.resize(kept_.size());
    return {};
  }

  std::vector<bool> inputs_needed(const std::vector<bool>& needed) const override {
    std::vector<bool> inputs(input_count_);
    for (std::size_t i = 0; i < kept_.size(); ++i) inputs[kept_[i]] = needed[i];
    return inputs;
  }

 private:
  std::vector<std::size_t> kept_;
  std::size_t input_count_;
};

class Remove final : public Step {
 public:
  explicit Remove(std::vector<std::string> columns) : columns_(std::move(columns)) {}
  std::string_view kind() const noexcept override { return "remove"; }
  nlohmann::ordered_json to_json() const override { return {{"kind", kind()}, {"columns", columns_}}; }

  base::Result<std::unique_ptr<const BoundStep>> bind(const contract::Schema& input) const override {
    std::vector<bool> removed(input.columns.size());
    for (const std::size_t column : TRY(require_columns(input, columns_))) removed[column] = true;
    contract::Schema output;
    std::vector<std::size_t> kept;
    for (std::size_t i = 0; i < input.columns.size(); ++i) {
      if (removed[i]) continue;
      kept.push_back(i);
      output.columns.push_back(input.columns[i]);
    }
    return std::unique_ptr<const BoundStep>(
        std::make_unique<BoundRemove>(std::move(output), std::move(kept), input.columns.size()));
  }

 private:
  std::vector<std::string> columns_;
};

}  // namespace

StepPointer make_remove(std::vector<std::string> columns) {
  return std::make_shared<Remove>(std::move(columns));
}

base::Result<StepPointer> read_remove(const contract::JsonObject& object) {
  TRY(object.only({"kind", "columns"}));
  return make_remove(TRY(object.texts("columns")));
}

}  // namespace archmlp::transform
