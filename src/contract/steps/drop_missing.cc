#include "archmlp/contract/parameter_fields.h"
#include "archmlp/contract/step_kind.h"

namespace archmlp::contract {

const StepKind& DropMissingStep::kind() {
  static const StepKind kind = with_parameters<DropMissingStep>(
      {.name = "drop_missing",
       .help = "Drop rows with missing values",
       .flag_value = "A,B,…",
       .flag_help = "Drop rows with missing values; `all`: in any column",
       .touched = [](const StepConfig&) { return std::vector<std::string>(); },
       .from_flag = names_or_all_from_flag},
      {.fields = {columns_field(&DropMissingStep::columns, "Columns that are looked at; empty: all"),
                  number_field("min_present", &DropMissingStep::min_present,
                               {.least = 0, .most = 1, .least_excluded = true, .text = "in (0, 1]"},
                               "Share of these columns that must have a value")},
       .short_forms = columns_short_form()});
  return kind;
}

}  // namespace archmlp::contract
