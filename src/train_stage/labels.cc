#include "archmlp/train_stage/labels.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"

namespace archmlp::train_stage {
namespace {

using contract::ClassWeightList;
using contract::LabelSchema;
using contract::Task;
using contract::Value;

base::Status check_label(const LabelSchema& label, const table::Column& column,
                         const std::string& source_name) {
  base::Status fits = contract::check_task(label.name, label.kind, table::real_values(column), label.task);
  if (fits.ok()) return {};
  base::Error error = std::move(fits).error();
  error.where = error.where.empty() ? source_name : fmt::format("{}: {}", source_name, error.where);
  return error;
}

/// The class that a key of class_weight means: equal by value, or as it is written.
const Value* find_class(const std::vector<Value>& classes, const Value& key) {
  for (const Value& value : classes) {
    const bool equal = !contract::value_less(value, key) && !contract::value_less(key, value);
    if (equal && value.index() == key.index()) return &value;
  }
  for (const Value& value : classes) {
    const auto* number = std::get_if<double>(&value);
    const auto* integer = std::get_if<std::int64_t>(&key);
    if (number != nullptr && integer != nullptr && *number == static_cast<double>(*integer)) return &value;
    if (contract::to_text(value) == contract::to_text(key)) return &value;
  }
  return nullptr;
}

base::Result<ClassWeightList> match_weights(const ClassWeightList& given, const std::vector<Value>& classes) {
  ClassWeightList matched;
  for (const auto& [key, weight] : given) {
    const Value* value = find_class(classes, key);
    const std::string text = contract::to_text(key);
    if (value == nullptr) {
      std::vector<std::string> names;
      names.reserve(classes.size());
      for (const Value& known : classes) names.push_back(contract::to_text(known));
      return base::Error{.message = fmt::format("{} is none of the classes", base::quoted(text)),
                         .where = "class_weight",
                         .hint = base::suggest_names(text, names)};
    }
    const bool is_repeated =
        std::any_of(matched.begin(), matched.end(), [&](const auto& entry) { return entry.first == *value; });
    if (is_repeated) {
      return base::Error{.message = fmt::format("class {} has two weights", base::quoted(text)),
                         .where = "class_weight"};
    }
    matched.emplace_back(*value, weight);
  }
  std::sort(matched.begin(), matched.end(),
            [](const auto& a, const auto& b) { return contract::value_less(a.first, b.first); });
  return matched;
}

}  // namespace

base::Result<TaskChoice> choose_task(const prepared::PreparedData& data, std::optional<Task> wanted,
                                     const std::string& source_name) {
  const table::Column& column = data.y.column(0);
  TaskChoice choice;
  choice.label = {
      .name = data.label.name, .kind = data.label.kind, .task = Task::kClassification, .classes = {}};
  if (data.contract && (!wanted || *wanted == data.contract->label.task)) {
    choice.label = data.contract->label;
    TRY(check_label(choice.label, column, source_name));
    return choice;
  }
  std::vector<Value> values = prepared::distinct_values(column);
  choice.was_guessed = !wanted;
  choice.label.task =
      wanted.value_or(contract::guess_task(data.label.kind, values.size(), column.row_count()));
  TRY(check_label(choice.label, column, source_name));
  if (choice.label.task == Task::kClassification) choice.label.classes = std::move(values);
  return choice;
}

base::Result<train::Labels> make_labels(const prepared::PreparedData& data, const LabelSchema& label,
                                        const std::string& source_name) {
  const table::Column& column = data.y.column(0);
  train::Labels labels;
  labels.task = label.task;
  if (label.task == Task::kRegression) {
    labels.values.resize(column.row_count());
    table::copy_as_doubles(column, labels.values);
    return labels;
  }
  labels.classes = label.classes;
  auto indices = prepared::class_indices(column, label.classes, source_name);
  if (!indices.ok()) {
    base::Error error = std::move(indices).error();
    if (data.contract) {
      error.code = base::ErrorCode::kContractBroken;
      error.component = "preprocess";
    }
    return error;
  }
  labels.class_indices = std::move(*indices);
  return labels;
}

base::Result<contract::ClassWeights> settle_class_weight(const contract::ClassWeights& given,
                                                         const LabelSchema& label) {
  const auto* rule = std::get_if<contract::ClassWeight>(&given);
  if (rule != nullptr && *rule == contract::ClassWeight::kNone) return given;
  if (label.task == Task::kRegression) {
    return base::Error{.message = "a regression has no classes to weight",
                       .where = "class_weight",
                       .hint = "leave it out, or use --task classification"};
  }
  if (rule != nullptr) return given;
  return contract::ClassWeights(
      TRY(match_weights(std::get<contract::ClassWeightList>(given), label.classes)));
}

}  // namespace archmlp::train_stage
