// join: columns of another table, by equal keys.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/transform/column_builder.h"
#include "archmlp/transform/constant.h"
#include "archmlp/transform/readers.h"
#include "archmlp/transform/step_support.h"
#include "archmlp/transform/steps.h"

namespace archmlp::transform {
namespace {

using base::Error;
using base::Result;
using base::Status;
using contract::ColumnKind;
using table::Cell;
using Json = nlohmann::ordered_json;

constexpr std::size_t kMostCells = 1'000'000;
constexpr std::size_t kMostTextBytes = std::size_t{16} << 20U;
constexpr std::uint32_t kNoRow = ~std::uint32_t{0};

bool is_number(ColumnKind kind) noexcept { return kind == ColumnKind::kInteger || kind == ColumnKind::kReal; }

/// The number as the other kind, if one of that kind equals it; otherwise missing.
Cell as_number(const Cell& cell, ColumnKind kind) noexcept {
  if (cell.kind == kind || cell.missing) return cell;
  if (kind == ColumnKind::kInteger) {
    const auto integer = as_integer(contract::Value(cell.real));
    return integer ? Cell::of(*integer) : Cell::none(kind);
  }
  const auto real = as_real(contract::Value(cell.integer));
  return real ? Cell::of(*real) : Cell::none(kind);
}

/// Less than 0 if `a` comes before `b`, 0 if they are equal. Precondition: of one kind, neither is missing.
int compare(const Cell& a, const Cell& b) noexcept {
  switch (a.kind) {
    case ColumnKind::kInteger:
      return (a.integer > b.integer ? 1 : 0) - (a.integer < b.integer ? 1 : 0);
    case ColumnKind::kReal:
      return (a.real > b.real ? 1 : 0) - (a.real < b.real ? 1 : 0);
    case ColumnKind::kBoolean:
      return (a.boolean ? 1 : 0) - (b.boolean ? 1 : 0);
    case ColumnKind::kText:
      break;
  }
  return a.text.compare(b.text);
}

/// How the key of a row compares with another, whose i-th part is `key(i)`.
template <typename Key>
int compare_key(const table::Table& keys, std::size_t row, Key key) noexcept {
  for (std::size_t part = 0; part < keys.columns().size(); ++part) {
    const int order = compare(cell_in(keys.column(part), row), key(part));
    if (order != 0) return order;
  }
  return 0;
}

/// The row with the key whose i-th part is `key(i)`; kNoRow if there is none, or a part is missing. By
/// halving, so that no file can make it slow. Precondition: the rows ascend.
template <typename Key>
std::uint32_t find_row(const table::Table& keys, Key key) noexcept {
  const auto wanted = [&](std::size_t part) { return as_number(key(part), keys.column(part).kind()); };
  for (std::size_t part = 0; part < keys.columns().size(); ++part) {
    if (wanted(part).missing) return kNoRow;
  }
  std::size_t first = 0;
  std::size_t last = keys.row_count();
  while (first < last) {
    const std::size_t middle = first + (last - first) / 2;
    const int order = compare_key(keys, middle, wanted);
    if (order == 0) return static_cast<std::uint32_t>(middle);
    if (order < 0) {
      first = middle + 1;
    } else {
      last = middle;
    }
  }
  return kNoRow;
}

/// With one more row at the end, in which all is missing: what rows without a partner get.
std::vector<table::Column> with_missing_row(const table::Table& rows) {
  std::vector<table::Column> columns;
  for (const table::Column& column : rows.columns()) {
    ColumnBuilder builder(column.kind(), rows.row_count() + 1);
    for (std::size_t row = 0; row < rows.row_count(); ++row) builder.set(row, cell_in(column, row));
    columns.emplace_back(column.name(), builder.take());
  }
  return columns;
}

class BoundJoin final : public BoundStep {
 public:
  BoundJoin(contract::Schema output, JoinKind how, std::vector<std::size_t> on, table::Table keys,
            std::vector<table::Column> with_missing)
      : BoundStep(std::move(output)),
        how_(how),
        on_(std::move(on)),
        keys_(std::move(keys)),
        columns_(std::move(with_missing)) {}

  Result<table::Table> apply(const table::Table& rows, BatchNotes& notes) const override {
    std::vector<std::uint32_t> partners = find_partners(rows);
    for (std::size_t row = 0; row < partners.size(); ++row) {
      if (partners[row] != kNoRow) continue;
      partners[row] = static_cast<std::uint32_t>(keys_.row_count());
      if (how_ != JoinKind::kInner) continue;
      if (notes.outside.empty()) notes.outside.resize(partners.size(), 0);
      notes.outside[row] = 1;
    }
    std::vector<table::Column> columns(rows.columns().begin(), rows.columns().end());
    for (const table::Column& column : columns_) {
      columns.push_back(column.gathered(partners));
    }
    return table::Table::from_columns(std::move(columns));
  }

  Status apply(table::Record& record, RecordScratch& /*scratch*/) const override {
    const std::uint32_t partner =
        find_row(keys_, [&](std::size_t part) -> const Cell& { return record[on_[part]]; });
    if (partner == kNoRow && how_ == JoinKind::kInner) return outside(record);
    const std::size_t row = partner == kNoRow ? keys_.row_count() : partner;
    for (const table::Column& column : columns_) record.push_back(cell_in(column, row));
    return {};
  }

  std::vector<bool> inputs_needed(const std::vector<bool>& needed) const override {
    const auto input_count = static_cast<std::ptrdiff_t>(needed.size() - columns_.size());
    std::vector<bool> result(needed.begin(), needed.begin() + input_count);
    const bool any = std::find(needed.begin() + input_count, needed.end(), true) != needed.end();
    if (any || how_ == JoinKind::kInner) {
      for (const std::size_t column : on_) result[column] = true;
    }
    return result;
  }

 private:
  std::vector<std::uint32_t> find_partners(const table::Table& rows) const {
    std::vector<std::uint32_t> partners(rows.row_count(), kNoRow);
    if (on_.size() == 1 && rows.column(on_[0]).kind() == ColumnKind::kText) {
      const table::TextCells& texts = rows.column(on_[0]).texts();
      std::vector<std::uint32_t> of_level;
      of_level.reserve(texts.levels.size());
      for (const std::string& level : texts.levels) {
        of_level.push_back(
            find_row(keys_, [&level](std::size_t) { return Cell::of(std::string_view(level)); }));
      }
      for (std::size_t row = 0; row < partners.size(); ++row) {
        if (texts.codes[row] >= 0) partners[row] = of_level[static_cast<std::size_t>(texts.codes[row])];
      }
      return partners;
    }
    for (std::size_t row = 0; row < partners.size(); ++row) {
      partners[row] = find_row(keys_, [&](std::size_t part) { return cell_in(rows.column(on_[part]), row); });
    }
    return partners;
  }

  Error outside(const table::Record& record) const {
    std::string found;
    for (const std::size_t column : on_) {
      if (!found.empty()) found += ", ";
      const Cell& cell = record[column];
      found += fmt::format("{} = {}", output().columns[column].name, cell.missing ? "missing" : shown(cell));
    }
    return {.code = base::ErrorCode::kOutsidePopulation,
            .message = fmt::format(
                "the record is outside the model's population: the joined table has no row with {}, "
                "and the recipe keeps only records that have one",
                found),
            .hint = "do not ask this model about such records"};
  }

  JoinKind how_;
  std::vector<std::size_t> on_;
  table::Table keys_;
  std::vector<table::Column> columns_;  // of the joined table, and one row behind its rows
};

Json column_to_json(const table::Column& column) {
  Json json = Json::object();
  json["name"] = column.name();
  json["kind"] = contract::to_string(column.kind());
  json["values"] = Json::array();
  for (std::size_t row = 0; row < column.row_count(); ++row)
    json["values"].push_back(contract::to_json(column.value(row)));
  return json;
}

class JoinStep final : public Step {
 public:
  explicit JoinStep(Join join)
      : how_(join.how),
        on_(std::move(join.on)),
        keys_(std::move(join.keys)),
        columns_(std::move(join.columns)) {}

  std::string_view kind() const noexcept override { return "join"; }
  Json to_json() const override {
    Json json = Json::object();
    json["kind"] = kind();
    json["how"] = to_string(how_);
    json["on"] = on_;
    json["row_count"] = keys_.row_count();
    for (const auto& [key, rows] : {std::pair("keys", &keys_), std::pair("columns", &columns_)}) {
      json[key] = Json::array();
      for (const table::Column& column : rows->columns()) json[key].push_back(column_to_json(column));
    }
    return json;
  }
  Result<std::unique_ptr<const BoundStep>> bind(const contract::Schema& input) const override {
    std::vector<std::size_t> on = TRY(find_columns(input, on_));
    for (std::size_t i = 0; i < on.size(); ++i) TRY(check_kinds(input.columns[on[i]], keys_.column(i)));
    contract::Schema output = input;
    for (const table::Column& column : columns_.columns()) {
      contract::ColumnSchema made = made_column(column.name(), column.kind());
      made.nullable = how_ == JoinKind::kLeft || column.missing_count() > 0;
      output.columns.push_back(std::move(made));
    }
    TRY(check_distinct_names(output));
    std::vector<table::Column> with_missing = with_missing_row(columns_);
    return std::unique_ptr<const BoundStep>(
        std::make_unique<BoundJoin>(std::move(output), how_, std::move(on), keys_, std::move(with_missing)));
  }

 private:
  static Status check_kinds(const contract::ColumnSchema& column, const table::Column& key) {
    if (column.kind == key.kind() || (is_number(column.kind) && is_number(key.kind()))) return {};
    return Error{
        .message = fmt::format("column {} is {}, but the key {} of the joined table is {}: they never match",
                               base::quoted(column.name), to_string(column.kind), base::quoted(key.name()),
                               to_string(key.kind())),
        .hint = fmt::format("cast it first, as in `- cast: {{columns: [{}], type: {}}}`", column.name,
                            to_string(key.kind()))};
  }

  JoinKind how_;
  std::vector<std::string> on_;
  table::Table keys_, columns_;
};

/// Text points into the value.
Cell cell_of(const contract::Value& value) noexcept {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return Cell::of(*integer);
  if (const auto* real = std::get_if<double>(&value)) return Cell::of(*real);
  if (const auto* boolean = std::get_if<bool>(&value)) return Cell::of(*boolean);
  return Cell::of(std::string_view(std::get<std::string>(value)));
}

Result<table::Column> read_column(const contract::JsonObject& json, std::size_t row_count, bool is_key) {
  std::string name = TRY(json.text("name"));
  const std::string kind_name = TRY(json.text("kind"));
  const auto kind = contract::column_kind_from(kind_name);
  if (!kind)
    return Error{.message = "unknown kind " + base::quoted(kind_name), .where = json.path() + ".kind"};
  const std::vector<contract::Value> values = TRY(values_member(json, "values"));
  if (values.size() != row_count) {
    return Error{.message = fmt::format("expected {} values, found {}", row_count, values.size()),
                 .where = json.path() + ".values"};
  }
  ColumnBuilder builder(*kind, row_count);
  for (std::size_t row = 0; row < row_count; ++row) {
    if (!is_key && std::holds_alternative<std::monostate>(values[row])) continue;
    if (!contract::is_of_kind(values[row], *kind)) {
      return Error{.message = "a value is not of the column's kind",
                   .where = fmt::format("{}.values[{}]", json.path(), row)};
    }
    builder.set(row, cell_of(values[row]));
  }
  return table::Column(std::move(name), builder.take());
}

Result<table::Table> read_rows(const contract::JsonObject& json, std::string_view key,
                               std::size_t row_count) {
  std::vector<table::Column> columns;
  const auto objects = TRY(objects_member(json, key, {"name", "kind", "values"}));
  columns.reserve(objects.size());
  for (const contract::JsonObject& one : objects) {
    columns.push_back(TRY(read_column(one, row_count, key == "keys")));
  }
  if (columns.empty()) return table::Table::without_columns(row_count);
  auto rows = table::Table::from_columns(std::move(columns));
  if (!rows.ok()) return base::located(fmt::format("{}.{}", json.path(), key), std::move(rows).error());
  return rows;
}

std::size_t text_bytes(const table::Table& rows) noexcept {
  std::size_t bytes = 0;
  for (const table::Column& column : rows.columns()) {
    if (column.kind() != ColumnKind::kText) continue;
    for (std::size_t row = 0; row < column.row_count(); ++row) bytes += cell_in(column, row).text.size();
  }
  return bytes;
}

Result<JoinKind> how_member(const contract::JsonObject& json) {
  const std::string name = TRY(json.text("how"));
  for (const JoinKind how : {JoinKind::kLeft, JoinKind::kInner}) {
    if (to_string(how) == name) return how;
  }
  return Error{.message = "unknown kind of join " + base::quoted(name), .where = json.path() + ".how"};
}

}  // namespace

std::string_view to_string(JoinKind kind) noexcept { return kind == JoinKind::kLeft ? "left" : "inner"; }

Status check_join_size(const table::Table& keys, const table::Table& columns) {
  const std::size_t rows = keys.row_count();
  const std::size_t column_count = keys.columns().size() + columns.columns().size();
  const std::size_t bytes = text_bytes(keys) + text_bytes(columns);
  if (rows <= kMostItems && rows * column_count <= kMostCells && bytes <= kMostTextBytes) return {};
  return Error{
      .code = base::ErrorCode::kResourceLimit,
      .message =
          fmt::format("the joined table would travel in the model, which takes at most {} rows, {} cells "
                      "and {} MiB of text; it has {} rows of {} columns (keys included) and {} MiB",
                      base::with_thousands(kMostItems), base::with_thousands(kMostCells),
                      kMostTextBytes >> 20U, base::with_thousands(rows), column_count, bytes >> 20U),
      .hint =
          "name the `columns` that are needed, leave out rows that no record asks for, or join the files "
          "before and give records the columns"};
}

std::optional<std::size_t> find_unordered_key(const table::Table& keys) {
  for (std::size_t row = 1; row < keys.row_count(); ++row) {
    const auto key = [&](std::size_t part) { return cell_in(keys.column(part), row); };
    if (compare_key(keys, row - 1, key) >= 0) return row;
  }
  return std::nullopt;
}

StepPointer make_join(Join join) { return std::make_shared<JoinStep>(std::move(join)); }

Result<StepPointer> read_join(const contract::JsonObject& json) {
  TRY(json.only({"kind", "how", "on", "row_count", "keys", "columns"}));
  Join join;
  join.how = TRY(how_member(json));
  join.on = TRY(json.texts("on"));
  const std::uint64_t row_count = TRY(json.unsigned_integer("row_count"));
  if (row_count > kMostItems) return Error{.message = "too many rows", .where = json.path() + ".row_count"};
  join.keys = TRY(read_rows(json, "keys", row_count));
  join.columns = TRY(read_rows(json, "columns", row_count));
  if (join.on.empty() || join.keys.columns().size() != join.on.size()) {
    return Error{.message = "expected a key for each column that is looked up",
                 .where = json.path() + ".keys"};
  }
  if (const auto row = find_unordered_key(join.keys)) {
    return Error{.message = "the keys do not ascend, or one occurs twice",
                 .where = fmt::format("{}.keys[0].values[{}]", json.path(), *row)};
  }
  if (Status status = check_join_size(join.keys, join.columns); !status.ok()) {
    return base::located(json.path(), std::move(status).error());
  }
  return make_join(std::move(join));
}

}  // namespace archmlp::transform
