#include "archmlp/transform/category_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/transform/constant.h"
#include "archmlp/transform/step_support.h"

namespace archmlp::transform {

using base::Error;
using base::Result;
using base::Status;
using contract::ColumnKind;

namespace {

template <typename T, typename U>
std::int32_t find_in(const std::vector<std::pair<T, std::int32_t>>& sorted, const U& value) noexcept {
  const auto place =
      std::lower_bound(sorted.begin(), sorted.end(), value,
                       [](const auto& entry, const U& wanted) { return entry.first < wanted; });
  return place != sorted.end() && place->first == value ? place->second : kUnknownCategory;
}

base::TextIndex index_of_texts(const std::vector<contract::Value>& categories) {
  std::vector<std::string> texts;
  texts.reserve(categories.size());
  for (const contract::Value& value : categories) texts.push_back(std::get<std::string>(value));
  return base::TextIndex(std::move(texts));
}

Error unknown_category(const CategoryColumn& column, const std::string& value, std::string where) {
  return {.message = fmt::format("column {}: the value {} was not seen in training",
                                 base::quoted(column.name), value),
          .where = std::move(where),
          .hint = "send a known value, or train with handle_unknown: ignore"};
}

bool suits(const contract::Value& category, ColumnKind kind) {
  switch (kind) {
    case ColumnKind::kInteger:
      return as_integer(category).has_value();
    case ColumnKind::kReal:
      return as_real(category).has_value();
    case ColumnKind::kBoolean:
      return std::holds_alternative<bool>(category);
    case ColumnKind::kText:
      break;
  }
  return std::holds_alternative<std::string>(category);
}

}  // namespace

CategoryIndex::CategoryIndex(ColumnKind kind, const std::vector<contract::Value>& categories) : kind_(kind) {
  for (std::size_t i = 0; i < categories.size(); ++i) {
    const auto category = static_cast<std::int32_t>(i);
    const contract::Value& value = categories[i];
    if (const auto integer = as_integer(value); integer && kind == ColumnKind::kInteger) {
      integers_.emplace_back(*integer, category);
    }
    if (const auto real = as_real(value); real && kind == ColumnKind::kReal)
      reals_.emplace_back(*real, category);
    if (const auto* boolean = std::get_if<bool>(&value)) booleans_[*boolean ? 1 : 0] = category;
  }
  if (kind == ColumnKind::kText) texts_ = index_of_texts(categories);
  std::sort(integers_.begin(), integers_.end());
  std::sort(reals_.begin(), reals_.end());
}

std::int32_t CategoryIndex::find(const table::Cell& cell) const noexcept {
  if (cell.missing) return kMissingCategory;
  switch (kind_) {
    case ColumnKind::kInteger:
      return find_in(integers_, cell.integer);
    case ColumnKind::kReal:
      return find_in(reals_, cell.real);
    case ColumnKind::kBoolean:
      return booleans_[cell.boolean ? 1 : 0];
    case ColumnKind::kText:
      break;
  }
  const std::size_t place = texts_.find(cell.text);
  return place == base::TextIndex::kNone ? kUnknownCategory : static_cast<std::int32_t>(place);
}

std::vector<std::int32_t> CategoryIndex::find_all(const table::Column& column) const {
  std::vector<std::int32_t> found(column.row_count());
  const auto none = table::Cell::none(kind_);
  switch (kind_) {
    case ColumnKind::kInteger: {
      const table::IntegerCells& cells = column.integers();
      for (std::size_t row = 0; row < found.size(); ++row) {
        const bool missing = !cells.missing.empty() && cells.missing[row] != 0;
        found[row] = find(missing ? none : table::Cell::of(cells.values[row]));
      }
      break;
    }
    case ColumnKind::kReal: {
      const std::vector<double>& values = column.reals().values;
      for (std::size_t row = 0; row < found.size(); ++row) found[row] = find(table::Cell::of(values[row]));
      break;
    }
    case ColumnKind::kBoolean: {
      const std::vector<std::int8_t>& values = column.booleans().values;
      for (std::size_t row = 0; row < found.size(); ++row) {
        found[row] = find(values[row] < 0 ? none : table::Cell::of(values[row] != 0));
      }
      break;
    }
    case ColumnKind::kText: {
      const table::TextCells& cells = column.texts();
      std::vector<std::int32_t> of_level(cells.levels.size());
      for (std::size_t level = 0; level < of_level.size(); ++level) {
        of_level[level] = find(table::Cell::of(std::string_view(cells.levels[level])));
      }
      for (std::size_t row = 0; row < found.size(); ++row) {
        const std::int32_t code = cells.codes[row];
        found[row] = code < 0 ? kMissingCategory : of_level[static_cast<std::size_t>(code)];
      }
      break;
    }
  }
  return found;
}

Status check_categories(std::string_view column, const std::vector<contract::Value>& categories,
                        ColumnKind kind) {
  for (std::size_t i = 0; i < categories.size(); ++i) {
    if (!suits(categories[i], kind)) {
      return Error{.message =
                       fmt::format("column {}: the category {} cannot be the value of a column of kind {}",
                                   base::quoted(column), base::quoted(contract::to_text(categories[i])),
                                   to_string(kind))};
    }
    if (i > 0 && !contract::value_less(categories[i - 1], categories[i])) {
      return Error{.message = fmt::format("column {}: the categories are not sorted, or one occurs twice",
                                          base::quoted(column))};
    }
  }
  return {};
}

Status check_distinct_categories(std::string_view column, std::vector<contract::Value> categories,
                                 ColumnKind kind) {
  std::sort(categories.begin(), categories.end(), contract::value_less);
  return check_categories(column, categories, kind);
}

Result<std::vector<std::vector<std::int32_t>>> find_categories(
    const table::Table& rows, const std::vector<const CategoryColumn*>& columns, BatchNotes& notes) {
  std::vector<std::vector<std::int32_t>> found;
  std::size_t first_refused_row = rows.row_count();
  const CategoryColumn* refused_by = nullptr;
  for (const CategoryColumn* column : columns) {
    const std::vector<std::int32_t>& categories =
        found.emplace_back(column->index.find_all(rows.column(column->column)));
    std::size_t count = 0;
    for (std::size_t row = 0; row < categories.size(); ++row) {
      if (categories[row] != kUnknownCategory || (!notes.outside.empty() && notes.outside[row] != 0))
        continue;
      ++count;
      if (column->unknown != UnknownPolicy::kError) continue;
      if (row < first_refused_row) {
        first_refused_row = row;
        refused_by = column;
      }
      break;
    }
    if (count > 0) notes.unknown_categories[column->name] += count;
  }
  if (refused_by == nullptr) return found;
  const contract::Value value = rows.column(refused_by->column).value(first_refused_row);
  const auto* text = std::get_if<std::string>(&value);
  return unknown_category(*refused_by, text != nullptr ? base::quoted(*text) : contract::to_text(value),
                          fmt::format("row {}", first_refused_row + 1));
}

Result<std::int32_t> find_category(const CategoryColumn& column, const table::Cell& cell,
                                   RecordScratch& scratch) {
  const std::int32_t category = column.index.find(cell);
  if (category != kUnknownCategory) return category;
  if (column.unknown == UnknownPolicy::kError) return unknown_category(column, shown(cell), column.name);
  scratch.unknown_categories.push_back(&column.name);
  return category;
}

std::string_view to_string(UnknownPolicy policy) noexcept {
  switch (policy) {
    case UnknownPolicy::kIgnore:
      return "ignore";
    case UnknownPolicy::kError:
      return "error";
    case UnknownPolicy::kInfrequent:
      break;
  }
  return "infrequent_if_exist";
}

Result<UnknownPolicy> unknown_policy_member(const contract::JsonObject& object, std::string_view key) {
  const std::string name = TRY(object.text(key));
  for (const UnknownPolicy policy :
       {UnknownPolicy::kIgnore, UnknownPolicy::kError, UnknownPolicy::kInfrequent}) {
    if (to_string(policy) == name) return policy;
  }
  return Error{.message = "unknown policy " + base::quoted(name),
               .where = fmt::format("{}.{}", object.path(), key),
               .hint = "use ignore, error or infrequent_if_exist"};
}

}  // namespace archmlp::transform
