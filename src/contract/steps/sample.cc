#include "archmlp/contract/parameter_fields.h"
#include "archmlp/contract/step_kind.h"

namespace archmlp::contract {
namespace {

using base::Error;

base::Status check_sample(const SampleStep& step, const std::string& path) {
  const int given = (step.n ? 1 : 0) + (step.frac ? 1 : 0) + (step.balance ? 1 : 0);
  if (given != 1) {
    return Error{.message = given == 0 ? "it is not said how many rows are drawn"
                                       : "n, frac and balance exclude each other",
                 .where = path,
                 .hint = "give one of n, frac and balance"};
  }
  if (step.balance && step.stratify) {
    return Error{
        .message = "balance and stratify exclude each other", .where = path, .hint = "keep one of them"};
  }
  return {};
}

Field balance_field() {
  const auto read = [](const nlohmann::ordered_json& value) -> base::Result<std::string> {
    if (value == "under" || value == "over") return value.get<std::string>();
    return expected_word("under, over or null", value, {"under", "over"});
  };
  return optional_field("balance", &SampleStep::balance, "under, over or null", "",
                        "Training rows only: as many of each class as of the rarest, or of the most frequent",
                        read, [] {
                          return nlohmann::ordered_json{{"enum", {"under", "over"}}};
                        });
}

}  // namespace

const StepKind& SampleStep::kind() {
  static const StepKind kind = with_parameters<SampleStep>(
      {.name = "sample",
       .help = "Draw rows; acts on the data only",
       .flag_value = "{frac: 0.1}",
       .flag_help = "Draw rows: n, frac, or balance: under|over the classes of the training rows",
       .touched = [](const StepConfig&) { return std::vector<std::string>(); },
       .learns_if = [](const StepConfig& step) { return std::get<SampleStep>(step).balance.has_value(); }},
      {.fields = {optional_integer_field("n", &SampleStep::n, {.least = 1, .text = ">= 1"}, "Number of rows"),
                  optional_number_field("frac", &SampleStep::frac,
                                        {.least = 0, .most = 1, .least_excluded = true, .text = "in (0, 1]"},
                                        "Share of the rows"),
                  flag_field("stratify", &SampleStep::stratify, "Keep the shares of the label's classes"),
                  balance_field(),
                  integer_field("random_state", &SampleStep::random_state, {},
                                "The same one draws the same rows")},
       .check = check_sample});
  return kind;
}

}  // namespace archmlp::contract
