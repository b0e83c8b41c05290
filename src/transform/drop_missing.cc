// drop_missing: marks the rows with too few values.

#include <fmt/format.h>

#include <utility>

#include "archmlp/base/try.h"
#include "archmlp/transform/readers.h"
#include "archmlp/transform/step_support.h"
#include "archmlp/transform/steps.h"

namespace archmlp::transform {
namespace {

using base::Error;
using base::Result;
using base::Status;
using Json = nlohmann::ordered_json;

class BoundDropMissing final : public BoundStep {
 public:
  BoundDropMissing(const contract::Schema& schema, std::vector<std::size_t> columns, std::size_t min_count)
      : BoundStep(schema), columns_(std::move(columns)), min_count_(min_count) {}

  Result<table::Table> apply(const table::Table& rows, BatchNotes& notes) const override {
    std::vector<std::uint32_t> present(rows.row_count(), 0);
    for (const std::size_t index : columns_) {
      const table::Column& column = rows.column(index);
      for (std::size_t row = 0; row < present.size(); ++row) present[row] += column.is_missing(row) ? 0 : 1;
    }
    for (std::size_t row = 0; row < present.size(); ++row) {
      if (present[row] >= min_count_) continue;
      if (notes.outside.empty()) notes.outside.resize(present.size(), 0);
      notes.outside[row] = 1;
    }
    return rows;
  }

  Status apply(table::Record& record, RecordScratch& /*scratch*/) const override {
    std::size_t present = 0;
    for (const std::size_t index : columns_) present += record[index].missing ? 0 : 1;
    if (present >= min_count_) return {};
    return Error{
        .code = base::ErrorCode::kOutsidePopulation,
        .message = fmt::format("the record is outside the model's population: it has values in {} of "
                               "{} columns, and the recipe keeps only records with at least {}",
                               present, columns_.size(), min_count_),
        .hint = "do not ask this model about such records"};
  }

  std::vector<bool> inputs_needed(const std::vector<bool>& needed) const override {
    std::vector<bool> result = needed;
    for (const std::size_t column : columns_) result[column] = true;
    return result;
  }

 private:
  std::vector<std::size_t> columns_;
  std::size_t min_count_;
};

class DropMissing final : public Step {
 public:
  DropMissing(std::vector<std::string> columns, std::size_t min_count)
      : columns_(std::move(columns)), min_count_(min_count) {}

  std::string_view kind() const noexcept override { return "drop_missing"; }
  Json to_json() const override {
    Json json = Json::object();
    json["kind"] = kind();
    json["columns"] = columns_;
    json["min_count"] = min_count_;
    return json;
  }
  Result<std::unique_ptr<const BoundStep>> bind(const contract::Schema& input) const override {
    std::vector<std::size_t> indices = TRY(find_columns(input, columns_));
    return std::unique_ptr<const BoundStep>(
        std::make_unique<BoundDropMissing>(input, std::move(indices), min_count_));
  }

 private:
  std::vector<std::string> columns_;
  std::size_t min_count_;
};

}  // namespace

StepPointer make_drop_missing(std::vector<std::string> columns, std::size_t min_count) {
  return std::make_shared<DropMissing>(std::move(columns), min_count);
}

Result<StepPointer> read_drop_missing(const contract::JsonObject& json) {
  TRY(json.only({"kind", "columns", "min_count"}));
  std::vector<std::string> columns = TRY(json.texts("columns"));
  const std::uint64_t min_count = TRY(json.unsigned_integer("min_count"));
  if (min_count > columns.size()) {
    return Error{.message = "min_count is greater than the number of columns",
                 .where = json.path() + ".min_count"};
  }
  return make_drop_missing(std::move(columns), static_cast<std::size_t>(min_count));
}

}  // namespace archmlp::transform
