#include "archmlp/contract/parameter_fields.h"
#include "archmlp/contract/step_kind.h"

namespace archmlp::contract {
namespace {

using Json = nlohmann::ordered_json;

base::Status set_smooth(TargetEncodeStep& step, const Json& value) {
  const bool is_number = value.is_number() && value.get<double>() >= 0.0;
  if (value != "auto" && !is_number) return expected("auto or a number >= 0", value);
  step.smooth = is_number ? std::optional(value.get<double>()) : std::nullopt;
  return {};
}

Field smooth_field() {
  return {
      .name = "smooth",
      .type = "auto or float",
      .range = ">= 0",
      .help = "How many rows of the overall average count with those of each value; auto: by the variances",
      .set = setter<TargetEncodeStep>(set_smooth),
      .get = getter<TargetEncodeStep>(
          [](const TargetEncodeStep& step) { return step.smooth ? Json(*step.smooth) : Json("auto"); }),
      .schema = [] {
        Json schema = Json::object();
        schema["anyOf"] = Json::array({Json{{"const", "auto"}}, Json{{"type", "number"}, {"minimum", 0}}});
        return schema;
      }};
}

}  // namespace

const StepKind& TargetEncodeStep::kind() {
  static const StepKind kind = with_parameters<TargetEncodeStep>(
      {.name = "target_encode",
       .help = "Replace categories by what the label was on average",
       .flag_value = "A,B,…",
       .flag_help = "Encode categories by the label's mean, cross-fitted; `all` is every text column",
       .learns = true,
       .from_flag = names_or_all_from_flag},
      {.fields = {columns_field(&TargetEncodeStep::columns, "Columns; empty: every text column"),
                  smooth_field(),
                  integer_field("cv", &TargetEncodeStep::cv,
                                {.least = 2, .most = 1000, .text = "in [2, 1000]"},
                                "Folds: a training row gets what the other folds teach"),
                  integer_field("random_state", &TargetEncodeStep::random_state, {},
                                "The same one makes the same folds")},
       .short_forms = columns_short_form()});
  return kind;
}

}  // namespace archmlp::contract
