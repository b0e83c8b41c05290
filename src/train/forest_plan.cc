#include "archmlp/train/forest_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/train/label_scale.h"

namespace archmlp::train {
namespace {

using base::Error;
using base::Result;
using base::Status;
using contract::ForestParams;
using contract::Task;
using Amount = std::variant<std::int64_t, double>;

constexpr double kLeastClassWeight = 1e-9;
constexpr double kMostClassWeight = 1e9;

Error out_of_range(std::string_view name, std::string_view range, const std::string& found) {
  return Error{.message = fmt::format("must be {}, found {}", range, found), .where = std::string(name)};
}

Result<std::size_t> count_at_least(std::string_view name, std::int64_t value, std::int64_t least) {
  if (value < least) return out_of_range(name, fmt::format("an integer >= {}", least), std::to_string(value));
  return static_cast<std::size_t>(value);
}

/// A count as it stands, or a share of `rows`, rounded up.
Result<std::size_t> rows_of(std::string_view name, const Amount& amount, std::size_t rows, std::int64_t least,
                            bool one_included) {
  if (const auto* count = std::get_if<std::int64_t>(&amount)) return count_at_least(name, *count, least);
  const double share = std::get<double>(amount);
  if (!(share > 0.0) || !(share < 1.0 || (one_included && share == 1.0))) {
    return out_of_range(name, one_included ? "a share in (0, 1]" : "a share in (0, 1)",
                        base::format_real(std::isfinite(share) ? share : -1.0));
  }
  const auto count = static_cast<std::size_t>(std::ceil(share * static_cast<double>(rows)));
  return std::max(count, static_cast<std::size_t>(least));
}

std::size_t integer_sqrt(std::size_t value) noexcept {
  std::size_t root = 0;
  while ((root + 1) * (root + 1) <= value) ++root;
  return root;
}

std::size_t integer_log2(std::size_t value) noexcept {
  std::size_t log = 0;
  while ((value >> (log + 1)) != 0) ++log;
  return log;
}

Result<std::size_t> features_per_split(const ForestParams& params, Task task, std::size_t feature_count) {
  using contract::MaxFeatures;
  if (!params.max_features) {
    return task == Task::kRegression ? feature_count : std::max<std::size_t>(1, integer_sqrt(feature_count));
  }
  if (const auto* rule = std::get_if<MaxFeatures>(&*params.max_features)) {
    switch (*rule) {
      case MaxFeatures::kAll:
        return feature_count;
      case MaxFeatures::kSqrt:
        return std::max<std::size_t>(1, integer_sqrt(feature_count));
      case MaxFeatures::kLog2:
        return std::max<std::size_t>(1, integer_log2(feature_count));
    }
  }
  if (const auto* count = std::get_if<std::int64_t>(&*params.max_features)) {
    if (*count < 1 || static_cast<std::size_t>(*count) > feature_count) {
      return out_of_range("max_features", fmt::format("from 1 to {}, the number of features", feature_count),
                          std::to_string(*count));
    }
    return static_cast<std::size_t>(*count);
  }
  const double share = std::get<double>(*params.max_features);
  if (!(share > 0.0 && share <= 1.0)) {
    return out_of_range("max_features", "a share in (0, 1]",
                        base::format_real(std::isfinite(share) ? share : -1.0));
  }
  return std::max<std::size_t>(1, static_cast<std::size_t>(share * static_cast<double>(feature_count)));
}

Result<std::size_t> draws_per_tree(const ForestParams& params, std::size_t row_count) {
  if (!params.max_samples) return row_count;
  if (!params.bootstrap) {
    return Error{.message = "needs bootstrap, which is off",
                 .where = "max_samples",
                 .hint = "leave max_samples out, or turn bootstrap on"};
  }
  if (const auto* count = std::get_if<std::int64_t>(&*params.max_samples)) {
    if (*count < 1 || static_cast<std::size_t>(*count) > row_count) {
      return out_of_range("max_samples", fmt::format("from 1 to {}, the number of rows", row_count),
                          std::to_string(*count));
    }
    return static_cast<std::size_t>(*count);
  }
  const double share = std::get<double>(*params.max_samples);
  if (!(share > 0.0 && share <= 1.0)) {
    return out_of_range("max_samples", "a share in (0, 1]",
                        base::format_real(std::isfinite(share) ? share : -1.0));
  }
  return std::max<std::size_t>(
      1, static_cast<std::size_t>(std::llround(share * static_cast<double>(row_count))));
}

struct NamedCriterion {
  std::string_view name;
  Task task;
  Criterion criterion;
};
constexpr std::array<NamedCriterion, 7> kCriteria = {{
    {"gini", Task::kClassification, Criterion::kGini},
    {"entropy", Task::kClassification, Criterion::kEntropy},
    {"log_loss", Task::kClassification, Criterion::kEntropy},
    {"squared_error", Task::kRegression, Criterion::kSquaredError},
    {"absolute_error", Task::kRegression, Criterion::kAbsoluteError},
    {"friedman_mse", Task::kRegression, Criterion::kFriedmanMse},
    {"poisson", Task::kRegression, Criterion::kPoisson},
}};

Result<Criterion> criterion_of(const ForestParams& params, Task task) {
  // "gini" is what the parameter says when nobody chose.
  if (task == Task::kRegression && params.criterion == "gini") return Criterion::kSquaredError;
  for (const NamedCriterion& known : kCriteria) {
    if (known.task == task && known.name == params.criterion) return known.criterion;
  }
  return out_of_range("criterion",
                      task == Task::kRegression
                          ? "squared_error, absolute_error, friedman_mse or poisson for regression"
                          : "gini, entropy or log_loss for classification",
                      base::quoted(params.criterion));
}

Result<std::vector<double>> given_weights(const Labels& labels,
                                          const std::vector<std::pair<contract::Value, double>>& given) {
  std::vector<double> weights(labels.classes.size(), 1.0);
  for (const auto& [name, weight] : given) {
    const auto& wanted = name;
    const auto found =
        std::find_if(labels.classes.begin(), labels.classes.end(), [&](const contract::Value& value) {
          return !contract::value_less(value, wanted) && !contract::value_less(wanted, value);
        });
    if (found == labels.classes.end()) {
      return Error{
          .message = "names the class " + base::quoted(contract::to_text(name)) + ", which does not occur",
          .where = "class_weight"};
    }
    if (weight != 0.0 && !(weight >= kLeastClassWeight && weight <= kMostClassWeight)) {
      return out_of_range("class_weight", "0 or from 1e-9 to 1e9 for each class",
                          std::isfinite(weight) ? base::format_real(weight) : "no finite number");
    }
    weights[static_cast<std::size_t>(found - labels.classes.begin())] = weight;
  }
  return weights;
}

Result<std::vector<double>> weights_of_classes(const Labels& labels, const ForestParams& params) {
  const std::size_t class_count = labels.classes.size();
  std::vector<std::size_t> counts(class_count);
  for (const std::uint32_t index : labels.class_indices) ++counts[index];
  if (const auto* given = std::get_if<1>(&params.class_weight)) {
    std::vector<double> weights = TRY(given_weights(labels, *given));
    for (std::size_t k = 0; k < class_count; ++k) {
      if (weights[k] > 0.0 && counts[k] > 0) return weights;
    }
    return Error{.message = "gives every row the weight 0", .where = "class_weight"};
  }
  std::vector<double> weights(class_count, 1.0);
  const auto rule = std::get<0>(params.class_weight);
  // What follows from a tree's draws is not known yet; without bootstrap every tree draws all rows.
  if (rule == contract::ClassWeight::kNone) return weights;
  if (rule == contract::ClassWeight::kBalancedSubsample && params.bootstrap) return weights;
  for (std::size_t k = 0; k < class_count; ++k) {
    if (counts[k] == 0) continue;
    weights[k] = static_cast<double>(labels.class_indices.size()) /
                 (static_cast<double>(class_count) * static_cast<double>(counts[k]));
  }
  return weights;
}

Status check_weights(std::size_t row_count, const std::vector<double>& weights) {
  if (weights.empty()) return {};
  if (weights.size() != row_count) {
    return Error{.message =
                     fmt::format("{} rows of features but {} sample weights", row_count, weights.size())};
  }
  const auto bad = std::find_if(weights.begin(), weights.end(),
                                [](double weight) { return !std::isfinite(weight) || weight < 0; });
  if (bad != weights.end()) {
    return Error{.message = "a sample weight must be a finite number >= 0",
                 .where = fmt::format("row {}", bad - weights.begin())};
  }
  if (std::any_of(weights.begin(), weights.end(), [](double weight) { return weight > 0; })) return {};
  return Error{.message = "all sample weights are 0"};
}

/// Of the criterion poisson: scikit-learn's conditions.
Status check_counts(const Labels& labels) {
  const auto negative =
      std::find_if(labels.values.begin(), labels.values.end(), [](double value) { return value < 0; });
  if (negative != labels.values.end()) {
    return Error{.message = "the criterion poisson needs labels >= 0, found " + base::format_real(*negative),
                 .where = fmt::format("row {}", negative - labels.values.begin()),
                 .hint = "use squared_error"};
  }
  if (std::any_of(labels.values.begin(), labels.values.end(), [](double value) { return value > 0; })) {
    return {};
  }
  return Error{.message = "the criterion poisson needs a label above 0, and all are 0"};
}

Status check_labels(std::size_t row_count, const Labels& labels) {
  const bool classification = labels.task == Task::kClassification;
  const std::size_t count = classification ? labels.class_indices.size() : labels.values.size();
  if (count != row_count) {
    return Error{.message = fmt::format("{} rows of features but {} labels", row_count, count)};
  }
  TRY(check_weights(row_count, labels.weights));
  if (!classification) {
    const auto bad = std::find_if(labels.values.begin(), labels.values.end(),
                                  [](double value) { return !std::isfinite(value); });
    if (bad == labels.values.end()) return {};
    return Error{.message = "a label is not a finite number",
                 .where = fmt::format("row {}", bad - labels.values.begin())};
  }
  if (labels.classes.empty()) return Error{.message = "a classification needs at least one class"};
  const auto bad = std::find_if(labels.class_indices.begin(), labels.class_indices.end(),
                                [&](std::uint32_t index) { return index >= labels.classes.size(); });
  if (bad == labels.class_indices.end()) return {};
  return Error{.message = "a label is none of the classes",
               .where = fmt::format("row {}", bad - labels.class_indices.begin())};
}

Status set_limits(const ForestParams& params, ForestPlan& plan) {
  if (params.max_depth) plan.max_depth = TRY(count_at_least("max_depth", *params.max_depth, 1));
  if (params.max_leaf_nodes)
    plan.max_leaf_nodes = TRY(count_at_least("max_leaf_nodes", *params.max_leaf_nodes, 2));
  plan.min_samples_split =
      TRY(rows_of("min_samples_split", params.min_samples_split, plan.row_count, 2, true));
  plan.min_samples_leaf = TRY(rows_of("min_samples_leaf", params.min_samples_leaf, plan.row_count, 1, false));
  plan.min_impurity_decrease = params.min_impurity_decrease;
  if (!(params.min_impurity_decrease >= 0.0) || !std::isfinite(params.min_impurity_decrease)) {
    return out_of_range("min_impurity_decrease", "a finite number >= 0", "another");
  }
  if (!(params.min_weight_fraction_leaf >= 0.0 && params.min_weight_fraction_leaf <= 0.5)) {
    return out_of_range("min_weight_fraction_leaf", "from 0 to 0.5", "another");
  }
  plan.min_weight_fraction_leaf = params.min_weight_fraction_leaf;
  if (!(params.ccp_alpha >= 0.0) || !std::isfinite(params.ccp_alpha)) {
    return out_of_range("ccp_alpha", "a finite number >= 0", "another");
  }
  plan.ccp_alpha = params.ccp_alpha;
  if (params.max_bins < 2 || params.max_bins > 65535) {
    return out_of_range("max_bins", "from 2 to 65535", std::to_string(params.max_bins));
  }
  plan.max_bins = static_cast<std::size_t>(params.max_bins);
  return {};
}

Status set_monotonic(std::span<const std::int8_t> monotonic, std::size_t feature_count, ForestPlan& plan) {
  const bool asks = std::any_of(monotonic.begin(), monotonic.end(), [](std::int8_t way) { return way != 0; });
  if (!asks) return {};
  if (monotonic.size() != feature_count) {
    return Error{.message = fmt::format("monotonic_cst says something of {} features; there are {}",
                                        monotonic.size(), feature_count),
                 .where = "monotonic_cst"};
  }
  if (plan.task == Task::kClassification && plan.class_count > 2) {
    return Error{.message = fmt::format("monotonic_cst is for regression and two classes; there are {}",
                                        plan.class_count),
                 .where = "monotonic_cst"};
  }
  for (std::size_t feature = 0; feature < plan.category_counts.size(); ++feature) {
    if (monotonic[feature] == 0 || plan.category_counts[feature] == 0) continue;
    return Error{
        .message = fmt::format("feature {} is categorical: its categories have no order to rise in", feature),
        .where = "monotonic_cst"};
  }
  plan.monotonic.assign(monotonic.begin(), monotonic.end());
  return {};
}

Status set_categories(std::span<const std::uint32_t> counts, std::size_t feature_count, ForestPlan& plan) {
  const bool has_any =
      std::any_of(counts.begin(), counts.end(), [](std::uint32_t count) { return count > 0; });
  if (!has_any) return {};
  if (counts.size() != feature_count) {
    return Error{.message = fmt::format("categories are counted of {} features; there are {}", counts.size(),
                                        feature_count)};
  }
  if (std::any_of(counts.begin(), counts.end(),
                  [](std::uint32_t count) { return count > model::kMaxCategories; })) {
    return Error{.code = base::ErrorCode::kResourceLimit,
                 .message = fmt::format("a feature has more than {} categories", model::kMaxCategories)};
  }
  plan.category_counts.assign(counts.begin(), counts.end());
  return {};
}

}  // namespace

Result<ForestPlan> make_forest_plan(std::size_t row_count, std::size_t feature_count, const Labels& labels,
                                    const ForestParams& params, const FeatureTraits& traits) {
  if (row_count == 0) return Error{.message = "there are no rows to train on"};
  if (feature_count == 0) return Error{.message = "there are no features to train on"};
  if (row_count >= (std::size_t{1} << 31U) || feature_count >= (std::size_t{1} << 31U)) {
    return Error{.code = base::ErrorCode::kResourceLimit,
                 .message = "a forest takes at most 2^31 - 1 rows and features"};
  }
  TRY(check_labels(row_count, labels));
  ForestPlan plan;
  plan.task = labels.task;
  plan.seed = params.random_state;
  plan.row_count = row_count;
  plan.class_count = labels.classes.size();
  plan.tree_count = TRY(count_at_least("n_estimators", params.n_estimators, 1));
  plan.criterion = TRY(criterion_of(params, labels.task));
  if (plan.criterion == Criterion::kPoisson) TRY(check_counts(labels));
  TRY(set_limits(params, plan));
  TRY(set_categories(traits.category_counts, feature_count, plan));
  TRY(set_monotonic(traits.monotonic, feature_count, plan));
  plan.random_splits = params.splitter == "random";
  plan.max_features = TRY(features_per_split(params, labels.task, feature_count));
  plan.bootstrap = params.bootstrap;
  plan.draw_count = TRY(draws_per_tree(params, row_count));
  plan.has_sample_weights = !labels.weights.empty();
  if (plan.has_sample_weights) plan.weight_unit = WeightScale(labels.weights, plan.draw_count).unit();
  plan.oob_score = params.oob_score;
  if (params.oob_score && !params.bootstrap) {
    return Error{.message = "needs bootstrap, which is off", .where = "oob_score"};
  }
  if (labels.task == Task::kClassification) {
    if (plan.class_count > 65535) {
      return Error{.code = base::ErrorCode::kResourceLimit,
                   .message = fmt::format("{} classes; a forest takes at most 65535", plan.class_count)};
    }
    plan.class_weights = TRY(weights_of_classes(labels, params));
    const auto* rule = std::get_if<contract::ClassWeight>(&params.class_weight);
    plan.balanced_subsample =
        rule != nullptr && *rule == contract::ClassWeight::kBalancedSubsample && params.bootstrap;
  } else if (!std::holds_alternative<contract::ClassWeight>(params.class_weight) ||
             std::get<0>(params.class_weight) != contract::ClassWeight::kNone) {
    return Error{.message = "is for classification only", .where = "class_weight"};
  }
  return plan;
}

}  // namespace archmlp::train
