// remove: leaves columns out.

#include <utility>

#include "archmlp/base/try.h"
#include "archmlp/transform/readers.h"
#include "archmlp/transform/step_support.h"
#include "archmlp/transform/steps.h"

namespace archmlp::transform {
namespace {

using base::Result;
using base::Status;
using Json = nlohmann::ordered_json;

class BoundRemove final : public BoundStep {
 public:
  /// `kept`: ascending input indices.
  BoundRemove(contract::Schema output, std::vector<std::size_t> kept, std::size_t input_count)
      : BoundStep(std::move(output)), kept_(std::move(kept)), input_count_(input_count) {}

  Result<table::Table> apply(const table::Table& rows, BatchNotes& /*notes*/) const override {
    if (kept_.empty()) return table::Table::without_columns(rows.row_count());
    std::vector<table::Column> columns;
    columns.reserve(kept_.size());
    for (const std::size_t index : kept_) columns.push_back(rows.column(index));
    return table::Table::from_columns(std::move(columns));
  }

  Status apply(table::Record& record, RecordScratch& /*scratch*/) const override {
    for (std::size_t index = 0; index < kept_.size(); ++index) record[index] = record[kept_[index]];
    record.resize(kept_.size());
    return {};
  }

  std::vector<bool> inputs_needed(const std::vector<bool>& needed) const override {
    std::vector<bool> result(input_count_, false);
    for (std::size_t index = 0; index < kept_.size(); ++index) result[kept_[index]] = needed[index];
    return result;
  }

 private:
  std::vector<std::size_t> kept_;
  std::size_t input_count_;
};

class Remove final : public Step {
 public:
  explicit Remove(std::vector<std::string> columns) : columns_(std::move(columns)) {}

  std::string_view kind() const noexcept override { return "remove"; }
  Json to_json() const override {
    Json json = Json::object();
    json["kind"] = kind();
    json["columns"] = columns_;
    return json;
  }
  Result<std::unique_ptr<const BoundStep>> bind(const contract::Schema& input) const override {
    std::vector<bool> removed(input.columns.size(), false);
    const auto indices = TRY(find_columns(input, columns_));
    for (const std::size_t index : indices) removed[index] = true;
    contract::Schema output;
    std::vector<std::size_t> kept;
    for (std::size_t index = 0; index < input.columns.size(); ++index) {
      if (removed[index]) continue;
      kept.push_back(index);
      output.columns.push_back(input.columns[index]);
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

Result<StepPointer> read_remove(const contract::JsonObject& json) {
  TRY(json.only({"kind", "columns"}));
  std::vector<std::string> columns = TRY(json.texts("columns"));
  return make_remove(std::move(columns));
}

}  // namespace archmlp::transform
