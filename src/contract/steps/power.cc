#include "archmlp/contract/parameter_fields.h"
#include "archmlp/contract/step_kind.h"

namespace archmlp::contract {

const StepKind& PowerStep::kind() {
  static const StepKind kind = with_parameters<PowerStep>(
      {.name = "power",
       .help = "Make numbers more like those of a normal distribution",
       .flag_value = "A,B,…",
       .flag_help = "Yeo-Johnson transform; `all` is every number column; fitted on training rows",
       .learns = true,
       .from_flag = names_or_all_from_flag},
      {.fields = {columns_field(&PowerStep::columns, "Columns; empty: every number column"),
                  word_field("method", &PowerStep::method, {"yeo-johnson"}, "yeo-johnson",
                             "Which family; its parameter is fitted by maximum likelihood"),
                  flag_field("standardize", &PowerStep::standardize, "Then scale to mean 0 and variance 1")},
       .short_forms = columns_short_form()});
  return kind;
}

}  // namespace archmlp::contract
