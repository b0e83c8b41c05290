#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "archmlp/transform/calendar.h"
#include "archmlp/transform/step.h"
#include "archmlp/transform/written_number.h"

// The fitted steps, one factory each; preprocess makes them from what it learnt, step_from_json from a file.

namespace archmlp::transform {

StepPointer make_filter(std::string condition);
StepPointer make_remove(std::vector<std::string> columns);
StepPointer make_rename(std::vector<std::pair<std::string, std::string>> names);

/// `where` is evaluated once, before any column changes. An integer column given a fractional value becomes
/// real; a null value makes missing.
StepPointer make_replace(std::vector<std::string> columns, std::string where, contract::Value with);

struct MappedValue {
  contract::Value from;  // a value of the column's kind
  contract::Value to;
};
/// Values that are one of `from` become its `to`; all others stay. Kinds as above.
StepPointer make_replace_values(std::vector<std::string> columns, std::vector<MappedValue> map);
/// Of text columns: each match of the regular expression (RE2) becomes `with`, where \1 to \9 stand for what
/// the groups matched; without `with`, texts in which there is a match become missing.
StepPointer make_replace_regex(std::vector<std::string> columns, std::string regex,
                               std::optional<std::string> with);

/// In order; a later feature may use an earlier one. A name that exists already is replaced in place.
StepPointer make_add_features(std::vector<std::pair<std::string, std::string>> features);

struct GroupFill {
  contract::Value group;
  contract::Value fill;
};
struct ImputedColumn {
  std::string name;
  contract::Value fill;
  bool indicator = false;              // adds the 0/1 column `name_missing` behind all others
  std::vector<GroupFill> groups = {};  // sorted by group; instead of `fill` in rows of these groups
};
/// Missing values and those equal to one of `missing_values` become the column's fill, that of the row's
/// group in the column `group_by` where there is one. A column keeps its kind if the fill has it; an integer
/// column filled with a real becomes real. The columns are not nullable afterwards.
StepPointer make_impute(std::vector<ImputedColumn> columns, std::vector<contract::Value> missing_values,
                        std::optional<std::string> group_by = std::nullopt);

enum class UnknownPolicy { kIgnore, kError, kInfrequent };
struct EncodedColumn {
  std::string name;
  std::vector<contract::Value> categories;  // sorted, without missing
  UnknownPolicy unknown = UnknownPolicy::kIgnore;
  std::vector<contract::Value> infrequent = {};  // those of the categories that share one column, the last
  bool drop_first = false;                       // leaves out the first of the columns
};
/// Each column is taken out and its 0/1 integer columns `name_value` (and `name_infrequent`) are appended
/// behind all others. Missing and unknown values give all zeros; unknown ones are counted, refused, or count
/// as infrequent, by the policy.
StepPointer make_one_hot(std::vector<EncodedColumn> columns);

struct ScaledColumn {
  std::string name;
  double center = 0.0;
  double scale = 1.0;  // > 0
};
/// (x - center) / scale; the columns become real.
StepPointer make_scale(std::vector<ScaledColumn> columns);

enum class Logarithm { kLog, kLog1p };
/// Of numbers > 0, or > -1; others are refused. The columns become real.
StepPointer make_log(Logarithm logarithm, std::vector<std::string> columns);

struct PowerColumn {
  std::string name;
  double lambda = 1.0;
  double center = 0.0;
  double scale = 1.0;  // > 0
};
/// (yeo_johnson(x, lambda) - center) / scale; the columns become real.
StepPointer make_power(std::vector<PowerColumn> columns);
/// Source: Yeo, Johnson 2000, "A new family of power transformations to improve normality or symmetry".
double yeo_johnson(double x, double lambda) noexcept;

struct ClippedColumn {
  std::string name;
  std::optional<double> lower, upper;
};
/// An integer column becomes real if a bound is fractional.
StepPointer make_clip(std::vector<ClippedColumn> columns);

struct BinnedColumn {
  std::string name;
  std::vector<double> edges;  // ascending
};
/// How many edges are <= x; the columns become integer.
StepPointer make_bin(std::vector<BinnedColumn> columns);

struct OrdinalColumn {
  std::string name;
  std::vector<contract::Value> categories;  // distinct, in their order, without missing
  UnknownPolicy unknown = UnknownPolicy::kError;
  std::optional<std::int64_t> unknown_value;  // < 0; none: missing
};
/// The position among the categories; the columns become integer, missing values stay missing.
StepPointer make_ordinal(std::vector<OrdinalColumn> columns);

/// Rows with values in fewer than `min_count` of the columns are outside the population.
StepPointer make_drop_missing(std::vector<std::string> columns, std::size_t min_count);

struct TargetEncodedColumn {
  std::string name;
  std::vector<contract::Value> categories;  // sorted, without missing
  std::vector<double> encodings;            // [categories + 2, outputs]; the last two: missing, unknown
};
/// Each column is taken out and its real columns `name_output` (`name` for an empty output) are appended
/// behind all others. Unknown values are counted.
StepPointer make_target_encode(std::vector<std::string> outputs, std::vector<TargetEncodedColumn> columns);

struct PrincipalComponents {
  std::vector<std::string> columns;             // p
  std::vector<double> mean;                     // [p]
  std::vector<std::vector<double>> components;  // [k, p]
};
/// The columns are taken out and the real columns `pca_0`, … are appended behind all others: the projections
/// of what differs from the mean. Missing where a column is.
StepPointer make_pca(PrincipalComponents fitted);

inline constexpr std::size_t kMostHashedFeatures = 4096;
struct HashedColumn {
  std::string name;
  std::size_t n_features = 16;  // at most kMostHashedFeatures
  std::uint64_t seed = 0;
};
/// Each text column is taken out and its 0/1 integer columns `name_hash_0`, … are appended behind all others:
/// 1 in that of fnv1a(text, seed) % n_features, nowhere for a missing value.
StepPointer make_text_hash(std::vector<HashedColumn> columns);
/// FNV-1a, 64 bits, over the eight bytes of `seed`, lowest first, and those of `text`.
std::uint64_t fnv1a(std::string_view text, std::uint64_t seed) noexcept;

enum class CastType { kInteger, kReal, kBoolean, kText, kDate };
/// "integer", "real", "boolean", "text", "date".
std::string_view to_string(CastType type) noexcept;
struct Cast {
  std::vector<std::string> columns;
  CastType type = CastType::kReal;
  NumberNotation notation;                             // how texts write numbers
  std::vector<std::string> true_values, false_values;  // what texts mean booleans, in lower case
  std::string format = "ISO8601";                      // of dates, see DateFormat
  TimeUnit unit = TimeUnit::kSeconds;                  // dates become an integer, the count of these
  bool invalid_is_missing = false;                     // otherwise it is refused
};
/// The columns become of that type. Texts lose the blanks around them, and are missing if nothing is left.
StepPointer make_cast(Cast cast);

enum class DatePart {
  kYear,
  kQuarter,
  kMonth,
  kWeek,
  kDay,
  kWeekday,
  kDayOfYear,
  kHour,
  kMinute,
  kSecond,
  kIsWeekend
};
inline constexpr std::size_t kDatePartCount = 11;
/// "year", "quarter", …, as pandas names them.
std::string_view to_string(DatePart part) noexcept;
std::optional<DatePart> date_part_from(std::string_view name) noexcept;
struct DateParts {
  std::vector<std::string> columns;
  std::vector<DatePart> parts;
  bool cyclic = false;
  std::string format = "ISO8601";      // of text columns
  TimeUnit unit = TimeUnit::kSeconds;  // of integer columns
  bool invalid_is_missing = false;     // otherwise it is refused
};
/// Each column is taken out, and an integer column `name_part` for each part is appended behind all others;
/// if `cyclic`, for parts that come round again two real ones instead, `name_part_sin` and `name_part_cos`.
StepPointer make_date_parts(DateParts parts);

enum class JoinKind { kLeft, kInner };
/// "left", "inner".
std::string_view to_string(JoinKind kind) noexcept;
struct Join {
  JoinKind how = JoinKind::kLeft;
  std::vector<std::string> on;  // the columns whose values are looked up
  table::Table keys;            // a column for each of them, without missing values; rows ascend
  table::Table columns;         // the same rows: what is appended behind all other columns
};
/// The Error if the two are too large to travel in a model.
base::Status check_join_size(const table::Table& keys, const table::Table& columns);
/// Do the rows of the keys ascend, without one that is there twice? Gives the first row that does not, if
/// any.
std::optional<std::size_t> find_unordered_key(const table::Table& keys);
/// Each row gets the columns of the joined row with equal keys; otherwise they are missing (left), or the row
/// is outside the population (inner). A missing key equals none. Integers equal reals of the same value.
StepPointer make_join(Join join);

}  // namespace archmlp::transform
