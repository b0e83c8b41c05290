#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/table/table.h"

namespace archmlp::profile {

/// Edges ascend; bin i holds edges[i] <= value < edges[i + 1], the last one its upper edge too.
struct Histogram {
  std::vector<double> edges;  // one more than counts
  std::vector<std::size_t> counts;
  std::size_t below = 0, above = 0;  // values outside the edges: long tails are cut off
};

struct Quantile {
  double probability = 0;
  double value = 0;
};

/// Of integer and real columns.
struct NumberSummary {
  std::optional<double> std;       // with n - 1, as in pandas; none for one value
  std::optional<double> skewness;  // adjusted Fisher-Pearson G1, as in pandas; none below three values
  std::size_t zero_count = 0;
  std::size_t negative_count = 0;
  std::vector<Quantile> quantiles;  // interpolated linearly, as in numpy
  Histogram histogram;
};

/// Of text columns; lengths in characters (code points).
struct TextSummary {
  std::size_t min_length = 0, max_length = 0;
  double mean_length = 0;
  std::size_t empty_count = 0;              // quoted cells without a character
  std::size_t surrounding_blank_count = 0;  // cells that begin or end with a blank
};

enum class Measure { kPearson, kCramersV, kCorrelationRatio };

/// "pearson", "cramers_v", "correlation_ratio".
std::string_view to_string(Measure measure) noexcept;

/// How strongly two columns go together: Pearson's r in [-1, 1], the others in [0, 1].
struct Association {
  Measure measure = Measure::kPearson;
  double value = 0;
};

enum class WarningKind {
  kAllMissing,
  kConstant,
  kDuplicateColumn,
  kIdentifierLike,
  kLeaksLabel,
  kMissingLabel,
  kImbalancedLabel,
  kManyMissing,
  kMixedTypes,
  kNumbersAsText,
  kDatesAsText,
  kSurroundingBlanks,
  kHighCardinality,
  kSkewed,
};

/// "all_missing", "constant", …: as in docs/guides/inspect.md.
std::string_view to_string(WarningKind kind) noexcept;

struct Warning {
  WarningKind kind;
  std::string message;  // what it is, and what to do about it
};

/// Of a longer text, a profile has this many bytes (no half character) and "…".
inline constexpr std::size_t kLongestText = 1000;

struct ValueCount {
  contract::Value value;
  std::size_t count = 0;
};

struct ColumnProfile {
  std::string name;
  contract::ColumnKind kind = contract::ColumnKind::kReal;
  std::string kind_reason;  // why this kind, for people
  std::size_t missing_count = 0;
  std::size_t distinct_count = 0;           // missing not counted; exact
  std::optional<contract::Value> min, max;  // numbers; text by byte order; none if all missing
  std::optional<double> mean;               // numbers; booleans: the share of true
  std::vector<ValueCount> top;              // most frequent first, at most kTopCount, ties by value
  std::optional<NumberSummary> numbers;     // integer and real columns that have a value
  std::optional<TextSummary> text;          // text columns that have a value
  std::optional<Association> with_label;
  /// [class][bar]: how the rows of each of the label's classes fall on the bins of the histogram or, where
  /// the column shows none, on the top values, all others and the missing ones. Empty without a label of few
  /// classes.
  std::vector<std::vector<std::size_t>> by_class;
  std::vector<Warning> warnings;
};

/// Whether the distribution is best seen as a histogram, rather than value by value.
inline bool shows_histogram(const ColumnProfile& column) noexcept {
  return column.numbers.has_value() && column.distinct_count > 2;
}

struct LabelProfile {
  std::size_t column = 0;
  contract::Task task = contract::Task::kClassification;  // guessed
  std::vector<ValueCount> classes;                        // most frequent first; empty for regression
};

struct ColumnPair {
  std::size_t first = 0, second = 0;  // indices of columns, first < second
  Association association;
};

/// Pairs for which a measure is undefined (a constant column, too few common rows) are left out.
struct Associations {
  std::size_t row_count = 0;         // on how many rows they were computed
  std::vector<std::size_t> columns;  // indices of the columns that were compared
  std::vector<ColumnPair> pairs;     // by first, then second
};

struct TableProfile {
  std::size_t row_count = 0;
  std::vector<ColumnProfile> columns;
  std::optional<LabelProfile> label;
  Associations associations;
};

inline constexpr std::size_t kTopCount = 10;

struct ProfileOptions {
  std::optional<std::string> label;
  std::set<std::string> given_kinds;  // columns whose kind the user gave
  int thread_count = 0;               // never changes the result
};

/// Errors: kInvalidInput if the label is no column; kResourceLimit.
base::Result<TableProfile> profile_table(const table::Table& table, const ProfileOptions& options);

/// The keys of docs/guides/inspect.md.
nlohmann::ordered_json to_json(const TableProfile& profile);
/// The first rows and the profile, aligned for a terminal of `width` columns.
std::string to_text(const TableProfile& profile, const table::Table& table, std::size_t first_rows = 5,
                    std::size_t width = 100);

}  // namespace archmlp::profile
