// pca: columns projected onto fewer directions.

#include <fmt/format.h>

#include <utility>

#include "archmlp/base/try.h"
#include "archmlp/transform/number_map.h"
#include "archmlp/transform/readers.h"
#include "archmlp/transform/replaced_columns.h"
#include "archmlp/transform/step_support.h"
#include "archmlp/transform/steps.h"

namespace archmlp::transform {
namespace {

using base::Error;
using base::Result;
using base::Status;
using contract::ColumnKind;
using Json = nlohmann::ordered_json;

class BoundPca final : public BoundStep {
 public:
  /// Shapes: sources [p], mean [p], components [k, p].
  BoundPca(contract::Schema output, ReplacedColumns layout, std::vector<std::size_t> sources,
           std::vector<double> mean, std::vector<std::vector<double>> components)
      : BoundStep(std::move(output)),
        layout_(std::move(layout)),
        sources_(std::move(sources)),
        mean_(std::move(mean)),
        components_(std::move(components)) {}

  Result<table::Table> apply(const table::Table& rows, BatchNotes& /*notes*/) const override {
    std::vector<table::Column> columns = layout_.kept(rows);
    std::vector<std::vector<double>> made(components_.size(), std::vector<double>(rows.row_count(), 0.0));
    std::vector<double> numbers(rows.row_count());
    // A source at a time, so that each sum has the order that a record's has.
    for (std::size_t source = 0; source < sources_.size(); ++source) {
      table::copy_as_doubles(rows.column(sources_[source]), numbers);
      for (std::size_t component = 0; component < made.size(); ++component) {
        for (std::size_t row = 0; row < numbers.size(); ++row) {
          made[component][row] = added(made[component][row], component, source, numbers[row]);
        }
      }
    }
    for (std::vector<double>& values : made) {
      columns.emplace_back(output().columns[columns.size()].name, table::RealCells{std::move(values)});
    }
    return table_of(std::move(columns), rows.row_count());
  }

  Status apply(table::Record& record, RecordScratch& scratch) const override {
    table::Record& spare = scratch.spare;
    layout_.keep(record, spare);
    for (std::size_t component = 0; component < components_.size(); ++component) {
      double sum = 0.0;
      for (std::size_t source = 0; source < sources_.size(); ++source) {
        sum = added(sum, component, source, record[sources_[source]].as_double());
      }
      spare.push_back(table::Cell::of(sum));
    }
    record.swap(spare);
    return {};
  }

  std::vector<bool> inputs_needed(const std::vector<bool>& needed) const override {
    // Each component is made of every source: as if all were made of the first, and the others followed it.
    std::vector<std::size_t> made_counts(sources_.size(), 0);
    made_counts.front() = components_.size();
    std::vector<bool> result = layout_.inputs_needed(needed, made_counts);
    for (const std::size_t source : sources_) result[source] = result[sources_.front()];
    return result;
  }

 private:
  /// NaN, a missing value, stays.
  double added(double sum, std::size_t component, std::size_t source, double number) const noexcept {
    return as_finite(sum + as_finite(as_finite(number - mean_[source]) * components_[component][source]));
  }

  ReplacedColumns layout_;
  std::vector<std::size_t> sources_;
  std::vector<double> mean_;
  std::vector<std::vector<double>> components_;
};

class Pca final : public Step {
 public:
  explicit Pca(PrincipalComponents fitted) : fitted_(std::move(fitted)) {}

  std::string_view kind() const noexcept override { return "pca"; }
  Json to_json() const override {
    Json json = Json::object();
    json["kind"] = kind();
    json["columns"] = fitted_.columns;
    json["mean"] = fitted_.mean;
    json["components"] = Json::array();
    for (const std::vector<double>& component : fitted_.components) {
      json["components"].push_back(Json{{"loadings", component}});
    }
    return json;
  }
  Result<std::unique_ptr<const BoundStep>> bind(const contract::Schema& input) const override {
    std::vector<std::size_t> indices = TRY(find_number_columns(input, fitted_.columns));
    ReplacedColumns layout(input, indices);
    contract::Schema output = layout.kept(input);
    bool any_nullable = false;
    for (const std::size_t index : indices) any_nullable = any_nullable || input.columns[index].nullable;
    for (std::size_t component = 0; component < fitted_.components.size(); ++component) {
      output.columns.push_back(made_column(fmt::format("pca_{}", component), ColumnKind::kReal));
      output.columns.back().nullable = any_nullable;
    }
    TRY(check_distinct_names(output));
    return std::unique_ptr<const BoundStep>(std::make_unique<BoundPca>(
        std::move(output), std::move(layout), std::move(indices), fitted_.mean, fitted_.components));
  }

 private:
  PrincipalComponents fitted_;
};

}  // namespace

StepPointer make_pca(PrincipalComponents fitted) { return std::make_shared<Pca>(std::move(fitted)); }

Result<StepPointer> read_pca(const contract::JsonObject& json) {
  TRY(json.only({"kind", "columns", "mean", "components"}));
  PrincipalComponents fitted;
  fitted.columns = TRY(json.texts("columns"));
  fitted.mean = TRY(numbers_member(json, "mean"));
  if (fitted.mean.size() != fitted.columns.size() || fitted.columns.empty()) {
    return Error{.message = "expected a mean for each column", .where = json.path() + ".mean"};
  }
  const auto objects = TRY(objects_member(json, "components", {"loadings"}));
  for (const contract::JsonObject& one : objects) {
    fitted.components.push_back(TRY(numbers_member(one, "loadings")));
    if (fitted.components.back().size() != fitted.columns.size()) {
      return Error{.message = "expected a loading for each column", .where = one.path() + ".loadings"};
    }
  }
  return make_pca(std::move(fitted));
}

}  // namespace archmlp::transform
