#include "archmlp/contract/svm_params.h"

#include <nlohmann/json.hpp>

#include "archmlp/base/try.h"
#include "archmlp/contract/parameter_fields.h"

namespace archmlp::contract {
namespace {

using base::Status;
using Json = nlohmann::ordered_json;

constexpr NumberRange kPositive = {.least = 0, .least_excluded = true, .text = "> 0"};
constexpr NumberRange kNotNegative = {.least = 0, .text = ">= 0"};
constexpr NumberRange kFinite = {.text = "that is finite"};

SvmParams& params_of(void* config) { return *static_cast<SvmParams*>(config); }
const SvmParams& params_of(const void* config) { return *static_cast<const SvmParams*>(config); }

Status set_gamma(void* config, const Json& value) {
  auto& gamma = params_of(config).gamma;
  if (value == "scale") {
    gamma = Gamma::kScale;
  } else if (value == "auto") {
    gamma = Gamma::kAuto;
  } else if (value.is_number()) {
    gamma = TRY(number_from(value, kNotNegative, "'scale', 'auto' or "));
  } else {
    return expected("'scale', 'auto' or a number >= 0", value);
  }
  return {};
}

Field gamma_field() {
  return {.name = "gamma",
          .type = "'scale', 'auto' or float",
          .range = ">= 0",
          .help =
              "How fast a row's influence falls with distance (rbf, poly, sigmoid); scale: 1 / (features · "
              "variance of all values), auto: 1 / features",
          .set = set_gamma,
          .get = [](const void* config) -> Json {
            const auto& gamma = params_of(config).gamma;
            if (const auto* number = std::get_if<double>(&gamma)) return *number;
            return std::get<Gamma>(gamma) == Gamma::kScale ? "scale" : "auto";
          },
          .schema =
              [] {
                return any_of({Json{{"enum", {"scale", "auto"}}}, kNotNegative.schema()});
              }};
}

Field class_weight_field() {
  return {.name = "class_weight",
          .type = "null, 'balanced' or {class: weight}",
          .range = "weights >= 0",
          .help = "Weights of the classes; balanced: inverse to how often they occur",
          .set = [](void* config, const Json& value) -> Status {
            params_of(config).class_weight = TRY(class_weight_from(value, BalancedSubsample::kRefused));
            return {};
          },
          .get = [](const void* config) { return class_weight_to_json(params_of(config).class_weight); },
          .schema = [] { return class_weight_schema(BalancedSubsample::kRefused); }};
}

Field max_iter_field() {
  const auto read = [](const Json& value) -> base::Result<std::int64_t> {
    if (value == -1) return -1;
    return integer_from(value, {.least = 1, .text = ">= 1"}, "-1 or ");
  };
  return stored_field("max_iter", &SvmParams::max_iter, "int", "-1 or >= 1",
                      "Steps after which the fit stops, marked as not converged; -1: no limit", read, [] {
                        return any_of({Json{{"const", -1}}, IntegerRange{.least = 1}.schema()});
                      });
}

FieldTable make_svm_fields() {
  return {
      number_field("C", &SvmParams::C, kPositive,
                   "What a row on the wrong side costs: the larger, the closer the fit"),
      word_field("kernel", &SvmParams::kernel, {"linear", "rbf", "poly", "sigmoid"},
                 "'linear', 'rbf', 'poly' or 'sigmoid'", "How alike two rows are"),
      integer_field("degree", &SvmParams::degree, {.least = 0, .most = 1000, .text = "between 0 and 1000"},
                    "Of the kernel poly"),
      gamma_field(),
      number_field("coef0", &SvmParams::coef0, kFinite, "Added to the product of two rows (poly, sigmoid)"),
      flag_field("scale", &SvmParams::scale, "Scale every feature to mean 0 and variance 1 inside the model"),
      flag_field("shrinking", &SvmParams::shrinking, "Leave out rows that no longer move while fitting"),
      flag_field("probability", &SvmParams::probability,
                 "Probabilities as well, by sigmoids fitted on five parts; they never change the label"),
      number_field("tol", &SvmParams::tol, kPositive,
                   "Violation of the optimality conditions that ends the fit"),
      number_field("cache_size", &SvmParams::cache_size, kPositive, "MB of kernel values kept while fitting"),
      class_weight_field(),
      max_iter_field(),
      number_field("epsilon", &SvmParams::epsilon, kNotNegative,
                   "Regression: how far off a prediction may be at no cost"),
      word_field("decision_function_shape", &SvmParams::decision_function_shape, {"ovr", "ovo"},
                 "'ovr' or 'ovo'",
                 "Decisions of more than two classes: one for each class, or one for each pair"),
      flag_field("break_ties", &SvmParams::break_ties,
                 "Among classes with equally many votes the larger decision wins, not the first class"),
      random_state_field(&SvmParams::random_state),
  };
}

}  // namespace

const FieldTable& svm_fields() {
  static const FieldTable table = make_svm_fields();
  return table;
}

}  // namespace archmlp::contract
