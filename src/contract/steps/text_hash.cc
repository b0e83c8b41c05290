#include "archmlp/contract/parameter_fields.h"
#include "archmlp/contract/step_kind.h"

namespace archmlp::contract {

const StepKind& TextHashStep::kind() {
  static const StepKind kind = with_parameters<TextHashStep>(
      {.name = "text_hash",
       .help = "Turn text into a fixed number of 0/1 columns by its hash",
       .flag_value = "A,B,…",
       .flag_help = "Encode text of many values by its hash; `all` is every text column",
       .from_flag = names_or_all_from_flag},
      {.fields = {columns_field(&TextHashStep::columns, "Columns; empty: every text column"),
                  integer_field("n_features", &TextHashStep::n_features,
                                {.least = 1, .most = 4096, .text = "in [1, 4096]"}, "Columns made of one"),
                  integer_field("seed", &TextHashStep::seed, {}, "Another one groups the texts otherwise")},
       .short_forms = columns_short_form()});
  return kind;
}

}  // namespace archmlp::contract
