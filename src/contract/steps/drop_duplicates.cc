#include "archmlp/contract/parameter_fields.h"
#include "archmlp/contract/step_kind.h"

namespace archmlp::contract {

const StepKind& DropDuplicatesStep::kind() {
  static const StepKind kind = with_parameters<DropDuplicatesStep>(
      {.name = "drop_duplicates",
       .help = "Drop rows that are there more than once; acts on the data only",
       .flag_value = "A,B,…",
       .flag_help = "Drop repeated rows; `all`: equal in all columns and the label",
       .touched = [](const StepConfig&) { return std::vector<std::string>(); },
       .from_flag = names_or_all_from_flag},
      {.fields = {columns_field(&DropDuplicatesStep::columns,
                                "Columns that are compared; empty: all, and the label"),
                  word_field("keep", &DropDuplicatesStep::keep, {"first", "last"}, "first or last",
                             "Which of equal rows stays")},
       .short_forms = columns_short_form()});
  return kind;
}

}  // namespace archmlp::contract
