#include "archmlp/transform/contract_check.h"

#include <fmt/core.h>

#include <cmath>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"

namespace archmlp::transform {
namespace {

using contract::ColumnKind;
using contract::ColumnSchema;
using contract::Value;

bool has_kind(const Value& value, ColumnKind kind) noexcept {
  switch (kind) {
    case ColumnKind::kInteger:
      return std::holds_alternative<std::int64_t>(value);
    case ColumnKind::kReal:
      return std::holds_alternative<double>(value) && std::isfinite(std::get<double>(value));
    case ColumnKind::kBoolean:
      return std::holds_alternative<bool>(value);
    case ColumnKind::kText:
      return std::holds_alternative<std::string>(value);
  }
  return false;
}

base::Status check_features(const contract::Schema& features) {
  if (features.columns.empty()) {
    return base::Error{.message = "there are no features",
                       .where = "features",
                       .hint = "keep at least one column besides the label"};
  }
  std::set<std::string_view> names;
  for (const ColumnSchema& column : features.columns) {
    if (!names.insert(column.name).second) {
      return base::Error{.message = fmt::format("column {} is there twice", base::quoted(column.name)),
                         .where = "features"};
    }
  }
  return {};
}

base::Status check_label(const contract::LabelSchema& label, const contract::Schema& features) {
  if (label.name.empty()) return base::Error{.message = "the label has no name", .where = "label"};
  if (features.find(label.name)) {
    return base::Error{
        .message = fmt::format("the label {} is one of the features", base::quoted(label.name)),
        .where = "label"};
  }
  if (label.task == contract::Task::kRegression) {
    if (!label.classes.empty()) {
      return base::Error{.message = "a regression has classes", .where = "label.classes"};
    }
    if (label.kind == ColumnKind::kText || label.kind == ColumnKind::kBoolean) {
      return base::Error{
          .message = fmt::format("a regression cannot predict a {} label", contract::to_string(label.kind)),
          .where = "label"};
    }
    return {};
  }
  if (label.classes.empty()) {
    return base::Error{.message = "a classification has no classes", .where = "label.classes"};
  }
  for (std::size_t i = 0; i < label.classes.size(); ++i) {
    if (!has_kind(label.classes[i], label.kind)) {
      return base::Error{.message = fmt::format("class {} is not of the label's kind, {}", i + 1,
                                                contract::to_string(label.kind)),
                         .where = "label.classes"};
    }
    if (i > 0 && !contract::value_less(label.classes[i - 1], label.classes[i])) {
      return base::Error{.message = fmt::format("class {} is not greater than the one before it", i + 1),
                         .where = "label.classes"};
    }
  }
  return {};
}

base::Status check_steps_lead_to(const contract::Schema& features, const contract::Schema& output) {
  const std::size_t shared = std::min(features.columns.size(), output.columns.size());
  for (std::size_t i = 0; i < shared; ++i) {
    const ColumnSchema& expected = features.columns[i];
    const ColumnSchema& made = output.columns[i];
    if (made.name == expected.name && made.kind == expected.kind) continue;
    return base::Error{
        .message = fmt::format("the steps make column {} ({}) where the features have {} ({})",
                               base::quoted(made.name), contract::to_string(made.kind),
                               base::quoted(expected.name), contract::to_string(expected.kind)),
        .where = "steps"};
  }
  if (features.columns.size() != output.columns.size()) {
    return base::Error{.message = fmt::format("the steps make {} columns where the features are {}",
                                              output.columns.size(), features.columns.size()),
                       .where = "steps"};
  }
  return {};
}

}  // namespace

contract::Schema raw_record_schema(const contract::DatasetContract& contract) {
  contract::Schema schema;
  for (const ColumnSchema& column : contract.raw.columns) {
    if (column.name != contract.label.name) schema.columns.push_back(column);
  }
  return schema;
}

base::Result<std::optional<Plan>> check_contract(const contract::DatasetContract& contract) {
  TRY(check_features(contract.features));
  TRY(check_label(contract.label, contract.features));
  if (!contract.has_raw) {
    if (!contract.steps.empty()) {
      return base::Error{.message = "there are steps but no raw columns that they apply to",
                         .where = "steps"};
    }
    return std::optional<Plan>();
  }
  const std::vector<StepPointer> steps = TRY(steps_from_json(contract.steps));
  Plan plan = TRY(Plan::bind(steps, raw_record_schema(contract)));
  TRY(check_steps_lead_to(contract.features, plan.output()));
  return std::optional<Plan>(std::move(plan));
}

}  // namespace archmlp::transform
