#include <algorithm>
#include <filesystem>

#include "archmlp/contract/parameter_fields.h"
#include "archmlp/contract/step_kind.h"

namespace archmlp::contract {
namespace {

using base::Error;
using base::Status;
using Json = nlohmann::ordered_json;

Field names_field(std::string_view name, std::vector<std::string> JoinStep::*member, std::string_view help) {
  return stored_field(name, member, "list of names", "", help, column_names_from, column_names_schema);
}

/// In the lineage a path that belongs to one machine is only a name.
Field file_field() {
  Field field = text_field("file", &JoinStep::file, "The CSV, relative to the recipe's folder");
  field.get = getter<JoinStep>([](const JoinStep& step) { return Json(joined_file_name(step)); });
  return field;
}

Status check_join(const JoinStep& step, const std::string& path) {
  if (std::filesystem::path(step.file).lexically_normal().filename().empty()) {
    return Error{.message = "this is a folder, not a file", .where = path + ".file"};
  }
  const bool is_on = !step.on.empty();
  const bool is_apart = !step.left_on.empty() || !step.right_on.empty();
  if (!is_on && !is_apart) {
    return Error{
        .message = "the keys are missing", .where = path, .hint = "say `on`, or `left_on` and `right_on`"};
  }
  if (is_on && is_apart)
    return Error{.message = "`on` excludes `left_on` and `right_on`", .where = path + ".on"};
  if (is_apart && step.left_on.size() != step.right_on.size()) {
    return Error{.message = "`left_on` and `right_on` name different numbers of columns",
                 .where = path + ".right_on"};
  }
  const std::vector<std::string>& keys = is_on ? step.on : step.right_on;
  for (const std::string& column : step.columns) {
    if (std::find(keys.begin(), keys.end(), column) == keys.end()) continue;
    return Error{.message = "the key \"" + column + "\" is among the columns to take",
                 .where = path + ".columns"};
  }
  return {};
}

}  // namespace

std::string joined_file_name(const JoinStep& step) {
  const std::filesystem::path file = step.file;
  return file.is_absolute() ? file.filename().string() : file.lexically_normal().generic_string();
}

const StepKind& JoinStep::kind() {
  static const StepKind kind = with_parameters<JoinStep>(
      {.name = "join",
       .help = "Take columns from another CSV, by equal keys",
       .flag_value = "{file: FILE, on: […], columns: […]}",
       .flag_help = "Take columns from another CSV, by equal keys",
       .touched = [](const StepConfig& /*step*/) { return std::vector<std::string>(); }},
      {.fields = {file_field(),
                  word_field("how", &JoinStep::how, {"left", "inner"}, "left or inner",
                             "Rows without a partner: their new columns are missing, or they are dropped"),
                  names_field("on", &JoinStep::on, "The keys, named alike on both sides"),
                  names_field("left_on", &JoinStep::left_on,
                              "The keys in the rows, where they are named otherwise"),
                  names_field("right_on", &JoinStep::right_on,
                              "The keys in the file, in the order of left_on"),
                  names_field("columns", &JoinStep::columns,
                              "The file's columns to take; empty: all but the keys"),
                  optional_text_field(
                      "suffix", &JoinStep::suffix, "text or null",
                      "Put behind the names of columns that are there already; null: that is an error")},
       .required = {"file"},
       .check = check_join});
  return kind;
}

}  // namespace archmlp::contract
