// cast: columns of another type, from what people write.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/transform/blanks.h"
#include "archmlp/transform/cell_map.h"
#include "archmlp/transform/date_format.h"
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

constexpr std::array<std::pair<CastType, std::string_view>, 5> kTypes = {{{CastType::kInteger, "integer"},
                                                                          {CastType::kReal, "real"},
                                                                          {CastType::kBoolean, "boolean"},
                                                                          {CastType::kText, "text"},
                                                                          {CastType::kDate, "date"}}};

ColumnKind kind_of(CastType type) noexcept {
  switch (type) {
    case CastType::kReal:
      return ColumnKind::kReal;
    case CastType::kBoolean:
      return ColumnKind::kBoolean;
    case CastType::kText:
      return ColumnKind::kText;
    default:
      return ColumnKind::kInteger;
  }
}

bool equal_ignoring_case(std::string_view text, std::string_view lower) noexcept {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

bool is_among(std::string_view text, const std::vector<std::string>& words) noexcept {
  return std::any_of(words.begin(), words.end(),
                     [text](const std::string& word) { return equal_ignoring_case(text, word); });
}

std::optional<std::int64_t> whole(double real) noexcept {
  if (!(real >= -0x1p63 && real < 0x1p63) || std::trunc(real) != real) return std::nullopt;
  return static_cast<std::int64_t>(real);
}

std::optional<Cell> cell_or_none(std::optional<std::int64_t> value) noexcept {
  return value ? std::optional(Cell::of(*value)) : std::nullopt;
}

/// The digits of an integer, without a string.
class Digits {
 public:
  explicit Digits(std::int64_t value) noexcept
      : end_(std::to_chars(buffer_.data(), buffer_.data() + buffer_.size(), value).ptr) {}
  std::string_view text() const noexcept {
    return {buffer_.data(), static_cast<std::size_t>(end_ - buffer_.data())};
  }

 private:
  std::array<char, 24> buffer_;
  const char* end_;
};

/// Never refuses what the kind of the column alone makes possible.
bool can_fail(ColumnKind from, CastType type) noexcept {
  if (type == CastType::kText) return false;
  const bool widens =
      from == ColumnKind::kBoolean || from == ColumnKind::kInteger || from == ColumnKind::kReal;
  if (type == CastType::kReal) return !widens;
  return !(type == CastType::kInteger && (from == ColumnKind::kBoolean || from == ColumnKind::kInteger)) &&
         !(type == CastType::kBoolean && from == ColumnKind::kBoolean);
}

class CastMap final : public CellMap {
 public:
  CastMap(std::shared_ptr<const Cast> cast, DateFormat format, ColumnKind from)
      : CellMap(kind_of(cast->type), !cast->invalid_is_missing && can_fail(from, cast->type)),
        cast_(std::move(cast)),
        format_(std::move(format)) {}

  std::optional<Cell> apply(const Cell& cell, std::string& buffer) const override {
    std::string_view text;
    if (cell.kind == ColumnKind::kText) {
      text = trimmed(cell.text);
      if (text.empty()) return Cell::none(kind);
    }
    std::optional<Cell> made = converted(cell, text, buffer);
    return made || !cast_->invalid_is_missing ? made : Cell::none(kind);
  }

  Error refusal(std::string_view column, const Cell& cell) const override {
    return {.message = fmt::format("column {}: expected {}, found {}", base::quoted(column), expected(),
                                   shown(cell)),
            .hint = hint(cell)};
  }

 private:
  std::optional<Cell> converted(const Cell& cell, std::string_view text, std::string& buffer) const {
    switch (cast_->type) {
      case CastType::kInteger:
        return to_integer(cell, text);
      case CastType::kReal: {
        if (cell.kind != ColumnKind::kText) return Cell::of(cell.as_double());
        const std::optional<double> real = read_real(text, cast_->notation);
        return real ? std::optional(Cell::of(*real)) : std::nullopt;
      }
      case CastType::kBoolean:
        return to_boolean(cell, text);
      case CastType::kText:
        return to_text(cell, text, buffer);
      case CastType::kDate:
        break;
    }
    return to_date(cell, text);
  }

  std::optional<Cell> to_integer(const Cell& cell, std::string_view text) const noexcept {
    if (cell.kind == ColumnKind::kText) return cell_or_none(read_integer(text, cast_->notation));
    return cell_or_none(cell.kind == ColumnKind::kInteger ? cell.integer : whole(cell.as_double()));
  }

  std::optional<Cell> to_boolean(const Cell& cell, std::string_view text) const noexcept {
    if (cell.kind == ColumnKind::kText) {
      if (is_among(text, cast_->true_values)) return Cell::of(true);
      return is_among(text, cast_->false_values) ? std::optional(Cell::of(false)) : std::nullopt;
    }
    const double number = cell.as_double();
    if (number == 0.0 || number == 1.0) return Cell::of(number == 1.0);
    return std::nullopt;
  }

  static Cell to_text(const Cell& cell, std::string_view text, std::string& buffer) {
    if (cell.kind == ColumnKind::kText) return Cell::of(text);
    if (cell.kind == ColumnKind::kBoolean) return Cell::of(std::string_view(cell.boolean ? "true" : "false"));
    buffer.clear();
    if (cell.kind == ColumnKind::kReal) {
      base::append_real(buffer, cell.real);
    } else {
      buffer.append(Digits(cell.integer).text());
    }
    return Cell::of(std::string_view(buffer));
  }

  std::optional<Cell> to_date(const Cell& cell, std::string_view text) const noexcept {
    const std::optional<Instant> instant =
        cell.kind == ColumnKind::kText ? format_.parse(text) : format_.parse(Digits(cell.integer).text());
    return instant ? std::optional(Cell::of(count_of(*instant, cast_->unit))) : std::nullopt;
  }

  std::string expected() const {
    switch (cast_->type) {
      case CastType::kInteger:
        return "a whole number";
      case CastType::kReal:
        return "a number";
      case CastType::kBoolean:
        return fmt::format("one of {} or of {}", fmt::join(cast_->true_values, ", "),
                           fmt::join(cast_->false_values, ", "));
      default:
        return cast_->format == kIso8601
                   ? "a date as in 2024-01-31 or 2024-01-31T18:30:00"
                   : fmt::format("a date in the format {}", base::quoted(cast_->format));
    }
  }

  std::string hint(const Cell& cell) const {
    const bool is_number = cast_->type == CastType::kInteger || cast_->type == CastType::kReal;
    if (is_number && cell.kind == ColumnKind::kText) {
      const char other = cast_->notation.decimal == '.' ? ',' : '.';
      const NumberNotation swapped = {
          .decimal = other, .thousands = other == ',' ? "." : ",", .currency = cast_->notation.currency};
      if (read_real(cell.text, swapped))
        return fmt::format("if its decimals stand behind a {0}, set decimal: \"{0}\"", other);
    }
    return "errors: missing makes such values missing; `replace` can set them right before";
  }

  std::shared_ptr<const Cast> cast_;
  DateFormat format_;
};

class CastStep final : public Step {
 public:
  explicit CastStep(Cast cast) : cast_(std::make_shared<const Cast>(std::move(cast))) {}

  std::string_view kind() const noexcept override { return "cast"; }
  Json to_json() const override {
    Json json = Json::object();
    json["kind"] = kind();
    json["columns"] = cast_->columns;
    json["type"] = to_string(cast_->type);
    json["decimal"] = std::string(1, cast_->notation.decimal);
    json["thousands"] = cast_->notation.thousands;
    json["currency"] = cast_->notation.currency;
    json["true_values"] = cast_->true_values;
    json["false_values"] = cast_->false_values;
    json["format"] = cast_->format;
    json["unit"] = to_string(cast_->unit);
    json["invalid_is_missing"] = cast_->invalid_is_missing;
    return json;
  }
  Result<std::unique_ptr<const BoundStep>> bind(const contract::Schema& input) const override {
    const DateFormat format = TRY(DateFormat::compile(cast_->format));
    const auto indices = TRY(find_columns(input, cast_->columns));
    contract::Schema output = input;
    std::vector<MappedColumn> mapped;
    for (const std::size_t index : indices) {
      contract::ColumnSchema& column = output.columns[index];
      TRY(check_source(column, format));
      auto map = std::make_shared<const CastMap>(cast_, format, column.kind);
      column.nullable = column.nullable || column.kind == ColumnKind::kText ||
                        (cast_->invalid_is_missing && can_fail(column.kind, cast_->type));
      column.kind = map->kind;
      mapped.push_back({index, std::move(map)});
    }
    return bind_cell_maps(std::move(output), std::move(mapped));
  }

 private:
  Status check_source(const contract::ColumnSchema& column, const DateFormat& format) const {
    if (cast_->type != CastType::kDate || column.kind == ColumnKind::kText) return {};
    if (column.kind == ColumnKind::kInteger && !format.is_iso()) return {};
    return Error{
        .message = fmt::format("column {} is {}, which cannot be read as a date in the format {}",
                               base::quoted(column.name), to_string(column.kind), cast_->format),
        .hint = column.kind == ColumnKind::kInteger
                    ? "say how the digits make a date, as in format: \"%Y%m%d\"; a count of seconds or days "
                      "needs no cast"
                    : "read it as text (read.types)"};
  }

  std::shared_ptr<const Cast> cast_;
};

Result<CastType> type_member(const contract::JsonObject& json) {
  const std::string name = TRY(json.text("type"));
  for (const auto& [type, type_name] : kTypes) {
    if (type_name == name) return type;
  }
  return Error{.message = "unknown type " + base::quoted(name), .where = json.path() + ".type"};
}

Result<NumberNotation> notation_members(const contract::JsonObject& json) {
  const auto problem = [&json](std::string_view key, std::string_view message) {
    return Error{.message = std::string(message), .where = fmt::format("{}.{}", json.path(), key)};
  };
  NumberNotation notation;
  const std::string decimal = TRY(json.text("decimal"));
  if (decimal != "." && decimal != ",") return problem("decimal", "expected a point or a comma");
  notation.decimal = decimal[0];
  notation.thousands = TRY(json.text("thousands"));
  if (notation.thousands == decimal)
    return problem("thousands", "the decimal sign cannot be between thousands too");
  notation.currency = TRY(json.text("currency"));
  for (const auto& [key, sign] :
       {std::pair("thousands", &notation.thousands), std::pair("currency", &notation.currency)}) {
    const bool has_digit =
        std::any_of(sign->begin(), sign->end(), [](char c) { return c >= '0' && c <= '9'; });
    if (sign->size() > kLongestSign || has_digit)
      return problem(key, "expected a sign of a few characters, no digits");
  }
  return notation;
}

}  // namespace

std::string_view to_string(CastType type) noexcept {
  for (const auto& [one, name] : kTypes) {
    if (one == type) return name;
  }
  return "";
}

StepPointer make_cast(Cast cast) { return std::make_shared<CastStep>(std::move(cast)); }

Result<StepPointer> read_cast(const contract::JsonObject& json) {
  TRY(json.only({"kind", "columns", "type", "decimal", "thousands", "currency", "true_values", "false_values",
                 "format", "unit", "invalid_is_missing"}));
  Cast cast;
  cast.columns = TRY(json.texts("columns"));
  cast.type = TRY(type_member(json));
  cast.notation = TRY(notation_members(json));
  cast.true_values = TRY(json.texts("true_values"));
  cast.false_values = TRY(json.texts("false_values"));
  cast.format = TRY(date_format_member(json));
  cast.unit = TRY(time_unit_member(json));
  cast.invalid_is_missing = TRY(json.boolean("invalid_is_missing"));
  return make_cast(std::move(cast));
}

}  // namespace archmlp::transform
