#include "archmlp/contract/parameter_fields.h"
#include "archmlp/contract/step_kind.h"

namespace archmlp::contract {
namespace {

template <typename Step>
ParameterStep<Step> parameters() {
  return {
      .fields = {columns_field(&Step::columns, "Number columns")},
      .short_forms = columns_short_form(),
      .required = {"columns"},
      .check = [](const Step& step, const std::string& path) { return require_columns(step.columns, path); }};
}

}  // namespace

const StepKind& LogStep::kind() {
  static const StepKind kind =
      with_parameters<LogStep>({.name = "log",
                                .help = "Take the natural logarithm of positive numbers",
                                .flag_value = "A,B,…",
                                .flag_help = "Take the natural logarithm",
                                .from_flag = names_from_flag},
                               parameters<LogStep>());
  return kind;
}

const StepKind& Log1pStep::kind() {
  static const StepKind kind =
      with_parameters<Log1pStep>({.name = "log1p",
                                  .help = "Take the natural logarithm of one plus the number",
                                  .flag_value = "A,B,…",
                                  .flag_help = "Take the natural logarithm of one plus the number",
                                  .from_flag = names_from_flag},
                                 parameters<Log1pStep>());
  return kind;
}

}  // namespace archmlp::contract
