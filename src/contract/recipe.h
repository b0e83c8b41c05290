#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archmlp/base/result.h"
#include "archmlp/contract/csv_options.h"
#include "archmlp/contract/schema.h"
#include "archmlp/contract/steps.h"
#include "archmlp/contract/train_config.h"

namespace archmlp::contract {

/// The recipe key, as in "one_hot".
std::string_view step_name(const StepConfig& step) noexcept;
/// Does the step learn anything from rows? Then it must be known which are training rows.
bool learns_from_rows(const StepConfig& step);
/// The columns that the step is told to change, take away or make.
std::vector<std::string> touched_columns(const StepConfig& step);

struct SplitConfig {
  double test_size = 0.3;  // share of the rows, in (0, 1)
  bool stratify = false;   // by label
  std::optional<std::string>
      time_column;  // the last rows by this column are the test set; ties stay together
  std::optional<std::string> group_column;  // rows of one group stay on one side
  std::optional<std::string> test_file;     // a given test set; excludes all of the above
  std::uint64_t seed = 0;
};

/// One YAML document: the whole way from a CSV to a model.
struct Recipe {
  std::vector<std::string> data;  // CSVs with the same columns, relative to the recipe's folder
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

/// How a kind of step is given on the command line.
struct StepFlag {
  std::string_view step;   // the name that parse_step takes
  std::string flag;        // `--one-hot`
  std::string_view value;  // what follows it: `A,B,…`
  std::string_view help;
};
std::vector<StepFlag> step_flags();

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
