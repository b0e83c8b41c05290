#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/preprocess/fit_steps.h"
#include "archmlp/table/cell_decoder.h"
#include "archmlp/transform/steps.h"

namespace archmlp::preprocess {
namespace {

using base::Error;
using base::Result;
using contract::ColumnKind;
using contract::Value;

/// The old value of a map, which is text there, in the kind of the column.
Result<Value> old_value(const std::string& text, const contract::ColumnSchema& column) {
  switch (column.kind) {
    case ColumnKind::kInteger:
      if (const auto value = table::decode_integer(text, false)) return Value(*value);
      break;
    case ColumnKind::kReal:
      if (const auto value = table::decode_real(text)) return Value(*value);
      break;
    case ColumnKind::kBoolean:
      if (const auto value = table::decode_boolean(text)) return Value(*value);
      break;
    case ColumnKind::kText:
      return Value(text);
  }
  return Error{.message = fmt::format("column {} is {}, which {} never is", base::quoted(column.name),
                                      to_string(column.kind), base::quoted(text)),
               .where = "map"};
}

Result<std::vector<transform::MappedValue>> map_for(const contract::ReplaceStep& step,
                                                    const contract::ColumnSchema& column) {
  std::vector<transform::MappedValue> map;
  for (const auto& [old_text, new_value] : step.map) {
    Value old = TRY(old_value(old_text, column));
    const auto is_same = [&old](const transform::MappedValue& other) {
      return !contract::value_less(old, other.from) && !contract::value_less(other.from, old);
    };
    if (std::any_of(map.begin(), map.end(), is_same)) {
      return Error{.message = fmt::format("the value {} of column {} is there twice", base::quoted(old_text),
                                          base::quoted(column.name)),
                   .where = "map"};
    }
    map.push_back({std::move(old), new_value});
  }
  return map;
}

/// A step for each kind of column, as the old values are others in each.
Fitted fit_map(const contract::ReplaceStep& step, const FitInput& input) {
  FittedStep fitted;
  std::vector<const contract::ColumnSchema*> columns;
  for (const std::string& name : step.columns) {
    if (const auto column = input.schema.find(name)) {
      columns.push_back(&input.schema.columns[*column]);
      continue;
    }
    return Error{.message = fmt::format("there is no column {} here", base::quoted(name)),
                 .where = "columns",
                 .hint = base::suggest_names(name, input.schema.names())};
  }
  for (const ColumnKind kind :
       {ColumnKind::kInteger, ColumnKind::kReal, ColumnKind::kBoolean, ColumnKind::kText}) {
    std::vector<std::string> names;
    std::vector<transform::MappedValue> map;
    for (const contract::ColumnSchema* column : columns) {
      if (column->kind != kind) continue;
      if (names.empty()) map = TRY(map_for(step, *column));
      names.push_back(column->name);
    }
    if (!names.empty())
      fitted.steps.push_back(transform::make_replace_values(std::move(names), std::move(map)));
  }
  return fitted;
}

}  // namespace

Fitted fit(const contract::ReplaceStep& step, const FitInput& input) {
  if (step.where) return FittedStep(transform::make_replace(step.columns, *step.where, step.with));
  if (!step.regex) return fit_map(step, input);
  const auto* with = std::get_if<std::string>(&step.with);
  return FittedStep(transform::make_replace_regex(step.columns, *step.regex,
                                                  with != nullptr ? std::optional(*with) : std::nullopt));
}

}  // namespace archmlp::preprocess
