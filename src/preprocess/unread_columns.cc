#include "archmlp/preprocess/unread_columns.h"

#include <algorithm>
#include <optional>
#include <set>

#include "archmlp/expression/expression.h"

namespace archmlp::preprocess {
namespace {

using Names = std::vector<std::string>;

/// The names that a step may look at; nothing if it may look at every column.
struct LookedAt {
  std::optional<Names> operator()(const contract::FilterStep& step) const {
    return expression::mentioned_names(step.condition);
  }
  std::optional<Names> operator()(const contract::RemoveStep&) const { return Names(); }
  std::optional<Names> operator()(const contract::RenameStep& step) const {
    Names names;
    for (const auto& [old_name, new_name] : step.names) {
      names.push_back(old_name);
      names.push_back(new_name);
    }
    return names;
  }
  std::optional<Names> operator()(const contract::ReplaceStep& step) const {
    Names names = expression::mentioned_names(step.where.value_or(""));
    names.insert(names.end(), step.columns.begin(), step.columns.end());
    return names;
  }
  std::optional<Names> operator()(const contract::AddFeaturesStep& step) const {
    Names names;
    for (const auto& [name, text] : step.features) {
      names.push_back(name);
      const Names mentioned = expression::mentioned_names(text);
      names.insert(names.end(), mentioned.begin(), mentioned.end());
    }
    return names;
  }
  std::optional<Names> operator()(const contract::ImputeStep& step) const {
    std::optional<Names> names = named(step.columns);
    if (names && step.group_by) names->push_back(*step.group_by);
    return names;
  }
  std::optional<Names> operator()(const contract::JoinStep& step) const {
    Names names = step.on.empty() ? step.left_on : step.on;
    for (const std::string& made : step.columns) {
      names.push_back(made);
      if (step.suffix) names.push_back(made + *step.suffix);
    }
    // Without named columns any may be made, and a later `remove` may mean one of those.
    return step.columns.empty() ? std::nullopt : std::optional(std::move(names));
  }
  /// The others look at their `columns`, all if none is named.
  template <typename Step>
  std::optional<Names> operator()(const Step& step) const {
    if constexpr (requires { step.columns; }) {
      return named(step.columns);
    } else {
      return std::nullopt;
    }
  }

 private:
  static std::optional<Names> named(const Names& columns) {
    return columns.empty() ? std::nullopt : std::optional(columns);
  }
};

}  // namespace

std::vector<std::string> unread_columns(const contract::Recipe& recipe) {
  std::set<std::string> looked_at = {recipe.label};
  for (const auto& name : {recipe.split.time_column, recipe.split.group_column}) {
    if (name) looked_at.insert(*name);
  }
  std::vector<std::string> unread;
  for (const contract::StepConfig& step : recipe.preprocess) {
    if (const auto* remove = std::get_if<contract::RemoveStep>(&step)) {
      std::ranges::copy_if(remove->columns, std::back_inserter(unread),
                           [&](const std::string& name) { return looked_at.insert(name).second; });
      continue;
    }
    const std::optional<Names> names = std::visit(LookedAt(), step);
    if (!names) break;
    looked_at.insert(names->begin(), names->end());
  }
  return unread;
}

}  // namespace archmlp::preprocess
