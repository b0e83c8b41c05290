#include "shared_options.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "archmlp/base/text.h"
#include "archmlp/contract/field_table.h"
#include "archmlp/contract/flag_value.h"
#include "archmlp/contract/train_config.h"
#include "output.h"

namespace archmlp::apps {

using base::Error;
using base::Status;

void add_threads(Options& options, int& thread_count) {
  options.count("--threads,--n-jobs", thread_count, -1, "Threads; 0 is one a core. Never changes the result");
}

void add_json(Options& options) { options.flag("--json", json_output_wanted(), "Print JSON, errors too"); }

void add_json_progress(Options& options) {
  options.flag("--json-progress", json_progress_wanted(),
               "Report progress as JSON, an object a line on standard error");
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> parts;
  if (text.empty()) return parts;
  for (std::size_t begin = 0;;) {
    const std::size_t comma = text.find(',', begin);
    parts.emplace_back(text.substr(begin, comma - begin));
    if (comma == std::string_view::npos) return parts;
    begin = comma + 1;
  }
}

namespace {

base::Result<char> delimiter_from(const std::string& text) {
  if (text == "\\t" || text == "tab") return '\t';
  if (text.size() == 1) return text.front();
  return Error{.message = "expected one character, found " + base::quoted(text), .hint = "use , ; | or tab"};
}

/// "column=rest", split at the last `=` for kinds (column names may hold one) .
base::Result<std::pair<std::string, std::string>> assignment_from(const std::string& text) {
  const std::size_t equals = text.rfind('=');
  if (equals == std::string::npos || equals == 0) {
    return Error{.message = "expected COLUMN=VALUE, found " + base::quoted(text)};
  }
  return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

Status add_type(contract::CsvOptions& read, const std::string& text) {
  const auto parts = assignment_from(text);
  if (!parts.ok()) return parts.error();
  const auto kind = contract::column_kind_from(parts->second);
  if (!kind) {
    return Error{.message = "unknown type " + base::quoted(parts->second),
                 .hint = "use integer, real, boolean or text"};
  }
  read.types[parts->first] = *kind;
  return {};
}

}  // namespace

void add_csv_options(Options& options, contract::CsvOptions& read) {
  options.group("Reading the CSV");
  options.each("--delimiter", "CHAR", "Field delimiter; detected if left out",
               [&read](const std::string& text) {
                 const auto delimiter = delimiter_from(text);
                 if (!delimiter.ok()) return Status(delimiter.error());
                 read.delimiter = *delimiter;
                 return Status();
               });
  options.each_with_default(
      "--no-header", "BOOL", "The first line is data; columns are named c0, c1, …", "true",
      [&read](const std::string& text) {
        if (text != "true" && text != "false") {
          return Status(Error{.message = "expected true or false, found " + base::quoted(text)});
        }
        read.header = text == "false";
        return Status();
      });
  options.each("--missing-values", "A,B,…", "Cells that mean \"missing\", instead of the default list",
               [&read](const std::string& text) {
                 read.missing_values = split_list(text);
                 return Status();
               });
  options.each("--column-missing-values", "COLUMN=A,B,…", "The same for one column; may be repeated",
               [&read](const std::string& text) {
                 const auto parts = assignment_from(text);
                 if (!parts.ok()) return Status(parts.error());
                 read.column_missing_values[parts->first] = split_list(parts->second);
                 return Status();
               });
  options.each("--type", "COLUMN=KIND",
               "integer, real, boolean or text instead of the guess; may be repeated",
               [&read](const std::string& text) { return add_type(read, text); });
  options.group("Options");
}

namespace {

using nlohmann::ordered_json;

/// Would one of the models take it? The one that is chosen, which may come later, has the last word.
Status check_parameter(const std::vector<std::string>& models, const ordered_json& key) {
  Status first;
  for (const std::string& model : models) {
    contract::TrainConfig config{.model = model};
    Status status = contract::set_fields(contract::train_fields(model), &config, key, "");
    if (status.ok()) return status;
    if (first.ok()) first = std::move(status);
  }
  return first;
}

void add_model_option(Options& options, ordered_json& parameters, const contract::Field& field,
                      const ordered_json& default_value, const std::vector<std::string>& models) {
  const std::string name(field.name);
  const std::string flag = flag_of(name);
  std::string help = std::string(field.help) + " [" + default_value.dump() + "]";
  if (!field.range.empty()) help += " (" + std::string(field.range) + ")";
  const auto consumer = [&parameters, name, models](const std::string& text) {
    const ordered_json key = {{name, contract::json_from_flag(text)}};
    Status status = check_parameter(models, key);
    if (status.ok()) parameters.update(key);
    return status;
  };
  if (default_value.is_boolean()) {
    options.each_with_default(flag, "BOOL", help, "true", consumer);
  } else {
    options.each(flag, "VALUE", help, consumer);
  }
}

std::vector<std::string> models_with(std::string_view parameter) {
  std::vector<std::string> models;
  for (const char* model : {"random_forest", "svm"}) {
    const contract::FieldTable& fields = contract::train_fields(model);
    if (std::any_of(fields.begin(), fields.end(), [&](const auto& field) { return field.name == parameter; }))
      models.emplace_back(model);
  }
  return models;
}

}  // namespace

std::string flag_of(std::string_view parameter) {
  std::string flag = "--" + std::string(parameter);
  std::replace(flag.begin() + 2, flag.end(), '_', '-');
  return flag;
}

void add_model_options(Options& options, ordered_json& parameters) {
  const std::pair<std::string, std::vector<std::string>> groups[] = {
      {"Every model", {"random_forest", "svm"}},
      {"random_forest and extra_trees", {"random_forest"}},
      {"svm", {"svm"}}};
  const contract::TrainConfig defaults;
  for (const auto& [heading, models] : groups) {
    options.group(heading + " (scikit-learn's names and defaults)");
    for (const contract::Field& field : contract::all_train_fields()) {
      if (field.name == "model" || field.name == "task" || models_with(field.name) != models) continue;
      add_model_option(options, parameters, field, field.get(&defaults), models);
    }
  }
  options.group("Options");
}

base::Result<std::size_t> bytes_from(const std::string& text) {
  base::Result<std::size_t> bytes = contract::bytes_from_text(text);
  if (!bytes.ok()) bytes.error().where = "--memory";
  return bytes;
}

}  // namespace archmlp::apps
