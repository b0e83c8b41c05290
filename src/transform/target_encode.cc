// target_encode: what the label was on average where a column had a value.

#include <utility>

#include "archmlp/base/try.h"
#include "archmlp/transform/category_index.h"
#include "archmlp/transform/readers.h"
#include "archmlp/transform/replaced_columns.h"
#include "archmlp/transform/step_support.h"
#include "archmlp/transform/steps.h"

namespace archmlp::transform {
namespace {

using base::Error;
using base::Result;
using base::Status;
using contract::ColumnKind;
using Json = nlohmann::ordered_json;

struct EncodeTarget {
  CategoryColumn source;
  std::size_t output_count = 0;
  std::vector<double> encodings;  // [categories + 2, output_count], those of missing and unknown at the end

  const double* encoding(std::int32_t category) const noexcept {
    const std::size_t count = encodings.size() / output_count;
    const std::size_t index =
        category >= 0 ? static_cast<std::size_t>(category) : count - (category == kMissingCategory ? 2 : 1);
    return &encodings[index * output_count];
  }
};

class BoundTargetEncode final : public BoundStep {
 public:
  BoundTargetEncode(contract::Schema output, ReplacedColumns layout, std::vector<EncodeTarget> targets)
      : BoundStep(std::move(output)), layout_(std::move(layout)), targets_(std::move(targets)) {}

  Result<table::Table> apply(const table::Table& rows, BatchNotes& notes) const override {
    const auto categories = TRY(find_categories(rows, targets_, notes));
    std::vector<table::Column> columns = layout_.kept(rows);
    for (std::size_t i = 0; i < targets_.size(); ++i) {
      for (std::size_t k = 0; k < targets_[i].output_count; ++k) {
        table::RealCells cells{std::vector<double>(rows.row_count())};
        for (std::size_t row = 0; row < cells.values.size(); ++row) {
          cells.values[row] = targets_[i].encoding(categories[i][row])[k];
        }
        columns.emplace_back(output().columns[columns.size()].name, std::move(cells));
      }
    }
    return table_of(std::move(columns), rows.row_count());
  }

  Status apply(table::Record& record, RecordScratch& scratch) const override {
    table::Record& spare = scratch.spare;
    layout_.keep(record, spare);
    for (const EncodeTarget& target : targets_) {
      const std::int32_t category = TRY(find_category(target.source, record[target.source.column], scratch));
      const double* encoding = target.encoding(category);
      for (std::size_t k = 0; k < target.output_count; ++k) spare.push_back(table::Cell::of(encoding[k]));
    }
    record.swap(spare);
    return {};
  }

  std::vector<bool> inputs_needed(const std::vector<bool>& needed) const override {
    std::vector<std::size_t> made_counts;
    for (const EncodeTarget& target : targets_) made_counts.push_back(target.output_count);
    return layout_.inputs_needed(needed, made_counts);
  }

 private:
  ReplacedColumns layout_;
  std::vector<EncodeTarget> targets_;
};

class TargetEncode final : public Step {
 public:
  TargetEncode(std::vector<std::string> outputs, std::vector<TargetEncodedColumn> columns)
      : outputs_(std::move(outputs)), columns_(std::move(columns)) {}

  std::string_view kind() const noexcept override { return "target_encode"; }
  Json to_json() const override {
    Json json = columns_to_json(kind(), columns_, [](const TargetEncodedColumn& column) {
      return Json{{"name", column.name},
                  {"categories", values_to_json(column.categories)},
                  {"encodings", column.encodings}};
    });
    json["outputs"] = outputs_;
    return json;
  }
  Result<std::unique_ptr<const BoundStep>> bind(const contract::Schema& input) const override {
    const auto indices = TRY(find_columns(input, names_of(columns_)));
    ReplacedColumns layout(input, indices);
    contract::Schema output = layout.kept(input);
    std::vector<EncodeTarget> targets;
    for (std::size_t i = 0; i < indices.size(); ++i) {
      const TargetEncodedColumn& column = columns_[i];
      const ColumnKind kind = input.columns[indices[i]].kind;
      TRY(check_categories(column.name, column.categories, kind));
      for (const std::string& suffix : outputs_) {
        output.columns.push_back(
            made_column(suffix.empty() ? column.name : column.name + "_" + suffix, ColumnKind::kReal));
      }
      targets.push_back(
          {{column.name, indices[i], UnknownPolicy::kIgnore, CategoryIndex(kind, column.categories)},
           outputs_.size(),
           column.encodings});
    }
    TRY(check_distinct_names(output));
    return std::unique_ptr<const BoundStep>(
        std::make_unique<BoundTargetEncode>(std::move(output), std::move(layout), std::move(targets)));
  }

 private:
  std::vector<std::string> outputs_;
  std::vector<TargetEncodedColumn> columns_;
};

}  // namespace

StepPointer make_target_encode(std::vector<std::string> outputs, std::vector<TargetEncodedColumn> columns) {
  return std::make_shared<TargetEncode>(std::move(outputs), std::move(columns));
}

Result<StepPointer> read_target_encode(const contract::JsonObject& json) {
  TRY(json.only({"kind", "columns", "outputs"}));
  std::vector<std::string> outputs = TRY(json.texts("outputs"));
  if (outputs.empty() || outputs.size() > kMostItems) {
    return Error{.message = "expected at least one output, and not too many",
                 .where = json.path() + ".outputs"};
  }
  const auto read = [&outputs](const contract::JsonObject& one, TargetEncodedColumn& column) -> Status {
    column.categories = TRY(values_member(one, "categories"));
    column.encodings = TRY(numbers_member(one, "encodings"));
    if (column.encodings.size() != (column.categories.size() + 2) * outputs.size()) {
      return Error{.message = "expected the encodings of every category, of missing and of unknown values",
                   .where = one.path() + ".encodings"};
    }
    return {};
  };
  auto columns = TRY(columns_member<TargetEncodedColumn>(json, {"name", "categories", "encodings"}, read));
  return make_target_encode(std::move(outputs), std::move(columns));
}

}  // namespace archmlp::transform
