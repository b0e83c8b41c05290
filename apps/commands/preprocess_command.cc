#include <memory>
#include <nlohmann/json.hpp>

#include "archmlp/base/atomic_output.h"
#include "archmlp/base/try.h"
#include "archmlp/contract/flag_value.h"
#include "archmlp/preprocess/preprocess_stage.h"
#include "commands.h"
#include "output.h"
#include "report_text.h"
#include "shared_options.h"

namespace archmlp::apps {
namespace {

/// What was typed; it goes over what the recipe says once both are known.
struct GivenPreprocessOptions {
  std::vector<std::filesystem::path> data;
  std::filesystem::path out = "prepared";
  std::optional<std::filesystem::path> recipe, test_rows_out;
  std::optional<std::string> label, memory;
  contract::CsvOptions read;
  std::vector<contract::StepConfig> steps;
  nlohmann::ordered_json split = nlohmann::ordered_json::object();  // the keys of `split:` that were typed
  int thread_count = 0;
};

void add_step_options(Options& options, GivenPreprocessOptions& given) {
  options.group("Steps, applied in the order given (and after the recipe's)");
  for (const contract::StepFlag& flag : contract::step_flags()) {
    options.each(flag.flag, std::string(flag.value), std::string(flag.help),
                 [&given, step = flag.step](const std::string& text) -> base::Status {
                   given.steps.push_back(TRY(contract::parse_step(step, text)));
                   return {};
                 });
  }
}

void add_split_options(Options& options, GivenPreprocessOptions& given) {
  options.group("Split");
  const auto keep_text = [&given](const std::string& key) {
    return [&given, key](const std::string& text) {
      given.split[key] = text;
      return base::Status();
    };
  };
  const auto keep_value = [&given](const std::string& key) {
    return [&given, key](const std::string& text) {
      given.split[key] = contract::json_from_flag(text);
      contract::SplitConfig alone;
      base::Status status = contract::change_split(alone, {{key, given.split[key]}});
      if (!status.ok()) status.error().where = key;
      return status;
    };
  };
  options.each("--test-size", "SHARE", "Share of the rows in the test set [0.3]", keep_value("test_size"));
  options.each_with_default("--stratify", "BOOL", "Keep the label's shares in both sets [false]", "true",
                            keep_value("stratify"));
  options.each("--time-column", "TEXT", "The last rows by this column are the test set",
               keep_text("time_column"));
  options.each("--group-column", "TEXT", "Rows of one group stay in one set", keep_text("group_column"));
  options.each("--test-file", "FILE", "A given CSV is the test set", [&given](const std::string& text) {
    // A recipe's own path counts from the recipe's folder, a typed one from here.
    given.split["test_file"] = std::filesystem::absolute(text).string();
    return base::Status();
  });
  options.each("--seed", "INT", "The same seed gives the same split [0]", keep_value("seed"));
}

/// CSV options that were typed win over the recipe's, one by one.
void merge_read(contract::CsvOptions& read, const contract::CsvOptions& given) {
  const contract::CsvOptions defaults;
  if (given.delimiter) read.delimiter = given.delimiter;
  if (!given.header) read.header = false;
  if (given.missing_values != defaults.missing_values) read.missing_values = given.missing_values;
  for (const auto& [column, tokens] : given.column_missing_values)
    read.column_missing_values[column] = tokens;
  for (const auto& [column, kind] : given.types) read.types[column] = kind;
}

base::Status preprocess(const GivenPreprocessOptions& given) {
  preprocess::PreprocessOptions options;
  if (given.recipe) options.recipe = TRY(contract::read_recipe(*given.recipe));
  if (given.label) options.recipe.label = *given.label;
  if (options.recipe.label.empty()) {
    return base::Error{
        .message = "the label is not given", .where = "--label", .hint = "name the column to predict"};
  }
  merge_read(options.recipe.read, given.read);
  for (const contract::StepConfig& step : given.steps) options.recipe.preprocess.push_back(step);
  TRY(contract::change_split(options.recipe.split, given.split));
  options.data = given.data;
  options.out = given.out;
  options.test_rows_out = given.test_rows_out;
  options.thread_count = given.thread_count;
  if (given.memory) options.memory = TRY(bytes_from(*given.memory));
  if (options.test_rows_out) {
    std::vector<std::filesystem::path> inputs = given.data;
    if (given.recipe) inputs.push_back(*given.recipe);
    TRY(base::refuse_to_overwrite(*options.test_rows_out, inputs));
  }
  const preprocess::PreprocessReport report =
      TRY(preprocess::run_preprocess_stage(options, progress_output()));
  if (json_output_wanted()) return write_stdout(to_json(report, options.out).dump(2) + "\n");
  return write_stdout(to_text(report, options.out));
}

}  // namespace

Command preprocess_command() {
  return {
      "preprocess", "Turn a raw CSV into train and test CSVs and a contract", [](Options& options) -> Action {
        auto given = std::make_shared<GivenPreprocessOptions>();
        options.positional("data", given->data,
                           "CSV files with the same columns, plain, .gz or .zst; - is standard input");
        options.value("--recipe", given->recipe, "YAML file with the steps");
        options.value("--label", given->label, "Column to predict");
        options.value("--out", given->out, "Folder to write");
        options.value("--test-rows-out", given->test_rows_out, "Also write the raw test rows to this CSV");
        options.value(
            "--memory", given->memory,
            "What the stage may take, as in 1GB; rows beyond it wait in a temporary file beside --out");
        add_threads(options, given->thread_count);
        add_json(options);
        add_json_progress(options);
        add_step_options(options, *given);
        add_split_options(options, *given);
        add_csv_options(options, given->read);
        options.examples(
            "  archmlp preprocess paysim.csv --recipe examples/fraud.yaml --out prepared\n"
            "  archmlp preprocess 2025-*.csv.gz --recipe sales.yaml --out prepared\n"
            "  archmlp preprocess churn.csv --label Churn --remove customerID --one-hot all --stratify\n");
        return [given] { return preprocess(*given); };
      }};
}

}  // namespace archmlp::apps
