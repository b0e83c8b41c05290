#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/base/text_index.h"
#include "archmlp/contract/json_reader.h"
#include "archmlp/contract/schema.h"
#include "archmlp/table/record.h"
#include "archmlp/table/table.h"
#include "archmlp/transform/step.h"
#include "archmlp/transform/steps.h"

namespace archmlp::transform {

inline constexpr std::int32_t kMissingCategory = -1;
inline constexpr std::int32_t kUnknownCategory = -2;

/// Finds the category of a value: by value, in the column's own kind. Categories are numbered in their order.
class CategoryIndex {
 public:
  /// Precondition: check_distinct_categories.
  CategoryIndex(contract::ColumnKind kind, const std::vector<contract::Value>& categories);

  std::int32_t find(const table::Cell& cell) const noexcept;
  /// The category of every row; text is looked up once a level.
  std::vector<std::int32_t> find_all(const table::Column& column) const;

 private:
  contract::ColumnKind kind_;
  std::vector<std::pair<std::int64_t, std::int32_t>> integers_;
  std::vector<std::pair<double, std::int32_t>> reals_;
  base::TextIndex texts_;
  std::int32_t booleans_[2] = {kUnknownCategory, kUnknownCategory};
};

/// Errors: kInvalidInput unless the values are sorted, distinct, and values of a column of this kind.
base::Status check_categories(std::string_view column, const std::vector<contract::Value>& categories,
                              contract::ColumnKind kind);

/// The same for values in any order.
base::Status check_distinct_categories(std::string_view column, std::vector<contract::Value> categories,
                                       contract::ColumnKind kind);

/// A column whose values are looked up.
struct CategoryColumn {
  std::string name;
  std::size_t column = 0;
  UnknownPolicy unknown = UnknownPolicy::kIgnore;
  CategoryIndex index;
};

/// The category of every cell, shape [columns][rows]; counts unknown ones. Rows outside the population are
/// not counted nor refused, as a record would never have come this far. Errors: kInvalidInput for the unknown
/// value in the first row whose column refuses it, as if the rows came one by one.
base::Result<std::vector<std::vector<std::int32_t>>> find_categories(
    const table::Table& rows, const std::vector<const CategoryColumn*>& columns, BatchNotes& notes);
/// The same for the `source` of each target.
template <typename Target>
base::Result<std::vector<std::vector<std::int32_t>>> find_categories(const table::Table& rows,
                                                                     const std::vector<Target>& targets,
                                                                     BatchNotes& notes) {
  std::vector<const CategoryColumn*> sources;
  sources.reserve(targets.size());
  for (const Target& target : targets) sources.push_back(&target.source);
  return find_categories(rows, sources, notes);
}
/// Whatever becomes of a target's column, it may refuse the record: then it is needed.
template <typename Target>
void need_refusing(const std::vector<Target>& targets, std::vector<bool>& needed) {
  for (const Target& target : targets) {
    if (target.source.unknown == UnknownPolicy::kError) needed[target.source.column] = true;
  }
}
/// The same for one cell. Errors: kInvalidInput, `where` = the column.
base::Result<std::int32_t> find_category(const CategoryColumn& column, const table::Cell& cell,
                                         RecordScratch& scratch);

/// "ignore", "error", "infrequent_if_exist".
std::string_view to_string(UnknownPolicy policy) noexcept;
/// Errors: kInvalidInput with the key.
base::Result<UnknownPolicy> unknown_policy_member(const contract::JsonObject& object, std::string_view key);

}  // namespace archmlp::transform
