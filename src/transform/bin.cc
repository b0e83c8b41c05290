// bin: the number of the interval that a number lies in.

#include <algorithm>
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
using base::Status;
using Json = nlohmann::ordered_json;

struct Interval {
  std::vector<double> edges;
  std::int64_t operator()(double x) const noexcept {
    return std::upper_bound(edges.begin(), edges.end(), x) - edges.begin();
  }
};

class Bin final : public Step {
 public:
  explicit Bin(std::vector<BinnedColumn> columns) : columns_(std::move(columns)) {}

  std::string_view kind() const noexcept override { return "bin"; }
  Json to_json() const override {
    return columns_to_json(kind(), columns_, [](const BinnedColumn& column) {
      return Json{{"name", column.name}, {"edges", column.edges}};
    });
  }
  Result<std::unique_ptr<const BoundStep>> bind(const contract::Schema& input) const override {
    return bind_number_map(input, columns_,
                           [](const BinnedColumn& column) { return Interval{column.edges}; });
  }

 private:
  std::vector<BinnedColumn> columns_;
};

}  // namespace

StepPointer make_bin(std::vector<BinnedColumn> columns) { return std::make_shared<Bin>(std::move(columns)); }

Result<StepPointer> read_bin(const contract::JsonObject& json) {
  TRY(json.only({"kind", "columns"}));
  const auto read = [](const contract::JsonObject& one, BinnedColumn& column) -> Status {
    column.edges = TRY(numbers_member(one, "edges"));
    if (!std::is_sorted(column.edges.begin(), column.edges.end())) {
      return Error{.message = "the edges do not ascend", .where = one.path() + ".edges"};
    }
    return {};
  };
  auto columns = TRY(columns_member<BinnedColumn>(json, {"name", "edges"}, read));
  return make_bin(std::move(columns));
}

}  // namespace archmlp::transform
