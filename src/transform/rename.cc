// rename: the same cells under other names.

#include <unordered_set>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/transform/readers.h"
#include "archmlp/transform/step_support.h"
#include "archmlp/transform/steps.h"

namespace archmlp::transform {
namespace {

using base::Error;
using base::Result;
using base::Status;
using Json = nlohmann::ordered_json;

class BoundRename final : public BoundStep {
 public:
  explicit BoundRename(contract::Schema output) : BoundStep(std::move(output)) {}

  Result<table::Table> apply(const table::Table& rows, BatchNotes& /*notes*/) const override {
    if (output().columns.empty()) return rows;
    std::vector<table::Column> columns;
    columns.reserve(output().columns.size());
    for (std::size_t index = 0; index < output().columns.size(); ++index) {
      columns.push_back(rows.column(index).renamed(output().columns[index].name));
    }
    return table::Table::from_columns(std::move(columns));
  }

  Status apply(table::Record& /*record*/, RecordScratch& /*scratch*/) const override { return {}; }
  std::vector<bool> inputs_needed(const std::vector<bool>& needed) const override { return needed; }
};

class Rename final : public Step {
 public:
  explicit Rename(std::vector<std::pair<std::string, std::string>> names) : names_(std::move(names)) {}

  std::string_view kind() const noexcept override { return "rename"; }
  Json to_json() const override {
    Json json = Json::object();
    json["kind"] = kind();
    json["names"] = Json::array();
    for (const auto& [from, to] : names_) json["names"].push_back(Json{{"from", from}, {"to", to}});
    return json;
  }
  Result<std::unique_ptr<const BoundStep>> bind(const contract::Schema& input) const override {
    std::vector<std::string> from;
    for (const auto& [old_name, new_name] : names_) from.push_back(old_name);
    const std::vector<std::size_t> indices = TRY(find_columns(input, from));
    contract::Schema output = input;  // all at once, so that names can be swapped
    for (std::size_t i = 0; i < indices.size(); ++i) {
      if (names_[i].second.empty()) {
        return Error{.message = "the new name of column " + base::quoted(names_[i].first) + " is empty"};
      }
      output.columns[indices[i]].name = names_[i].second;
    }
    std::unordered_set<std::string_view> seen;
    for (const contract::ColumnSchema& column : output.columns) {
      if (seen.insert(column.name).second) continue;
      return Error{.message = "two columns would be named " + base::quoted(column.name),
                   .hint = "remove or rename the other one first"};
    }
    return std::unique_ptr<const BoundStep>(std::make_unique<BoundRename>(std::move(output)));
  }

 private:
  std::vector<std::pair<std::string, std::string>> names_;
};

}  // namespace

StepPointer make_rename(std::vector<std::pair<std::string, std::string>> names) {
  return std::make_shared<Rename>(std::move(names));
}

Result<StepPointer> read_rename(const contract::JsonObject& json) {
  TRY(json.only({"kind", "names"}));
  std::vector<std::pair<std::string, std::string>> names;
  const auto objects = TRY(objects_member(json, "names", {"from", "to"}));
  for (const contract::JsonObject& one : objects) {
    std::string from = TRY(one.text("from"));
    std::string to = TRY(one.text("to"));
    names.emplace_back(std::move(from), std::move(to));
  }
  return make_rename(std::move(names));
}

}  // namespace archmlp::transform
