#include "archmlp/contract/parameter_fields.h"
#include "archmlp/contract/step_kind.h"

namespace archmlp::contract {
namespace {

base::Status check(const OrdinalStep& step, const std::string& path) {
  if (step.unknown_value.value_or(-1) < 0) return {};
  return base::Error{.message = "unknown_value would be the code of a known value",
                     .where = path + ".unknown_value",
                     .hint = "use a negative number, or null for a missing value"};
}

}  // namespace

const StepKind& OrdinalStep::kind() {
  static const StepKind kind = with_parameters<OrdinalStep>(
      {.name = "ordinal",
       .help = "Replace each category by its number in sorted order",
       .flag_value = "A,B,…",
       .flag_help = "Number categories in sorted order; `all` is every text column",
       .learns = true,
       .from_flag = names_or_all_from_flag},
      {.fields = {columns_field(&OrdinalStep::columns, "Columns; empty: every text column"),
                  word_field("handle_unknown", &OrdinalStep::handle_unknown, {"error", "use_encoded_value"},
                             "error or use_encoded_value",
                             "A value that no training row has: an error, or unknown_value"),
                  optional_integer_field("unknown_value", &OrdinalStep::unknown_value,
                                         {.least = std::numeric_limits<std::int64_t>::min(), .text = "< 0"},
                                         "For use_encoded_value; null: missing")},
       .short_forms = columns_short_form(),
       .check = check});
  return kind;
}

}  // namespace archmlp::contract
