#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/contract/csv_options.h"
#include "archmlp/contract/forest_params.h"
#include "archmlp/contract/schema.h"

namespace archmlp::contract {

// The steps of a recipe, as the user wrote them. Fitting is preprocess's business, applying is transform's.

struct FilterStep {
  std::string condition;
};
struct RemoveStep {
  std::vector<std::string> columns;
};
struct RenameStep {
  std::vector<std::pair<std::string, std::string>> names;
};  // old -> new
struct ReplaceStep {
  std::vector<std::string> columns;
  std::string where;  // condition, evaluated once, before any column changes
  Value with;
};
struct AddFeaturesStep {
  std::vector<std::pair<std::string, std::string>> features;
};  // name -> expression, in order
struct ImputeStep {
  std::vector<std::string> columns;   // empty: every column that the strategy can treat (the label excepted)
  std::string strategy = "mean";      // mean, median, most_frequent, constant
  Value fill_value;                   // constant only
  std::vector<Value> missing_values;  // placeholders that also count as missing, e.g. -1 or "unknown"
};
struct OneHotStep {
  std::vector<std::string> columns;                          // empty: all text columns
  std::string handle_unknown = "ignore";                     // ignore (all zeros, counted) or error
  std::map<std::string, std::string> column_handle_unknown;  // per column
};

using StepConfig =
    std::variant<FilterStep, RemoveStep, RenameStep, ReplaceStep, AddFeaturesStep, ImputeStep, OneHotStep>;

/// The recipe key: "filter", "remove", "rename", "replace", "add_features", "impute", "one_hot".
std::string_view step_name(const StepConfig& step) noexcept;

struct SplitConfig {
  double test_size = 0.3;  // share of the rows, in (0, 1)
  bool stratify = false;   // by label
  std::optional<std::string>
      time_column;  // the last rows by this column are the test set; ties stay together
  std::optional<std::string> group_column;  // rows of one group stay on one side
  std::optional<std::string> test_file;     // a given test set; excludes all of the above
  std::uint64_t seed = 0;
};

struct TrainConfig {
  std::string model = "random_forest";
  std::optional<Task> task;  // none: guessed from the label
  ForestParams forest;
  /// The keys that the user gave, so that defaults which depend on the task can tell.
  std::vector<std::string> given;
};

/// One YAML document: the whole way from a CSV to a model.
struct Recipe {
  std::optional<std::string> data;  // relative to the recipe's folder
  std::string label;
  CsvOptions read;
  std::vector<StepConfig> preprocess;
  SplitConfig split;
  TrainConfig train;
  // Of the file that it was read from, not of its meaning:
  std::filesystem::path folder;          // where relative paths start
  std::vector<std::string> step_places;  // `recipe.yaml:LINE:COLUMN` of the first steps of `preprocess`
};

/// Errors: kInvalidInput with `recipe.yaml:LINE:COLUMN`, the path of the key, and the nearest known names.
base::Result<Recipe> parse_recipe(std::string_view yaml, const std::string& source_name);
base::Result<Recipe> read_recipe(const std::filesystem::path& path);

/// Changes single keys of the split, as flags do; checked as a recipe's `split:` is, with what is in force
/// already.
base::Status change_split(SplitConfig& split, const nlohmann::ordered_json& keys);

/// One step from a flag: `--one-hot type,country`, `--filter EXPR`, `--impute '{columns: [a], strategy:
/// median}'`: the YAML value of the key `name`. `where` of an error is the flag.
base::Result<StepConfig> parse_step(std::string_view name, std::string_view yaml_value);

/// The same from JSON, where `where` of an error is the path of the key, as in
/// `preprocess[2].impute.strategy`.
base::Result<Recipe> recipe_from_json(const nlohmann::ordered_json& json);

/// The canonical form that is stored as lineage: every value explicit, without file paths and thread counts,
/// so that two runs in different folders store the same bytes.
nlohmann::ordered_json to_json(const Recipe& recipe);
nlohmann::ordered_json to_json(const StepConfig& step);

/// JSON Schema of a recipe, for editors; written to contracts/recipe.schema.json.
nlohmann::ordered_json recipe_json_schema();

}  // namespace archmlp::contract
