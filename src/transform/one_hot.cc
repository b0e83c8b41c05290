// one_hot: a 0/1 column for each known value, or for a group of rare ones.

#include <algorithm>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/transform/category_index.h"
#include "archmlp/transform/indicators.h"
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
using contract::Value;
using Json = nlohmann::ordered_json;

constexpr std::int32_t kNoColumn = -1;

/// Which of the columns made of one is 1.
struct OneHotTarget {
  CategoryColumn source;
  std::vector<std::int32_t> column_of_category;  // kNoColumn for the one left out
  std::int32_t column_of_unknown = kNoColumn;
  std::size_t made_count = 0;

  std::int32_t made_column(std::int32_t category) const noexcept {
    if (category >= 0) return column_of_category[static_cast<std::size_t>(category)];
    return category == kUnknownCategory ? column_of_unknown : kNoColumn;
  }
};

class BoundOneHot final : public IndicatorStep {
 public:
  BoundOneHot(contract::Schema output, ReplacedColumns layout, std::vector<OneHotTarget> targets)
      : IndicatorStep(std::move(output)), layout_(std::move(layout)), targets_(std::move(targets)) {}

  using IndicatorStep::apply;
  Result<table::Table> apply(const table::Table& rows, BatchNotes& notes) const override {
    const auto categories = TRY(find_categories(rows, targets_, notes));
    std::vector<table::Column> columns = layout_.kept(rows);
    columns.reserve(output().columns.size());
    for (std::size_t i = 0; i < targets_.size(); ++i) {
      const auto made_of = [&](std::size_t row) { return targets_[i].made_column(categories[i][row]); };
      append_indicators(output(), targets_[i].made_count, rows.row_count(), made_of, columns);
    }
    return table_of(std::move(columns), rows.row_count());
  }

  Status apply_sparsely(table::Record& record, RecordScratch& scratch) const override {
    table::Record& spare = scratch.spare;
    layout_.keep(record, spare);
    auto begin = static_cast<std::uint32_t>(spare.size());
    for (const OneHotTarget& target : targets_) {
      const std::int32_t category = TRY(find_category(target.source, record[target.source.column], scratch));
      const std::int32_t made = target.made_column(category);
      if (made >= 0) scratch.ones.push_back(begin + static_cast<std::uint32_t>(made));
      begin += static_cast<std::uint32_t>(target.made_count);
    }
    record.swap(spare);
    return {};
  }

  std::vector<bool> inputs_needed(const std::vector<bool>& needed) const override {
    std::vector<std::size_t> made_counts;
    for (const OneHotTarget& target : targets_) made_counts.push_back(target.made_count);
    std::vector<bool> result = layout_.inputs_needed(needed, made_counts);
    need_refusing(targets_, result);
    return result;
  }

 private:
  ReplacedColumns layout_;
  std::vector<OneHotTarget> targets_;
};

/// The columns made of one, by name.
struct MadeColumns {
  std::vector<std::string> names;
  std::vector<std::int32_t> of_category;
  std::int32_t of_unknown = kNoColumn;
};

/// Precondition: `infrequent` is part of the categories, in their order.
MadeColumns make_columns(const EncodedColumn& column) {
  MadeColumns made;
  const std::int32_t first = column.drop_first ? 1 : 0;
  std::int32_t next = 0;
  auto infrequent = column.infrequent.begin();
  for (const Value& category : column.categories) {
    if (infrequent != column.infrequent.end() && *infrequent == category) {
      ++infrequent;
      made.of_category.push_back(static_cast<std::int32_t>(column.categories.size()));  // not known yet
      continue;
    }
    if (next >= first) made.names.push_back(column.name + "_" + contract::to_text(category));
    made.of_category.push_back(next++ - first);
  }
  if (column.infrequent.empty()) return made;
  const std::int32_t shared = next - first;
  for (std::int32_t& one : made.of_category) one = std::min(one, shared);
  if (shared != kNoColumn) made.names.push_back(column.name + "_infrequent");
  if (column.unknown == UnknownPolicy::kInfrequent) made.of_unknown = shared;
  return made;
}

Status check_infrequent(const EncodedColumn& column) {
  std::size_t found = 0;
  for (const Value& category : column.categories) {
    if (found < column.infrequent.size() && column.infrequent[found] == category) ++found;
  }
  if (found == column.infrequent.size()) return {};
  return Error{.message = "column " + base::quoted(column.name) +
                          ": the infrequent categories are not part of its categories, in their order"};
}

class OneHot final : public Step {
 public:
  explicit OneHot(std::vector<EncodedColumn> columns) : columns_(std::move(columns)) {}

  std::string_view kind() const noexcept override { return "one_hot"; }
  Json to_json() const override {
    return columns_to_json(kind(), columns_, [](const EncodedColumn& column) {
      Json one{{"name", column.name},
               {"categories", values_to_json(column.categories)},
               {"unknown", to_string(column.unknown)}};
      if (!column.infrequent.empty()) one["infrequent"] = values_to_json(column.infrequent);
      if (column.drop_first) one["drop_first"] = true;
      return one;
    });
  }

  Result<std::unique_ptr<const BoundStep>> bind(const contract::Schema& input) const override {
    const std::vector<std::size_t> indices = TRY(find_columns(input, names_of(columns_)));
    ReplacedColumns layout(input, indices);
    contract::Schema output = layout.kept(input);
    std::vector<OneHotTarget> targets;
    for (std::size_t i = 0; i < indices.size(); ++i) {
      const EncodedColumn& column = columns_[i];
      const ColumnKind kind = input.columns[indices[i]].kind;
      TRY(check_categories(column.name, column.categories, kind));
      TRY(check_infrequent(column));
      MadeColumns made = make_columns(column);
      for (std::string& name : made.names) output.columns.push_back(made_column(std::move(name)));
      targets.push_back({{column.name, indices[i], column.unknown, CategoryIndex(kind, column.categories)},
                         std::move(made.of_category),
                         made.of_unknown,
                         made.names.size()});
    }
    TRY(check_distinct_names(output));
    return std::unique_ptr<const BoundStep>(
        std::make_unique<BoundOneHot>(std::move(output), std::move(layout), std::move(targets)));
  }

 private:
  std::vector<EncodedColumn> columns_;
};

}  // namespace

StepPointer make_one_hot(std::vector<EncodedColumn> columns) {
  return std::make_shared<OneHot>(std::move(columns));
}

Result<StepPointer> read_one_hot(const contract::JsonObject& json) {
  TRY(json.only({"kind", "columns"}));
  const auto read = [](const contract::JsonObject& one, EncodedColumn& column) -> Status {
    column.categories = TRY(values_member(one, "categories"));
    column.unknown = TRY(unknown_policy_member(one, "unknown"));
    if (one.has("infrequent")) column.infrequent = TRY(values_member(one, "infrequent"));
    if (one.has("drop_first")) column.drop_first = TRY(one.boolean("drop_first"));
    return {};
  };
  auto columns = TRY(columns_member<EncodedColumn>(
      json, {"name", "categories", "unknown", "infrequent", "drop_first"}, read));
  return make_one_hot(std::move(columns));
}

}  // namespace archmlp::transform
