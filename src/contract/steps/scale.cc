#include "archmlp/contract/parameter_fields.h"
#include "archmlp/contract/step_kind.h"

namespace archmlp::contract {

const StepKind& ScaleStep::kind() {
  static const StepKind kind = with_parameters<ScaleStep>(
      {.name = "scale",
       .help = "Bring numbers to a common scale",
       .flag_value = "standard|minmax|robust",
       .flag_help = "Scale numbers; fitted on training rows",
       .learns = true},
      {.fields = {columns_field(&ScaleStep::columns, "Columns; empty: every number column"),
                  word_field("method", &ScaleStep::method, {"standard", "minmax", "robust"},
                             "standard, minmax or robust",
                             "Mean 0 and variance 1, range 0 to 1, or median 0 and interquartile range 1")},
       .short_forms = word_short_form("method", {"standard", "minmax", "robust"})});
  return kind;
}

}  // namespace archmlp::contract
