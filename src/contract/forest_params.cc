#include "archmlp/contract/forest_params.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/contract/class_weight.h"
#include "archmlp/contract/json_reader.h"
#include "archmlp/contract/parameter_fields.h"

namespace archmlp::contract {
namespace {

using base::Error;
using base::Status;
using Json = nlohmann::ordered_json;
using Amount = std::variant<std::int64_t, double>;  // a count of rows or features, or a share of them

ForestParams& params_of(void* config) { return *static_cast<ForestParams*>(config); }
const ForestParams& params_of(const void* config) { return *static_cast<const ForestParams*>(config); }

bool is_count(const Json& json, std::int64_t least) {
  if (json.is_number_unsigned()) {
    const auto value = json.get<std::uint64_t>();
    return value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) &&
           static_cast<std::int64_t>(value) >= least;
  }
  return json.is_number_integer() && json.get<std::int64_t>() >= least;
}

struct ShareRange {
  bool one_included;
};

bool is_share(const Json& json, ShareRange range) {
  if (!json.is_number_float()) return false;
  const double value = json.get<double>();
  return value > 0.0 && (value < 1.0 || (range.one_included && value == 1.0));
}

Json amount_to_json(const Amount& amount) {
  if (const auto* count = std::get_if<std::int64_t>(&amount)) return *count;
  return std::get<double>(amount);
}

// JSON Schema draws no line between 1 and 1.0: a share is what lies below 1.
Json share_schema() { return {{"type", "number"}, {"exclusiveMinimum", 0}, {"maximum", 1}}; }

constexpr IntegerRange kPositive = {.least = 1, .text = ">= 1"};

Field amount_field(std::string_view name, Amount ForestParams::*member, std::string_view range,
                   IntegerRange count, ShareRange share, std::string_view help) {
  return {.name = name,
          .type = "int or float",
          .range = range,
          .help = help,
          .set = [=](void* config, const Json& value) -> Status {
            if (is_count(value, count.least)) {
              params_of(config).*member = value.get<std::int64_t>();
            } else if (is_share(value, share)) {
              params_of(config).*member = value.get<double>();
            } else {
              return expected(range, value);
            }
            return {};
          },
          .get = [=](const void* config) { return amount_to_json(params_of(config).*member); },
          .schema =
              [=] {
                return any_of({count.schema(), share_schema()});
              }};
}

const std::vector<std::string>& criteria() {
  static const std::vector<std::string> kNames = {
      "gini", "entropy", "log_loss", "squared_error", "absolute_error", "friedman_mse", "poisson"};
  return kNames;
}

Status set_criterion(void* config, const Json& value) {
  const std::vector<std::string>& names = criteria();
  if (!value.is_string() || std::find(names.begin(), names.end(), value.get<std::string>()) == names.end()) {
    Error error = expected(
        "'gini', 'entropy', 'log_loss', 'squared_error', 'absolute_error', 'friedman_mse' or 'poisson'",
        value);
    if (value == "mse" || value == "mae") {
      error.hint = value == "mse" ? "the mean squared error is called squared_error"
                                  : "the mean absolute error is called absolute_error";
    } else if (value.is_string()) {
      error.hint = base::suggest_names(value.get<std::string>(), names);
    }
    return error;
  }
  params_of(config).criterion = value.get<std::string>();
  return {};
}

Field criterion_field() {
  return {.name = "criterion",
          .type = "str",
          .range =
              "'gini', 'entropy', 'log_loss'; regression: 'squared_error', 'absolute_error', "
              "'friedman_mse', 'poisson'",
          .help = "What a split improves",
          .set = set_criterion,
          .get = [](const void* config) { return Json(params_of(config).criterion); },
          .schema =
              [] {
                return Json{{"enum", criteria()}};
              }};
}

constexpr NumberRange kNotNegative = {.least = 0, .text = ">= 0"};

Status set_monotonic(void* config, const Json& value) {
  std::vector<std::pair<std::string, std::int64_t>> directions;
  if (!value.is_null() && !value.is_object()) {
    return expected("null or a direction for each feature, as in {age: 1, price: -1}", value);
  }
  for (const auto& [feature, direction] : value.items()) {
    const bool known = direction.is_number_integer() && std::abs(direction.get<std::int64_t>()) <= 1;
    if (!known) {
      return Error{.message = fmt::format("feature {}: expected 1 (rising), -1 (falling) or 0, found {}",
                                          base::quoted(feature), describe(direction))};
    }
    directions.emplace_back(feature, direction.get<std::int64_t>());
  }
  params_of(config).monotonic_cst = std::move(directions);
  return {};
}

Field monotonic_field() {
  return {.name = "monotonic_cst",
          .type = "null or {feature: direction}",
          .range = "1 rising, -1 falling, 0 either",
          .help = "Features that the prediction may only rise or fall with; not for more than two classes",
          .set = set_monotonic,
          .get = [](const void* config) -> Json {
            const auto& directions = params_of(config).monotonic_cst;
            if (directions.empty()) return nullptr;
            Json json = Json::object();
            for (const auto& [feature, direction] : directions) json[feature] = direction;
            return json;
          },
          .schema =
              [] {
                return or_null(map_schema({{"enum", {-1, 0, 1}}}));
              }};
}

Status set_max_features(void* config, const Json& value) {
  auto& max_features = params_of(config).max_features;
  if (value == "auto") {
    max_features = std::nullopt;
  } else if (value == "sqrt") {
    max_features = MaxFeatures::kSqrt;
  } else if (value == "log2") {
    max_features = MaxFeatures::kLog2;
  } else if (value.is_null()) {
    max_features = MaxFeatures::kAll;
  } else if (is_count(value, 1)) {
    max_features = value.get<std::int64_t>();
  } else if (is_share(value, {.one_included = true})) {
    max_features = value.get<double>();
  } else {
    return expected("'sqrt', 'log2', 'auto', null, an integer >= 1 or a float in (0, 1]", value);
  }
  return {};
}

Json get_max_features(const void* config) {
  const auto& max_features = params_of(config).max_features;
  if (!max_features) return "auto";
  if (const auto* count = std::get_if<std::int64_t>(&*max_features)) return *count;
  if (const auto* share = std::get_if<double>(&*max_features)) return *share;
  switch (std::get<MaxFeatures>(*max_features)) {
    case MaxFeatures::kSqrt:
      return "sqrt";
    case MaxFeatures::kLog2:
      return "log2";
    case MaxFeatures::kAll:
      break;
  }
  return nullptr;
}

Field max_features_field() {
  return {
      .name = "max_features",
      .type = "'auto', 'sqrt', 'log2', int, float or null",
      .range = ">= 1, or a share in (0, 1]",
      .help = "Features tried at each split; auto: sqrt for classification, all for regression; null: all",
      .set = set_max_features,
      .get = get_max_features,
      .schema = [] {
        return any_of({Json{{"enum", {"auto", "sqrt", "log2"}}}, schema_of_type("null"), kPositive.schema(),
                       share_schema()});
      }};
}

Field max_samples_field() {
  return {.name = "max_samples",
          .type = "int, float or null",
          .range = ">= 1, or a share in (0, 1]",
          .help = "Rows drawn for each tree; null: as many as there are",
          .set = [](void* config, const Json& value) -> Status {
            auto& max_samples = params_of(config).max_samples;
            if (value.is_null()) {
              max_samples = std::nullopt;
            } else if (is_count(value, 1)) {
              max_samples = value.get<std::int64_t>();
            } else if (is_share(value, {.one_included = true})) {
              max_samples = value.get<double>();
            } else {
              return expected("null, an integer >= 1 or a float in (0, 1]", value);
            }
            return {};
          },
          .get =
              [](const void* config) {
                const auto& max_samples = params_of(config).max_samples;
                return max_samples ? amount_to_json(*max_samples) : Json(nullptr);
              },
          .schema =
              [] {
                return any_of({schema_of_type("null"), kPositive.schema(), share_schema()});
              }};
}

Field class_weight_field() {
  return {.name = "class_weight",
          .type = "null, 'balanced', 'balanced_subsample' or {class: weight}",
          .range = "weights >= 0",
          .help =
              "Weights of the classes; balanced: inverse to how often they occur, in all rows or, "
              "balanced_subsample, in what a tree draws",
          .set = [](void* config, const Json& value) -> Status {
            params_of(config).class_weight = TRY(class_weight_from(value, BalancedSubsample::kAllowed));
            return {};
          },
          .get = [](const void* config) { return class_weight_to_json(params_of(config).class_weight); },
          .schema = [] { return class_weight_schema(BalancedSubsample::kAllowed); }};
}

FieldTable make_forest_fields() {
  return {
      integer_field("n_estimators", &ForestParams::n_estimators,
                    {.least = 1, .most = 100'000, .text = "between 1 and 100,000"}, "Number of trees"),
      criterion_field(),
      word_field("splitter", &ForestParams::splitter, {"best", "random"}, "'best' or 'random'",
                 "Cuts tried of a feature: all, or one drawn at random, as extremely randomised trees do"),
      optional_integer_field("max_depth", &ForestParams::max_depth, kPositive,
                             "Depth of a tree; null: until the leaves are pure"),
      optional_integer_field("max_leaf_nodes", &ForestParams::max_leaf_nodes, {.least = 2, .text = ">= 2"},
                             "Leaves of a tree, grown best first; null: no limit"),
      amount_field("min_samples_split", &ForestParams::min_samples_split,
                   "an integer >= 2 or a float in (0, 1]", {.least = 2}, {.one_included = true},
                   "Rows that a node needs to be split, or their share"),
      amount_field("min_samples_leaf", &ForestParams::min_samples_leaf,
                   "an integer >= 1 or a float in (0, 1)", {.least = 1}, {.one_included = false},
                   "Rows that each leaf keeps, or their share"),
      number_field("min_weight_fraction_leaf", &ForestParams::min_weight_fraction_leaf,
                   {.least = 0, .most = 0.5, .text = "between 0 and 0.5"},
                   "Share of the tree's weight that each leaf keeps"),
      number_field("min_impurity_decrease", &ForestParams::min_impurity_decrease, kNotNegative,
                   "A node is split only if that lowers the weighted impurity by at least this much"),
      max_features_field(),
      flag_field("bootstrap", &ForestParams::bootstrap, "Draw each tree's rows with replacement"),
      max_samples_field(),
      flag_field("oob_score", &ForestParams::oob_score,
                 "Score the forest on the rows that its trees did not draw"),
      class_weight_field(),
      number_field(
          "ccp_alpha", &ForestParams::ccp_alpha, kNotNegative,
          "Impurity that a leaf more must take away, by minimal cost-complexity pruning; 0: no pruning"),
      monotonic_field(),
      integer_field(
          "max_bins", &ForestParams::max_bins, {.least = 2, .most = 65535, .text = "between 2 and 65535"},
          "Bins that the values of a feature are grouped into; more than 255 take twice the memory"),
      random_state_field(&ForestParams::random_state),
  };
}

}  // namespace

const FieldTable& forest_fields() {
  static const FieldTable table = make_forest_fields();
  return table;
}

}  // namespace archmlp::contract
