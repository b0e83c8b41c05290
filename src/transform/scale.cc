// scale: numbers brought to a common centre and spread.

#include <utility>

#include "archmlp/base/try.h"
#include "archmlp/transform/number_map.h"
#include "archmlp/transform/readers.h"
#include "archmlp/transform/steps.h"

namespace archmlp::transform {
namespace {

using base::Result;
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
  std::vector<ScaledColumn> columns;
  const auto objects = TRY(objects_member(json, "columns", {"name", "center", "scale"}));
  for (const contract::JsonObject& one : objects) {
    ScaledColumn column;
    column.name = TRY(one.text("name"));
    column.center = TRY(one.number("center"));
    column.scale = TRY(positive_member(one, "scale"));
    columns.push_back(std::move(column));
  }
  return make_scale(std::move(columns));
}

}  // namespace archmlp::transform
