#pragma once

// Random steps for the tests and the fuzz target.

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "archmlp/base/rng.h"
#include "archmlp/expression/test_support.h"
#include "archmlp/transform/steps.h"

namespace archmlp::transform {

inline std::string backticked(const std::string& name) { return "`" + name + "`"; }

/// A step that binds to `schema`, of any kind. The columns i … t of expression::random_table may or may not
/// be there.
class RandomStep {
 public:
  RandomStep(base::Rng& rng, const contract::Schema& schema) : rng_(rng), schema_(schema) {}

  StepPointer make() {
    if (schema_.columns.empty()) return make_add_features({{"one", "1"}});
    switch (rng_.below(24)) {
      case 0:
        return make_filter(condition());
      case 1:
        return make_remove({any().name});
      case 2:
        return rename();
      case 3:
        return replace();
      case 4:
        return make_add_features(
            {{"n" + fresh(), number()}, {any().name, any_text()}, {"c" + fresh(), condition()}});
      case 5:
        return impute();
      case 6:
        return make_scale({{number_column(), constant(), 0.1 + rng_.uniform()}});
      case 7:
        return make_log(rng_.below(2) == 0 ? Logarithm::kLog : Logarithm::kLog1p, {number_column()});
      case 8:
        return make_power({{number_column(), 3.0 * constant(), constant(), 0.1 + rng_.uniform()}});
      case 9:
        return clip();
      case 10:
        return make_bin({{number_column(), {-2.5, 0.0, 0.1, 1.0, 7.0}}});
      case 11:
        return ordinal();
      case 12:
        return make_drop_missing({any().name}, rng_.below(2));
      case 13:
        return target_encode();
      case 14:
        return pca();
      case 15:
        return make_text_hash({{text_column(), 1 + rng_.below(4), rng_.below(3)}});
      case 16:
      case 17:
        return cast();
      case 18:
        return date_parts();
      case 19:
        return replace_values();
      case 20:
        return replace_regex();
      case 21:
        return join();
      default:
        return one_hot();
    }
  }

 private:
  std::string fresh() { return std::to_string(rng_.below(1'000'000'000)); }
  const contract::ColumnSchema& any() { return schema_.columns[rng_.below(schema_.columns.size())]; }
  static bool is_text(const contract::ColumnSchema& column) {
    return column.kind == contract::ColumnKind::kText;
  }

  double constant() {
    constexpr double kConstants[] = {-2.5, -1.0, 0.0, 0.1, 1.0, 1e300};
    return kConstants[rng_.below(6)];
  }
  /// Binding fails if there is none.
  std::string number_column() {
    const std::size_t start = rng_.below(schema_.columns.size());
    for (std::size_t i = 0; i < schema_.columns.size(); ++i) {
      const contract::ColumnSchema& column = schema_.columns[(start + i) % schema_.columns.size()];
      if (!is_text(column)) return column.name;
    }
    return any().name;
  }
  std::string text_column() {
    for (const contract::ColumnSchema& column : schema_.columns) {
      if (is_text(column) && rng_.below(2) == 0) return column.name;
    }
    return any().name;
  }
  std::string number() {
    const contract::ColumnSchema& a = any();
    const contract::ColumnSchema& b = any();
    const auto as_number = [](const contract::ColumnSchema& column) {
      return is_text(column) ? "len(" + backticked(column.name) + ")" : backticked(column.name);
    };
    constexpr const char* kOperators[] = {" + ", " - ", " * ", " / ", " // ", " % "};
    return as_number(a) + kOperators[rng_.below(6)] + as_number(b);
  }
  std::string condition() {
    const contract::ColumnSchema& column = any();
    if (rng_.below(4) == 0) return "notnull(" + backticked(column.name) + ")";
    if (is_text(column))
      return backticked(column.name) + (rng_.below(2) == 0 ? " != 'a'" : " in ['a', 'b', 'Straße']");
    return backticked(column.name) + (rng_.below(2) == 0 ? " < 5" : " != 0");
  }
  std::string any_text() {
    const contract::ColumnSchema& column = any();
    if (is_text(column))
      return rng_.below(2) == 0 ? "upper(" + backticked(column.name) + ")" : backticked(column.name);
    return rng_.below(3) == 0 ? "'fixed'" : number();
  }
  contract::Value value_for(const contract::ColumnSchema& column) {
    switch (column.kind) {
      case contract::ColumnKind::kInteger:
        return rng_.below(3) == 0 ? contract::Value(0.5)
                                  : contract::Value(static_cast<std::int64_t>(rng_.below(3)));
      case contract::ColumnKind::kReal:
        return rng_.below(2) == 0 ? contract::Value(-2.5) : contract::Value(std::int64_t{3});
      case contract::ColumnKind::kBoolean:
        return rng_.below(2) == 0;
      case contract::ColumnKind::kText:
        break;
    }
    constexpr const char* kTexts[] = {"a", "B", "new", ""};
    return std::string(kTexts[rng_.below(4)]);
  }
  StepPointer rename() {
    const std::string a = any().name;
    const std::string b = any().name;
    if (a == b) return make_rename({{a, "r" + fresh()}});
    return make_rename({{a, b}, {b, a}});
  }
  StepPointer replace() {
    const contract::ColumnSchema& column = any();
    const contract::Value with = rng_.below(4) == 0 ? contract::Value() : value_for(column);
    return make_replace({column.name}, condition(), with);
  }
  StepPointer replace_values() {
    const contract::ColumnSchema& column = any();
    std::vector<MappedValue> map;
    for (const contract::Value& from : categories_of(column)) {
      map.push_back({from, rng_.below(4) == 0 ? contract::Value() : value_for(column)});
    }
    return make_replace_values({column.name}, std::move(map));
  }
  StepPointer replace_regex() {
    constexpr const char* kPatterns[] = {"[aB]", "a*", "^(.)(.?)", "\\s+$", "ß|é"};
    const std::string pattern = kPatterns[rng_.below(5)];
    const std::string with = pattern.front() == '^' ? "\\2\\1!" : "-";
    return make_replace_regex({text_column()}, pattern,
                              rng_.below(4) == 0 ? std::nullopt : std::optional(with));
  }
  StepPointer cast() {
    constexpr CastType kTypes[] = {CastType::kInteger, CastType::kReal, CastType::kBoolean, CastType::kText,
                                   CastType::kDate};
    constexpr TimeUnit kUnits[] = {TimeUnit::kDays, TimeUnit::kSeconds, TimeUnit::kMicroseconds};
    Cast cast{.columns = {any().name}, .type = kTypes[rng_.below(5)]};
    cast.true_values = {"a", "ab"};
    cast.false_values = {"b"};
    cast.format = "%y";
    cast.unit = kUnits[rng_.below(3)];
    cast.invalid_is_missing = rng_.below(4) > 0;
    return make_cast(std::move(cast));
  }
  StepPointer date_parts() {
    constexpr TimeUnit kUnits[] = {TimeUnit::kDays, TimeUnit::kSeconds, TimeUnit::kMilliseconds};
    DateParts fitted{.columns = {any().name}, .cyclic = rng_.below(2) == 0};
    fitted.parts = {DatePart::kYear, DatePart::kWeek, DatePart::kMonth, DatePart::kSecond,
                    DatePart::kIsWeekend};
    fitted.unit = kUnits[rng_.below(3)];
    fitted.invalid_is_missing = rng_.below(4) > 0;
    return make_date_parts(std::move(fitted));
  }
  /// The keys are the categories of the column, and so are the values taken.
  StepPointer join() {
    const contract::ColumnSchema& column = any();
    const std::string suffix = fresh();
    Join join{.how = rng_.below(3) == 0 ? JoinKind::kInner : JoinKind::kLeft, .on = {column.name}};
    table::Cells keys = table::BooleanCells{{1, 0}};
    if (is_text(column)) keys = table::TextCells{{1, 0}, {"ä", "a"}};
    if (column.kind == contract::ColumnKind::kInteger) keys = table::RealCells{{-1.0, 2.0}};
    if (column.kind == contract::ColumnKind::kReal) keys = table::IntegerCells{{0, 3}, {}};
    if (column.kind == contract::ColumnKind::kBoolean) keys = table::BooleanCells{{0, 1}};
    join.keys = *table::Table::from_columns({{"key", std::move(keys)}});
    join.columns = *table::Table::from_columns({{"k" + suffix, table::IntegerCells{{5, 0}, {0, 1}}},
                                                {"l" + suffix, table::RealCells{{0.5, -2.5}}},
                                                {"m" + suffix, table::BooleanCells{{-1, 1}}},
                                                {"n" + suffix, table::TextCells{{0, 0}, {"joined"}}}});
    return make_join(std::move(join));
  }
  StepPointer impute() {
    const contract::ColumnSchema& column = any();
    const std::vector<contract::Value> placeholders = {std::int64_t{-1}, 0.0,   std::string("B"),
                                                       std::string(),    false, 0.1};
    ImputedColumn imputed{.name = column.name, .fill = value_for(column), .indicator = rng_.below(2) == 0};
    if (rng_.below(2) == 0) return make_impute({imputed}, placeholders);
    const contract::ColumnSchema& group = any();
    for (const contract::Value& value : categories_of(group)) {
      const contract::Value fill = value_for(column);
      if (fill.index() == imputed.fill.index()) imputed.groups.push_back({value, fill});
    }
    return make_impute({imputed}, placeholders, group.name);
  }
  StepPointer pca() {
    PrincipalComponents fitted{
        .columns = {number_column()}, .mean = {constant()}, .components = {{constant()}}};
    if (const std::string second = number_column(); second != fitted.columns[0]) {
      fitted.columns.push_back(second);
      fitted.mean.push_back(constant());
      fitted.components = {{constant(), 0.5}, {-0.5, constant()}};
    }
    return make_pca(std::move(fitted));
  }
  StepPointer target_encode() {
    const contract::ColumnSchema& column = any();
    TargetEncodedColumn encoded{.name = column.name, .categories = categories_of(column)};
    std::vector<std::string> outputs = {""};
    if (rng_.below(2) == 0) outputs = {"yes", "no"};
    for (std::size_t i = (encoded.categories.size() + 2) * outputs.size(); i > 0; --i) {
      encoded.encodings.push_back(constant());
    }
    return make_target_encode(outputs, {encoded});
  }
  StepPointer clip() {
    ClippedColumn column{.name = number_column()};
    if (rng_.below(3) > 0) column.lower = rng_.below(2) == 0 ? -1.0 : -1.5;
    if (rng_.below(3) > 0) column.upper = rng_.below(2) == 0 ? 2.0 : 0.1;
    return make_clip({column});
  }
  StepPointer ordinal() {
    const contract::ColumnSchema& column = any();
    const UnknownPolicy policy = rng_.below(6) == 0 ? UnknownPolicy::kError : UnknownPolicy::kIgnore;
    const auto unknown = rng_.below(2) == 0 ? std::nullopt : std::optional<std::int64_t>(-1);
    std::vector<contract::Value> categories = categories_of(column);
    if (rng_.below(2) == 0) std::reverse(categories.begin(), categories.end());
    return make_ordinal({{column.name, std::move(categories), policy, unknown}});
  }
  std::vector<contract::Value> categories_of(const contract::ColumnSchema& column) {
    std::vector<contract::Value> categories;
    switch (column.kind) {
      case contract::ColumnKind::kInteger:
        categories = {std::int64_t{-1}, 0.0, std::int64_t{9007199254740993}};
        break;
      case contract::ColumnKind::kReal:
        categories = {-2.5, std::int64_t{0}, 0.1};
        break;
      case contract::ColumnKind::kBoolean:
        categories = {true};
        break;
      case contract::ColumnKind::kText:
        categories = {std::string("B"), std::string("a"), std::string("ä")};
        break;
    }
    return categories;
  }
  StepPointer one_hot() {
    const contract::ColumnSchema& column = any();
    EncodedColumn encoded{.name = column.name, .categories = categories_of(column)};
    constexpr UnknownPolicy kPolicies[] = {UnknownPolicy::kError, UnknownPolicy::kIgnore,
                                           UnknownPolicy::kIgnore, UnknownPolicy::kInfrequent,
                                           UnknownPolicy::kInfrequent};
    encoded.unknown = kPolicies[rng_.below(5)];
    for (const contract::Value& category : encoded.categories) {
      if (rng_.below(3) == 0) encoded.infrequent.push_back(category);
    }
    encoded.drop_first = rng_.below(3) == 0;
    return make_one_hot({encoded});
  }

  base::Rng& rng_;
  const contract::Schema& schema_;
};

}  // namespace archmlp::transform
