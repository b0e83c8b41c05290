#include "archmlp/table/csv_plans.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"

namespace archmlp::table {
namespace {

using contract::ColumnKind;
using Index = std::vector<std::optional<std::size_t>>;

/// Every name in `given` must be a column of the file.
template <typename Map>
base::Status check_known(const Map& given, std::string_view option, const CsvFile& file) {
  for (const auto& [name, value] : given) {
    if (std::ranges::find(file.names(), name) == file.names().end()) {
      return base::Error{.message = fmt::format("{} names the column {}, which the file does not have",
                                                option, base::quoted(name)),
                         .where = file.input().name(),
                         .hint = base::suggest_names(name, file.names())};
    }
  }
  return {};
}

/// The column of `known` that each of the file's columns is. Errors: an unknown one, unless it is allowed;
/// one that is missing and not in `optional`.
base::Result<Index> match_columns(const CsvFile& file, const std::vector<std::string>& known,
                                  bool allow_extra, const std::vector<std::string>& optional) {
  std::unordered_map<std::string_view, std::size_t> place;
  for (std::size_t i = 0; i < known.size(); ++i) place.emplace(known[i], i);
  Index index(file.names().size());
  std::vector<bool> found(known.size());
  for (std::size_t column = 0; column < index.size(); ++column) {
    const std::string& name = file.names()[column];
    const auto match = place.find(name);
    if (match != place.end()) {
      index[column] = match->second;
      found[match->second] = true;
    } else if (!allow_extra) {
      return file.errors().at(file.body_begin(), {.message = "unknown column " + base::quoted(name),
                                                  .hint = base::suggest_names(name, known)});
    }
  }
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i] || std::ranges::find(optional, known[i]) != optional.end()) continue;
    return file.errors().at(file.body_begin(), {.message = "column " + base::quoted(known[i]) + " is missing",
                                                .hint = base::suggest_names(known[i], file.names())});
  }
  return index;
}

}  // namespace

base::Result<CsvPlans> plan_guessing_kinds(std::span<const std::unique_ptr<CsvFile>> files,
                                           const contract::CsvOptions& options) {
  const CsvFile& first = *files[0];
  TRY(check_known(options.types, "types", first));
  TRY(check_known(options.column_missing_values, "column_missing_values", first));
  const auto usual_missing = std::make_shared<const MissingTokens>(options.missing_values);
  const std::unordered_set<std::string_view> unread(options.unread.begin(), options.unread.end());
  CsvPlans plans;
  plans.columns.resize(files.size());
  for (const std::string& name : first.names()) {
    ColumnPlan& plan = plans.columns[0].emplace_back();
    plan.name = name;
    plan.missing_values = usual_missing;
    const auto missing = options.column_missing_values.find(name);
    if (missing != options.column_missing_values.end()) {
      plan.missing_values = std::make_shared<const MissingTokens>(missing->second);
    }
    if (const auto given = options.types.find(name); given != options.types.end()) plan.given = given->second;
    plan.skipped = !plan.given && unread.contains(name);
    if (plan.skipped) {
      plans.schema.columns.push_back(unread_column(name));
    } else {
      plans.schema.columns.push_back({.name = name,
                                      .kind = plan.given.value_or(ColumnKind::kReal),
                                      .nullable = true,
                                      .missing_values = plan.missing_values->tokens()});
    }
  }
  for (const auto& file : files) {
    auto index = match_columns(*file, first.names(), false, {});
    if (!index.ok()) {
      base::Error error = std::move(index).error();
      error.hint += fmt::format("{} Every file needs the columns of {}", error.hint.ends_with('?') ? "" : ".",
                                first.input().name());
      return error;
    }
    plans.schema_index.push_back(*std::move(index));
    if (!file->has_rows()) return file->no_rows();
  }
  return plans;
}

base::Result<CsvPlans> plan_with_schema(const CsvFile& file, const contract::Schema& schema,
                                        const KnownSchemaOptions& options) {
  CsvPlans plans;
  Index known = TRY(match_columns(file, schema.names(), options.allow_extra, options.optional));
  if (!file.has_rows() && !options.allow_header_only) return file.no_rows();
  std::vector<std::optional<std::size_t>> place(schema.columns.size());  // in the result's schema
  for (std::size_t i = 0; i < schema.columns.size(); ++i) {
    if (std::ranges::find(known, std::optional(i)) == known.end()) continue;
    place[i] = plans.schema.columns.size();
    plans.schema.columns.push_back(schema.columns[i]);
  }
  const std::unordered_set<std::string_view> unread(options.unread.begin(), options.unread.end());
  std::vector<ColumnPlan>& columns = plans.columns.emplace_back();
  for (std::size_t column = 0; column < known.size(); ++column) {
    const std::string& name = file.names()[column];
    ColumnPlan& plan = columns.emplace_back();
    plan.name = name;
    plan.skipped = !known[column] || unread.contains(name);
    if (known[column]) known[column] = place[*known[column]];
    if (plan.skipped) continue;
    const contract::ColumnSchema& wanted = plans.schema.columns[*known[column]];
    plan.missing_values = std::make_shared<const MissingTokens>(wanted.missing_values);
    plan.given = wanted.kind;
    plan.nullable = wanted.nullable;
  }
  plans.schema_index.push_back(std::move(known));
  return plans;
}

}  // namespace archmlp::table
