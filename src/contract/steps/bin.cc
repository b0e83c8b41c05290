#include "archmlp/contract/parameter_fields.h"
#include "archmlp/contract/step_kind.h"

namespace archmlp::contract {
namespace {

using Json = nlohmann::ordered_json;

Field edges_field() {
  const auto read = [](const Json& value) -> base::Result<std::vector<double>> {
    if (!value.is_array()) return expected("a list of ascending numbers", value);
    std::vector<double> edges;
    for (const Json& item : value) {
      if (!item.is_number()) return expected("a number", item);
      edges.push_back(item.get<double>());
      if (edges.size() > 1 && !(edges[edges.size() - 2] < edges.back())) {
        return base::Error{.message = "the edges do not ascend"};
      }
    }
    return edges;
  };
  return stored_field("edges", &BinStep::edges, "list of float", "ascending",
                      "Bin 0 is below the first edge, the last bin from the last edge on; instead of n_bins",
                      read, [] {
                        return Json{{"type", "array"}, {"items", {{"type", "number"}}}};
                      });
}

}  // namespace

const StepKind& BinStep::kind() {
  static const StepKind kind = with_parameters<BinStep>(
      {.name = "bin",
       .help = "Replace numbers by the number of the interval that they lie in",
       .flag_value = "{columns: […], n_bins: 5}",
       .flag_help = "Cut numbers into intervals; fitted on training rows",
       .learns = true},
      {.fields = {columns_field(&BinStep::columns, "Columns; empty: every number column"),
                  word_field("strategy", &BinStep::strategy, {"uniform", "quantile"}, "uniform or quantile",
                             "Intervals of equal width, or with equally many training rows"),
                  integer_field("n_bins", &BinStep::n_bins,
                                {.least = 2, .most = 10'000, .text = "in [2, 10000]"}, "Number of intervals"),
                  edges_field(),
                  word_field("encode", &BinStep::encode, {"ordinal", "onehot"}, "ordinal or onehot",
                             "One column with the interval's number, or a 0/1 column for each")},
       .short_forms = columns_short_form()});
  return kind;
}

}  // namespace archmlp::contract
