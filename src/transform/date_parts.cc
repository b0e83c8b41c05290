// date_parts: numbers that a model can use, from a date.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/transform/blanks.h"
#include "archmlp/transform/column_builder.h"
#include "archmlp/transform/cyclic.h"
#include "archmlp/transform/date_format.h"
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
using table::Cell;
using Json = nlohmann::ordered_json;

struct PartKind {
  std::string_view name;
  int first = 0;   // the least value,
  int period = 0;  // and how many there are until it comes round again; 0: it does not
};
/// In the order of DatePart.
constexpr std::array<PartKind, kDatePartCount> kParts = {{{"year"},
                                                          {"quarter", 1, 4},
                                                          {"month", 1, 12},
                                                          {"week", 1, 53},
                                                          {"day", 1, 31},
                                                          {"weekday", 0, 7},
                                                          {"dayofyear", 1, 366},
                                                          {"hour", 0, 24},
                                                          {"minute", 0, 60},
                                                          {"second", 0, 60},
                                                          {"is_weekend"}}};

const PartKind& kind_of(DatePart part) noexcept { return kParts[static_cast<std::size_t>(part)]; }

/// Every part of a date.
std::array<int, kDatePartCount> parts_of(const Instant& instant) noexcept {
  const std::int64_t days = instant.days();
  const Day day = day_of(days);
  const int second = instant.second_of_day();
  const int weekday = weekday_of(days);
  return {static_cast<int>(day.year),
          (day.month - 1) / 3 + 1,
          day.month,
          iso_week(days),
          day.day,
          weekday,
          day_of_year(day),
          second / 3600,
          second / 60 % 60,
          second % 60,
          weekday >= 5 ? 1 : 0};
}

/// What is made of one column: a kind of cell for each, in order.
class PartMaker {
 public:
  PartMaker(const std::vector<DatePart>& parts, bool cyclic) : parts_(parts) {
    for (const DatePart part : parts) is_cyclic_.push_back(cyclic && kind_of(part).period > 0);
  }

  std::size_t made_count() const noexcept {
    return parts_.size() + static_cast<std::size_t>(std::count(is_cyclic_.begin(), is_cyclic_.end(), true));
  }
  template <typename Take>
  void describe(Take take) const {
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      const std::string name(kind_of(parts_[i]).name);
      if (is_cyclic_[i]) {
        take(name + "_sin", ColumnKind::kReal);
        take(name + "_cos", ColumnKind::kReal);
      } else {
        take(name, ColumnKind::kInteger);
      }
    }
  }
  template <typename Take>
  void make(const Instant& instant, Take take) const {
    const std::array<int, kDatePartCount> values = parts_of(instant);
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      const int value = values[static_cast<std::size_t>(parts_[i])];
      if (!is_cyclic_[i]) {
        take(Cell::of(std::int64_t{value}));
        continue;
      }
      const PartKind& kind = kind_of(parts_[i]);
      const CirclePoint point = circle_point(value - kind.first, kind.period);
      take(Cell::of(point.sine));
      take(Cell::of(point.cosine));
    }
  }

 private:
  std::vector<DatePart> parts_;
  std::vector<bool> is_cyclic_;
};

struct Source {
  std::string name;
  std::size_t column = 0;
};

enum class Reading { kMissing, kInvalid, kDate };

class BoundDateParts final : public BoundStep {
 public:
  BoundDateParts(contract::Schema output, ReplacedColumns layout, std::vector<Source> sources,
                 const DateParts& fitted, DateFormat format)
      : BoundStep(std::move(output)),
        layout_(std::move(layout)),
        sources_(std::move(sources)),
        maker_(fitted.parts, fitted.cyclic),
        format_(std::move(format)),
        unit_(fitted.unit),
        invalid_is_missing_(fitted.invalid_is_missing) {}

  Result<table::Table> apply(const table::Table& rows, BatchNotes& notes) const override {
    std::vector<table::Column> columns = layout_.kept(rows);
    std::size_t refused_row = rows.row_count();
    const Source* refused_by = nullptr;
    for (const Source& source : sources_) {
      std::vector<ColumnBuilder> builders;
      maker_.describe(
          [&](const std::string&, ColumnKind kind) { builders.emplace_back(kind, rows.row_count()); });
      const std::size_t refused = fill(builders, rows.column(source.column), notes);
      if (refused < refused_row) {
        refused_row = refused;
        refused_by = &source;
      }
      for (ColumnBuilder& builder : builders) {
        columns.emplace_back(output().columns[columns.size()].name, builder.take());
      }
    }
    if (refused_by == nullptr) return table_of(std::move(columns), rows.row_count());
    return refusal(*refused_by, cell_in(rows.column(refused_by->column), refused_row),
                   fmt::format("row {}", refused_row + 1));
  }

  Status apply(table::Record& record, RecordScratch& scratch) const override {
    table::Record& spare = scratch.spare;
    layout_.keep(record, spare);
    for (const Source& source : sources_) {
      const Cell& cell = record[source.column];
      Instant instant;
      const Reading reading = read(cell, instant);
      if (reading == Reading::kDate) {
        maker_.make(instant, [&spare](const Cell& made) { spare.push_back(made); });
      } else if (reading == Reading::kInvalid && !invalid_is_missing_) {
        return refusal(source, cell, source.name);
      } else {
        for (std::size_t i = 0; i < maker_.made_count(); ++i) {
          spare.push_back(Cell::none(output().columns[spare.size()].kind));
        }
      }
    }
    record.swap(spare);
    return {};
  }

  std::vector<bool> inputs_needed(const std::vector<bool>& needed) const override {
    std::vector<bool> result =
        layout_.inputs_needed(needed, std::vector<std::size_t>(sources_.size(), maker_.made_count()));
    if (!invalid_is_missing_) {
      for (const Source& source : sources_) result[source.column] = true;
    }
    return result;
  }

 private:
  Reading read(const Cell& cell, Instant& instant) const noexcept {
    if (cell.missing) return Reading::kMissing;
    std::optional<Instant> found;
    if (cell.kind == ColumnKind::kInteger) {
      found = instant_of(cell.integer, unit_);
    } else {
      if (trimmed(cell.text).empty()) return Reading::kMissing;
      found = format_.parse(cell.text);
    }
    if (!found) return Reading::kInvalid;
    instant = *found;
    return Reading::kDate;
  }

  /// Gives the first row with an invalid date that is refused, or the number of rows.
  std::size_t fill(std::vector<ColumnBuilder>& builders, const table::Column& column,
                   const BatchNotes& notes) const {
    const bool is_text = column.kind() == ColumnKind::kText;
    std::vector<std::pair<Reading, Instant>> of_level;
    if (is_text) {
      for (const std::string& level : column.texts().levels) {
        auto& [reading, instant] = of_level.emplace_back();
        reading = read(Cell::of(std::string_view(level)), instant);
      }
    }
    for (std::size_t row = 0; row < column.row_count(); ++row) {
      if (column.is_missing(row)) continue;
      std::pair<Reading, Instant> found;
      if (is_text) {
        found = of_level[static_cast<std::size_t>(column.texts().codes[row])];
      } else {
        found.first = read(Cell::of(column.integers().values[row]), found.second);
      }
      if (found.first == Reading::kDate) {
        auto builder = builders.begin();
        maker_.make(found.second, [&](const Cell& cell) { (builder++)->set(row, cell); });
      } else if (found.first == Reading::kInvalid && !invalid_is_missing_) {
        if (notes.outside.empty() || notes.outside[row] == 0) return row;
      }
    }
    return column.row_count();
  }

  Error refusal(const Source& source, const Cell& found, std::string where) const {
    std::string expected = format_.is_iso()
                               ? "a date as in 2024-01-31 or 2024-01-31T18:30:00"
                               : fmt::format("a date in the format {}", base::quoted(format_.text()));
    if (found.kind == ColumnKind::kInteger) {
      expected = fmt::format("a date of the years {} to {} ({} since 1970)", kFirstYear, kLastYear,
                             to_string(unit_));
    }
    return {.message = fmt::format("column {}: expected {}, found {}", base::quoted(source.name), expected,
                                   shown(found)),
            .where = std::move(where),
            .hint = "errors: missing makes such values missing; `format` says how dates are written"};
  }

  ReplacedColumns layout_;
  std::vector<Source> sources_;
  PartMaker maker_;
  DateFormat format_;
  TimeUnit unit_;
  bool invalid_is_missing_;
};

class DatePartsStep final : public Step {
 public:
  explicit DatePartsStep(DateParts fitted) : fitted_(std::move(fitted)) {}

  std::string_view kind() const noexcept override { return "date_parts"; }
  Json to_json() const override {
    Json json = Json::object();
    json["kind"] = kind();
    json["columns"] = fitted_.columns;
    json["parts"] = Json::array();
    for (const DatePart part : fitted_.parts) json["parts"].push_back(to_string(part));
    json["cyclic"] = fitted_.cyclic;
    json["format"] = fitted_.format;
    json["unit"] = to_string(fitted_.unit);
    json["invalid_is_missing"] = fitted_.invalid_is_missing;
    return json;
  }
  Result<std::unique_ptr<const BoundStep>> bind(const contract::Schema& input) const override {
    DateFormat format = TRY(DateFormat::compile(fitted_.format));
    const auto indices = TRY(find_columns(input, fitted_.columns));
    ReplacedColumns layout(input, indices);
    contract::Schema output = layout.kept(input);
    std::vector<Source> sources;
    for (const std::size_t index : indices) {
      const contract::ColumnSchema& column = input.columns[index];
      if (column.kind != ColumnKind::kText && column.kind != ColumnKind::kInteger) {
        return Error{.message = fmt::format("column {} is {}, which is no date", base::quoted(column.name),
                                            to_string(column.kind)),
                     .hint = "dates are text, or integers that count days or seconds since 1970; see cast"};
      }
      PartMaker(fitted_.parts, fitted_.cyclic).describe([&](const std::string& part, ColumnKind kind) {
        contract::ColumnSchema made = made_column(fmt::format("{}_{}", column.name, part), kind);
        made.nullable = column.nullable || column.kind == ColumnKind::kText || fitted_.invalid_is_missing;
        output.columns.push_back(std::move(made));
      });
      sources.push_back({column.name, index});
    }
    TRY(check_distinct_names(output));
    return std::unique_ptr<const BoundStep>(std::make_unique<BoundDateParts>(
        std::move(output), std::move(layout), std::move(sources), fitted_, std::move(format)));
  }

 private:
  DateParts fitted_;
};

}  // namespace

std::string_view to_string(DatePart part) noexcept { return kind_of(part).name; }

std::optional<DatePart> date_part_from(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kParts.size(); ++i) {
    if (kParts[i].name == name) return static_cast<DatePart>(i);
  }
  return std::nullopt;
}

StepPointer make_date_parts(DateParts parts) { return std::make_shared<DatePartsStep>(std::move(parts)); }

Result<StepPointer> read_date_parts(const contract::JsonObject& json) {
  TRY(json.only({"kind", "columns", "parts", "cyclic", "format", "unit", "invalid_is_missing"}));
  DateParts fitted;
  fitted.columns = TRY(json.texts("columns"));
  const std::vector<std::string> names = TRY(json.texts("parts"));
  for (const std::string& name : names) {
    const auto part = date_part_from(name);
    const bool is_new =
        part && std::find(fitted.parts.begin(), fitted.parts.end(), *part) == fitted.parts.end();
    if (!is_new) {
      return Error{.message = fmt::format("unknown or repeated part of a date {}", base::quoted(name)),
                   .where = json.path() + ".parts"};
    }
    fitted.parts.push_back(*part);
  }
  if (fitted.parts.empty()) return Error{.message = "no part is named", .where = json.path() + ".parts"};
  fitted.cyclic = TRY(json.boolean("cyclic"));
  fitted.format = TRY(date_format_member(json));
  fitted.unit = TRY(time_unit_member(json));
  fitted.invalid_is_missing = TRY(json.boolean("invalid_is_missing"));
  return make_date_parts(std::move(fitted));
}

}  // namespace archmlp::transform
