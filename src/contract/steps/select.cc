#include "archmlp/contract/parameter_fields.h"
#include "archmlp/contract/step_kind.h"

namespace archmlp::contract {
namespace {

using base::Error;

base::Status check_select(const SelectStep& step, const std::string& path) {
  if (!step.min_variance && !step.max_correlation && !step.k) {
    return Error{.message = "it is not said which columns are kept",
                 .where = path,
                 .hint = "give min_variance, max_correlation or k"};
  }
  return {};
}

}  // namespace

const StepKind& SelectStep::kind() {
  static const StepKind kind = with_parameters<SelectStep>(
      {.name = "select",
       .help = "Keep the columns that tell the most",
       .flag_value = "{k: 10, score: f}",
       .flag_help = "Select columns by min_variance, max_correlation or k best; fitted on training rows",
       .learns = true},
      {.fields = {columns_field(&SelectStep::columns,
                                "Columns to choose among; empty: every number and boolean column"),
                  optional_number_field("min_variance", &SelectStep::min_variance,
                                        {.least = 0, .text = ">= 0"},
                                        "Take out columns whose variance is not above this"),
                  optional_number_field("max_correlation", &SelectStep::max_correlation,
                                        {.least = 0, .most = 1, .text = "in [0, 1]"},
                                        "Take out columns that correlate more with one before them"),
                  optional_integer_field("k", &SelectStep::k, {.least = 1, .text = ">= 1"},
                                         "Keep the best so many by score"),
                  word_field("score", &SelectStep::score, {"f", "mutual_info"}, "f or mutual_info",
                             "How much a column tells of the label")},
       .check = check_select});
  return kind;
}

}  // namespace archmlp::contract
