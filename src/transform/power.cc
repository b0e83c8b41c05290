// power: the Yeo-Johnson transform, then scaled.

#include <cmath>
#include <utility>

#include "archmlp/base/try.h"
#include "archmlp/transform/number_map.h"
#include "archmlp/transform/readers.h"
#include "archmlp/transform/steps.h"

namespace archmlp::transform {
namespace {

using base::Result;
using base::Status;
using Json = nlohmann::ordered_json;

struct ScaledPower {
  double lambda;
  double center;
  double scale;
  double operator()(double x) const noexcept { return as_finite((yeo_johnson(x, lambda) - center) / scale); }
};

class Power final : public Step {
 public:
  explicit Power(std::vector<PowerColumn> columns) : columns_(std::move(columns)) {}

  std::string_view kind() const noexcept override { return "power"; }
  Json to_json() const override {
    return columns_to_json(kind(), columns_, [](const PowerColumn& column) {
      return Json{{"name", column.name},
                  {"lambda", column.lambda},
                  {"center", column.center},
                  {"scale", column.scale}};
    });
  }
  Result<std::unique_ptr<const BoundStep>> bind(const contract::Schema& input) const override {
    return bind_number_map(input, columns_, [](const PowerColumn& column) {
      return ScaledPower{column.lambda, column.center, column.scale};
    });
  }

 private:
  std::vector<PowerColumn> columns_;
};

}  // namespace

double yeo_johnson(double x, double lambda) noexcept {
  constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
  const double power = x >= 0.0 ? lambda : 2.0 - lambda;
  const double magnitude = std::log1p(std::abs(x));
  const double result =
      std::abs(power) < kEpsilon ? magnitude : as_finite(std::expm1(power * magnitude) / power);
  return x >= 0.0 ? result : -result;
}

StepPointer make_power(std::vector<PowerColumn> columns) {
  return std::make_shared<Power>(std::move(columns));
}

Result<StepPointer> read_power(const contract::JsonObject& json) {
  TRY(json.only({"kind", "columns"}));
  const auto read = [](const contract::JsonObject& one, PowerColumn& column) -> Status {
    column.lambda = TRY(one.number("lambda"));
    column.center = TRY(one.number("center"));
    column.scale = TRY(positive_member(one, "scale"));
    return {};
  };
  auto columns = TRY(columns_member<PowerColumn>(json, {"name", "lambda", "center", "scale"}, read));
  return make_power(std::move(columns));
}

}  // namespace archmlp::transform
