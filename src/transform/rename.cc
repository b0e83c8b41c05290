#include <nlohmann/json.hpp>

#include "archmlp/base/try.h"
#include "archmlp/transform/binding.h"
#include "archmlp/transform/step_readers.h"
#include "archmlp/transform/steps.h"

namespace archmlp::transform {
namespace {

class BoundRename final : public BoundStep {
 public:
  explicit BoundRename(contract::Schema output) : BoundStep(std::move(output)) {}

  base::Result<table::Table> apply(const table::Table& rows, BatchNotes&) const override {
    std::vector<table::Column> columns;
    columns.reserve(rows.columns().size());
    for (std::size_t i = 0; i < rows.columns().size(); ++i) {
      columns.push_back(rows.column(i).renamed(output().columns[i].name));
    }
    return make_table(std::move(columns), rows.row_count());
  }
  base::Status apply(table::Record&, RecordScratch&) const override { return {}; }
  std::vector<bool> inputs_needed(const std::vector<bool>& needed) const override { return needed; }
};

class Rename final : public Step {
 public:
  explicit Rename(std::vector<std::pair<std::string, std::string>> names) : names_(std::move(names)) {}
  std::string_view kind() const noexcept override { return "rename"; }
  nlohmann::ordered_json to_json() const override {
    nlohmann::ordered_json pairs = nlohmann::ordered_json::array();
    for (const auto& [from, to] : names_) pairs.push_back(nlohmann::ordered_json::array({from, to}));
    return {{"kind", kind()}, {"names", std::move(pairs)}};
  }

  base::Result<std::unique_ptr<const BoundStep>> bind(const contract::Schema& input) const override {
    std::vector<std::string> old_names;
    for (const auto& [from, to] : names_) old_names.push_back(from);
    const std::vector<std::size_t> indices = TRY(require_columns(input, old_names));
    contract::Schema output = input;
    for (std::size_t i = 0; i < indices.size(); ++i) output.columns[indices[i]].name = names_[i].second;
    TRY(require_distinct_names(output));
    return std::unique_ptr<const BoundStep>(std::make_unique<BoundRename>(std::move(output)));
  }

 private:
  std::vector<std::pair<std::string, std::string>> names_;
};

}  // namespace

StepPointer make_rename(std::vector<std::pair<std::string, std::string>> names) {
  return std::make_shared<Rename>(std::move(names));
}

base::Result<StepPointer> read_rename(const contract::JsonObject& object) {
  TRY(object.only({"kind", "names"}));
  return make_rename(TRY(read_text_pairs(object, "names")));
}

}  // namespace archmlp::transform
