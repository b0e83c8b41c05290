#include "archmlp/contract/parameter_fields.h"
#include "archmlp/contract/step_kind.h"

namespace archmlp::contract {
namespace {

using Json = nlohmann::ordered_json;

/// A count, or a share of the variance below 1; null for all.
Field n_components_field() {
  const auto read = [](const Json& value) -> base::Result<double> {
    const bool is_count = value.is_number_integer() && value.get<double>() >= 1.0;
    const bool is_share = value.is_number() && value.get<double>() > 0.0 && value.get<double>() < 1.0;
    if (is_count || is_share) return value.get<double>();
    return expected("a number of components >= 1, a share of the variance in (0, 1), or null", value);
  };
  return optional_field("n_components", &PcaStep::n_components, "int, float or null", ">= 1, or in (0, 1)",
                        "How many, or the share of the variance that they keep; null: all", read, [] {
                          return Json{{"type", "number"}, {"exclusiveMinimum", 0}};
                        });
}

}  // namespace

const StepKind& PcaStep::kind() {
  static const StepKind kind = with_parameters<PcaStep>(
      {.name = "pca",
       .help = "Project number columns onto their principal components",
       .flag_value = "{columns: […], n_components: 3}",
       .flag_help = "Replace number columns by their principal components; fitted on training rows",
       .learns = true},
      {.fields = {columns_field(&PcaStep::columns, "Columns; empty: every number column"),
                  n_components_field()},
       .short_forms = columns_short_form()});
  return kind;
}

}  // namespace archmlp::contract
