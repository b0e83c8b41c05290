// scale: numbers brought to a common centre and spread.

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

struct Scaling {
  double center;
  double scale;
  double operator()(double x) const noexcept { return as_finite((x - center) / scale); }
};

class Scale final : public Step {
 public:
  explicit Scale(std::vector<ScaledColumn> columns) : columns_(std::move(columns)) {}

  std::string_view kind() const noexcept override { return "scale"; }
  Json to_json() const override {
    return columns_to_json(kind(), columns_, [](const ScaledColumn& column) {
      return Json{{"name", column.name}, {"center", column.center}, {"scale", column.scale}};
    });
  }
  Result<std::unique_ptr<const BoundStep>> bind(const contract::Schema& input) const override {
    return bind_number_map(input, columns_, [](const ScaledColumn& column) {
      return Scaling{column.center, column.scale};
    });
  }

 private:
  std::vector<ScaledColumn> columns_;
};

}  // namespace

StepPointer make_scale(std::vector<ScaledColumn> columns) {
  return std::make_shared<Scale>(std::move(columns));
}

Result<StepPointer> read_scale(const contract::JsonObject& json) {
  TRY(json.only({"kind", "columns"}));
  const auto read = [](const contract::JsonObject& one, ScaledColumn& column) -> Status {
    column.center = TRY(one.number("center"));
    column.scale = TRY(positive_member(one, "scale"));
    return {};
  };
  auto columns = TRY(columns_member<ScaledColumn>(json, {"name", "center", "scale"}, read));
  return make_scale(std::move(columns));
}

}  // namespace archmlp::transform
