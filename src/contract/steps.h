#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "archmlp/contract/value.h"

// The steps of a recipe, as the user wrote them. What belongs to one (its key, flag, parameters, JSON forms)
// stands in steps/NAME.cc behind `kind()`; fitting is preprocess's business, applying is transform's.

namespace archmlp::contract {

struct StepKind;

struct FilterStep {
  std::string condition;
  static const StepKind& kind();
};
struct RemoveStep {
  std::vector<std::string> columns;
  static const StepKind& kind();
};
struct RenameStep {
  std::vector<std::pair<std::string, std::string>> names;  // old -> new
  static const StepKind& kind();
};
struct ReplaceStep {
  std::vector<std::string> columns;
  // One of the three:
  std::optional<std::string> where;                // condition, evaluated once, before any column changes
  std::vector<std::pair<std::string, Value>> map;  // old -> new; the old as text, whatever the column's kind
  std::optional<std::string> regex;                // RE2
  Value with;                                      // not for a map
  static const StepKind& kind();
};
struct AddFeaturesStep {
  std::vector<std::pair<std::string, std::string>> features;  // name -> expression, in order
  static const StepKind& kind();
};
struct ImputeStep {
  std::vector<std::string> columns;   // empty: every column that the strategy can treat (the label excepted)
  std::string strategy = "mean";      // mean, median, most_frequent, constant
  Value fill_value;                   // constant only
  std::vector<Value> missing_values;  // placeholders that also count as missing, e.g. -1 or "unknown"
  bool add_indicator = false;         // a 0/1 column for where values were missing
  std::optional<std::string> group_by;  // a column: a fill for each of its values
  static const StepKind& kind();
};
struct OneHotStep {
  std::vector<std::string> columns;                          // empty: all text columns
  std::string handle_unknown = "ignore";                     // ignore (all zeros, counted) or error
  std::map<std::string, std::string> column_handle_unknown;  // per column
  std::optional<double> min_frequency;         // rows (>= 1) or share of them; rarer: infrequent
  std::optional<std::int64_t> max_categories;  // columns made of one, `infrequent` included
  std::optional<std::string> drop;             // first, if_binary
  static const StepKind& kind();
};

struct ScaleStep {
  std::vector<std::string> columns;  // empty: every number column
  std::string method = "standard";   // standard, minmax, robust
  static const StepKind& kind();
};
struct LogStep {
  std::vector<std::string> columns;
  static const StepKind& kind();
};
struct Log1pStep {
  std::vector<std::string> columns;
  static const StepKind& kind();
};
struct PowerStep {
  std::vector<std::string> columns;  // empty: every number column
  std::string method = "yeo-johnson";
  bool standardize = true;
  static const StepKind& kind();
};
struct ClipStep {
  std::vector<std::string> columns;  // empty: every number column
  std::optional<double> lower, upper;
  std::optional<double> lower_quantile, upper_quantile;  // of the training rows, instead of lower and upper
  static const StepKind& kind();
};
struct BinStep {
  std::vector<std::string> columns;   // empty: every number column
  std::string strategy = "quantile";  // uniform, quantile; with edges: given
  std::int64_t n_bins = 5;
  std::vector<double> edges;       // ascending; instead of n_bins
  std::string encode = "ordinal";  // ordinal, onehot
  static const StepKind& kind();
};
struct OrdinalStep {
  std::vector<std::string> columns;                // empty: every text column
  std::vector<Value> categories;                   // in order; empty: those of the training rows, sorted
  std::string handle_unknown = "error";            // error, use_encoded_value
  std::optional<std::int64_t> unknown_value = -1;  // none: missing
  static const StepKind& kind();
};

struct DropMissingStep {
  std::vector<std::string> columns;  // empty: all
  double min_present = 1.0;          // share of the columns, in (0, 1]
  static const StepKind& kind();
};
struct DropDuplicatesStep {
  std::vector<std::string> columns;  // empty: all, and the label
  std::string keep = "first";        // first, last
  static const StepKind& kind();
};
struct SampleStep {
  std::optional<std::int64_t> n;
  std::optional<double> frac;
  bool stratify = false;               // by label
  std::optional<std::string> balance;  // under, over: the classes of the training rows
  std::int64_t random_state = 0;
  static const StepKind& kind();
};
struct SelectStep {
  std::vector<std::string> columns;       // empty: every number and boolean column
  std::optional<double> min_variance;     // kept if greater
  std::optional<double> max_correlation;  // absolute, with a column before it that is kept
  std::optional<std::int64_t> k;
  std::string score = "f";  // f, mutual_info
  static const StepKind& kind();
};
struct TargetEncodeStep {
  std::vector<std::string> columns;  // empty: every text column
  std::optional<double> smooth;      // none: auto
  std::int64_t cv = 5;
  std::int64_t random_state = 0;
  static const StepKind& kind();
};
struct TextHashStep {
  std::vector<std::string> columns;  // empty: every text column
  std::int64_t n_features = 16;
  std::int64_t seed = 0;
  static const StepKind& kind();
};

struct PcaStep {
  std::vector<std::string> columns;    // empty: every number column
  std::optional<double> n_components;  // a count, or a share of the variance below 1; none: all
  static const StepKind& kind();
};

struct CastStep {
  std::vector<std::string> columns;
  std::string type;                      // integer, real, boolean, text, date
  std::string format = "ISO8601";        // of dates: strptime's directives
  std::string unit = "s";                // dates become counts of it since 1970: D, s, ms, us
  std::string decimal = ".";             // or ","
  std::optional<std::string> thousands;  // none: the other of the two
  std::optional<std::string> currency;   // none: every sign
  std::vector<std::string> true_values = {"true", "yes", "y", "t", "on", "1"};  // in lower case
  std::vector<std::string> false_values = {"false", "no", "n", "f", "off", "0"};
  std::string errors = "raise";  // raise, missing
  static const StepKind& kind();
};
struct DatePartsStep {
  std::vector<std::string> columns;
  std::vector<std::string> parts = {"year", "month", "day", "weekday", "hour"};
  bool cyclic = false;
  std::string format = "ISO8601";  // of text columns
  std::string unit = "s";          // of integer columns
  std::string errors = "raise";    // raise, missing
  static const StepKind& kind();
};
struct JoinStep {
  std::string file;  // relative to the recipe's folder
  std::string how = "left";
  std::vector<std::string> on, left_on, right_on;  // `on`, or both others
  std::vector<std::string> columns;                // of the file; empty: all but the keys
  std::optional<std::string> suffix;               // none: a name that is there already is an error
  static const StepKind& kind();
};
/// The file as lineage names it: without what belongs to one machine.
std::string joined_file_name(const JoinStep& step);

/// Every kind of step; flags and JSON Schema list them in this order.
using StepConfig = std::variant<FilterStep, RemoveStep, RenameStep, ReplaceStep, AddFeaturesStep, ImputeStep,
                                OneHotStep, ScaleStep, LogStep, Log1pStep, PowerStep, ClipStep, BinStep,
                                OrdinalStep, DropMissingStep, DropDuplicatesStep, SampleStep, SelectStep,
                                TargetEncodeStep, TextHashStep, PcaStep, CastStep, DatePartsStep, JoinStep>;

}  // namespace archmlp::contract
