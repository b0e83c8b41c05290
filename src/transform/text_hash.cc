// text_hash: a 0/1 column for each group of texts whose hashes agree.

#include <fmt/format.h>

#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
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
using Json = nlohmann::ordered_json;

struct Target {
  std::size_t column = 0;
  std::size_t n_features = 0;
  std::uint64_t seed = 0;

  std::int32_t feature_of(std::string_view text) const noexcept {
    return static_cast<std::int32_t>(fnv1a(text, seed) % n_features);
  }
};

class BoundTextHash final : public IndicatorStep {
 public:
  BoundTextHash(contract::Schema output, ReplacedColumns layout, std::vector<Target> targets)
      : IndicatorStep(std::move(output)), layout_(std::move(layout)), targets_(std::move(targets)) {}

  using IndicatorStep::apply;
  Result<table::Table> apply(const table::Table& rows, BatchNotes& /*notes*/) const override {
    std::vector<table::Column> columns = layout_.kept(rows);
    for (const Target& target : targets_) {
      const table::TextCells& texts = rows.column(target.column).texts();
      std::vector<std::int32_t> feature_of_level;
      feature_of_level.reserve(texts.levels.size());
      for (const std::string& level : texts.levels) feature_of_level.push_back(target.feature_of(level));
      const auto made_of = [&](std::size_t row) {
        const std::int32_t code = texts.codes[row];
        return code < 0 ? -1 : feature_of_level[static_cast<std::size_t>(code)];
      };
      append_indicators(output(), target.n_features, rows.row_count(), made_of, columns);
    }
    return table_of(std::move(columns), rows.row_count());
  }

  Status apply_sparsely(table::Record& record, RecordScratch& scratch) const override {
    table::Record& spare = scratch.spare;
    layout_.keep(record, spare);
    auto begin = static_cast<std::uint32_t>(spare.size());
    for (const Target& target : targets_) {
      const table::Cell& cell = record[target.column];
      if (!cell.missing)
        scratch.ones.push_back(begin + static_cast<std::uint32_t>(target.feature_of(cell.text)));
      begin += static_cast<std::uint32_t>(target.n_features);
    }
    record.swap(spare);
    return {};
  }

  std::vector<bool> inputs_needed(const std::vector<bool>& needed) const override {
    std::vector<std::size_t> made_counts;
    for (const Target& target : targets_) made_counts.push_back(target.n_features);
    return layout_.inputs_needed(needed, made_counts);
  }

 private:
  ReplacedColumns layout_;
  std::vector<Target> targets_;
};

class TextHash final : public Step {
 public:
  explicit TextHash(std::vector<HashedColumn> columns) : columns_(std::move(columns)) {}

  std::string_view kind() const noexcept override { return "text_hash"; }
  Json to_json() const override {
    return columns_to_json(kind(), columns_, [](const HashedColumn& column) {
      return Json{{"name", column.name}, {"n_features", column.n_features}, {"seed", column.seed}};
    });
  }
  Result<std::unique_ptr<const BoundStep>> bind(const contract::Schema& input) const override {
    const auto indices = TRY(find_columns(input, names_of(columns_)));
    ReplacedColumns layout(input, indices);
    contract::Schema output = layout.kept(input);
    std::vector<Target> targets;
    for (std::size_t i = 0; i < indices.size(); ++i) {
      const contract::ColumnSchema& column = input.columns[indices[i]];
      if (column.kind != contract::ColumnKind::kText) {
        return Error{.message = fmt::format("column {} is {}, not text", base::quoted(column.name),
                                            to_string(column.kind)),
                     .hint = "leave it out, or read it as text (read.types)"};
      }
      for (std::size_t feature = 0; feature < columns_[i].n_features; ++feature) {
        output.columns.push_back(made_column(fmt::format("{}_hash_{}", column.name, feature)));
      }
      if (output.columns.size() > kMostItems) {
        return Error{.code = base::ErrorCode::kResourceLimit,
                     .message = "the step makes too many columns",
                     .hint = "lower n_features"};
      }
      targets.push_back({indices[i], columns_[i].n_features, columns_[i].seed});
    }
    TRY(check_distinct_names(output));
    return std::unique_ptr<const BoundStep>(
        std::make_unique<BoundTextHash>(std::move(output), std::move(layout), std::move(targets)));
  }

 private:
  std::vector<HashedColumn> columns_;
};

}  // namespace

std::uint64_t fnv1a(std::string_view text, std::uint64_t seed) noexcept {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  const auto add = [&hash](std::uint64_t byte) { hash = (hash ^ byte) * 0x100000001B3ULL; };
  for (unsigned shift = 0; shift < 64; shift += 8) add((seed >> shift) & 0xFFU);
  for (const char byte : text) add(static_cast<unsigned char>(byte));
  return hash;
}

StepPointer make_text_hash(std::vector<HashedColumn> columns) {
  return std::make_shared<TextHash>(std::move(columns));
}

Result<StepPointer> read_text_hash(const contract::JsonObject& json) {
  TRY(json.only({"kind", "columns"}));
  const auto read = [](const contract::JsonObject& one, HashedColumn& column) -> Status {
    const std::uint64_t n_features = TRY(one.unsigned_integer("n_features"));
    if (n_features == 0 || n_features > kMostHashedFeatures) {
      return Error{.message = fmt::format("expected 1 to {} features", kMostHashedFeatures),
                   .where = one.path() + ".n_features"};
    }
    column.n_features = static_cast<std::size_t>(n_features);
    column.seed = TRY(one.unsigned_integer("seed"));
    return {};
  };
  auto columns = TRY(columns_member<HashedColumn>(json, {"name", "n_features", "seed"}, read));
  return make_text_hash(std::move(columns));
}

}  // namespace archmlp::transform
