#include "archmlp/contract/parameter_fields.h"
#include "archmlp/contract/step_kind.h"

namespace archmlp::contract {
namespace {

using base::Error;

constexpr NumberRange kShare = {.least = 0, .most = 1, .text = "in [0, 1]"};

base::Status check_clip(const ClipStep& step, const std::string& path) {
  const bool has_bounds = step.lower || step.upper;
  const bool has_quantiles = step.lower_quantile || step.upper_quantile;
  if (!has_bounds && !has_quantiles) {
    return Error{.message = "no bound is given",
                 .where = path,
                 .hint = "give lower and upper, or lower_quantile and upper_quantile"};
  }
  if ((step.lower && step.lower_quantile) || (step.upper && step.upper_quantile)) {
    return Error{.message = "a bound is given both as a value and as a quantile",
                 .where = path,
                 .hint = "keep one of them"};
  }
  const bool crossed =
      (step.lower && step.upper && *step.lower > *step.upper) ||
      (step.lower_quantile && step.upper_quantile && *step.lower_quantile > *step.upper_quantile);
  if (crossed) return Error{.message = "the lower bound is above the upper one", .where = path};
  return {};
}

}  // namespace

const StepKind& ClipStep::kind() {
  static const StepKind kind = with_parameters<ClipStep>(
      {.name = "clip",
       .help = "Bring numbers beyond a bound to the bound",
       .flag_value = "{columns: […], lower: 0, upper: 1}",
       .flag_help = "Clip numbers to bounds or quantiles of the training rows",
       .learns = true},
      {.fields = {columns_field(&ClipStep::columns, "Columns; empty: every number column"),
                  optional_number_field("lower", &ClipStep::lower, {}, "Lowest value"),
                  optional_number_field("upper", &ClipStep::upper, {}, "Highest value"),
                  optional_number_field("lower_quantile", &ClipStep::lower_quantile, kShare,
                                        "Lowest value, as a quantile of the training rows"),
                  optional_number_field("upper_quantile", &ClipStep::upper_quantile, kShare,
                                        "Highest value, as a quantile of the training rows")},
       .check = check_clip});
  return kind;
}

}  // namespace archmlp::contract
