// log, log1p: the natural logarithm, of numbers that have one.

#include <cmath>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/transform/number_map.h"
#include "archmlp/transform/readers.h"
#include "archmlp/transform/steps.h"

namespace archmlp::transform {
namespace {

using base::Error;
using base::Result;
using Json = nlohmann::ordered_json;

struct NamedColumn {
  std::string name;
};

struct NaturalLogarithm {
  Logarithm logarithm;

  double operator()(double x) const noexcept {
    const double argument_bound = logarithm == Logarithm::kLog ? 0.0 : -1.0;
    if (!(x > argument_bound)) return std::numeric_limits<double>::quiet_NaN();
    return logarithm == Logarithm::kLog ? std::log(x) : std::log1p(x);
  }
  Error refusal(std::string_view column, double number, std::string where) const {
    const bool is_log = logarithm == Logarithm::kLog;
    return {.message = "column " + base::quoted(column) + ": " + base::format_real(number) +
                       (is_log ? " has no logarithm, only numbers > 0 do"
                               : " is outside of log1p, which takes numbers > -1"),
            .where = std::move(where),
            .hint = is_log && number == 0.0
                        ? "use log1p, or clip the column first"
                        : "use power, which takes every number, clip the column first, or filter such rows"};
  }
};

class LogOf final : public Step {
 public:
  LogOf(Logarithm logarithm, std::vector<std::string> columns)
      : logarithm_(logarithm), columns_(std::move(columns)) {}

  std::string_view kind() const noexcept override { return logarithm_ == Logarithm::kLog ? "log" : "log1p"; }
  Json to_json() const override {
    Json json = Json::object();
    json["kind"] = kind();
    json["columns"] = columns_;
    return json;
  }
  Result<std::unique_ptr<const BoundStep>> bind(const contract::Schema& input) const override {
    std::vector<NamedColumn> columns;
    for (const std::string& name : columns_) columns.push_back({name});
    return bind_number_map(input, columns,
                           [this](const NamedColumn&) { return NaturalLogarithm{logarithm_}; });
  }

 private:
  Logarithm logarithm_;
  std::vector<std::string> columns_;
};

Result<StepPointer> read(Logarithm logarithm, const contract::JsonObject& json) {
  TRY(json.only({"kind", "columns"}));
  std::vector<std::string> columns = TRY(json.texts("columns"));
  return make_log(logarithm, std::move(columns));
}

}  // namespace

StepPointer make_log(Logarithm logarithm, std::vector<std::string> columns) {
  return std::make_shared<LogOf>(logarithm, std::move(columns));
}

Result<StepPointer> read_log(const contract::JsonObject& json) { return read(Logarithm::kLog, json); }
Result<StepPointer> read_log1p(const contract::JsonObject& json) { return read(Logarithm::kLog1p, json); }

}  // namespace archmlp::transform
