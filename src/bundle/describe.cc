#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "archmlp/base/text.h"
#include "archmlp/bundle/bundle.h"
#include "archmlp/bundle/model_file.h"
#include "archmlp/transform/steps_summary.h"

namespace archmlp::bundle {
namespace {

using Json = nlohmann::ordered_json;

Json names_of_unneeded(const transform::Plan& plan) {
  Json names = Json::array();
  for (std::size_t i = 0; i < plan.needed().size(); ++i) {
    if (!plan.needed()[i]) names.push_back(plan.input().columns[i].name);
  }
  return names;
}

/// `value` as a line shows it: text without its quotes.
std::string plain(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

void append_object(std::string& out, std::string_view title, const Json& object) {
  if (object.is_null() || object.empty()) return;
  out += fmt::format("\n{}\n", title);
  std::size_t width = 0;
  for (const auto& [key, value] : object.items()) width = std::max(width, key.size());
  for (const auto& [key, value] : object.items())
    out += fmt::format("  {:<{}}  {}\n", key, width, plain(value));
}

/// One line a column: its kind and what else is to say of it.
void append_schema(std::string& out, std::string_view title, const contract::Schema& schema,
                   const std::function<std::string(std::size_t)>& note) {
  out += fmt::format("\n{} ({})\n", title, schema.columns.size());
  std::size_t width = 0;
  for (const contract::ColumnSchema& column : schema.columns) width = std::max(width, column.name.size());
  for (std::size_t i = 0; i < schema.columns.size(); ++i) {
    const contract::ColumnSchema& column = schema.columns[i];
    out += fmt::format("  {:<{}}  {}{}{}\n", column.name, width, contract::to_string(column.kind),
                       column.nullable ? ", may be missing" : "", note(i));
  }
}

/// Of each input its edges or the categories that have a bin, and the share of each bin; those of missing
/// values, and of categories without a bin, by their names.
Json describe_reference(const Bundle& bundle) {
  if (bundle.reference() == nullptr) return nullptr;
  const ReferenceDistribution& reference = *bundle.reference();
  Json inputs = Json::array();
  for (std::size_t i = 0; i < reference.input_count(); ++i) {
    const std::vector<float>& marks = reference.input(i).marks;
    Json& input = inputs.emplace_back(Json{{"name", bundle.model_features()[i]}});
    const auto known = bundle.categories().find(bundle.model_features()[i]);
    const bool is_number = bundle.encoder().category_count(i) == 0;
    Json& shown = input[is_number ? "edges" : "categories"] = Json::array();
    for (const float mark : marks) {
      shown.push_back(is_number ? Json(mark)
                                : contract::to_json(known->second[static_cast<std::size_t>(mark)]));
    }
    const std::size_t last = reference.bin_count(i) - 1;
    const std::size_t listed = is_number ? last : marks.size();
    Json& shares = input["shares"] = Json::array();
    for (std::size_t bin = 0; bin < listed; ++bin) shares.push_back(reference.share(i, bin));
    if (listed < last) input["other"] = reference.share(i, listed);
    input["missing"] = reference.share(i, last);
  }
  return {{"row_count", reference.row_count()}, {"inputs", std::move(inputs)}};
}

}  // namespace

Json describe(const Bundle& bundle) {
  const contract::DatasetContract& contract = bundle.contract();
  Json json;
  json["format_version"] = kFormatVersion;
  json["sha256"] = bundle.sha256();
  json["bytes"] = bundle.file_size();
  json["program_version"] = contract.program_version;
  json["task"] = contract::to_string(contract.label.task);
  json["label"] = contract::to_json(contract.label);
  json["model"] = {{"kind", bundle.model().kind()}};
  json["model"].update(bundle.model().summary());
  json["features"] = contract::to_json(contract.features);
  json["model_features"] = bundle.model_features();
  json["categories"] = to_json(bundle.categories());
  json["raw"] = nullptr;
  json["steps"] = transform::summary_of(contract.steps);
  if (bundle.plan() != nullptr) {
    json["raw"] = contract::to_json(bundle.plan()->input());
    json["ignored"] = names_of_unneeded(*bundle.plan());
  }
  json["recipe"] = contract.recipe;
  json["metrics"] = bundle.metrics();
  json["lineage"] = bundle.lineage();
  json["reference"] = describe_reference(bundle);
  json["canary"] = nullptr;
  if (bundle.canary() != nullptr) json["canary"] = {{"row_count", bundle.canary()->row_count()}};
  return json;
}

std::string describe_text(const Bundle& bundle) {
  const contract::DatasetContract& contract = bundle.contract();
  const contract::LabelSchema& label = contract.label;
  std::string out = fmt::format("{} for {}, {} bytes\nsha256   {}\nlabel    {} ({})\n", bundle.model().kind(),
                                contract::to_string(label.task), base::with_thousands(bundle.file_size()),
                                bundle.sha256(), label.name, contract::to_string(label.kind));
  if (!label.classes.empty()) {
    std::vector<std::string> classes;
    for (const contract::Value& value : label.classes) classes.push_back(contract::to_text(value));
    out += fmt::format("classes  {}\n", fmt::join(classes, ", "));
  }
  append_object(out, "model", bundle.model().summary());
  append_object(out, "metrics of the training", bundle.metrics());
  if (const transform::Plan* plan = bundle.plan(); plan != nullptr) {
    append_schema(out, "columns of a raw record", plan->input(),
                  [&](std::size_t i) { return plan->needed()[i] ? "" : ", not used"; });
    out += fmt::format("\nsteps ({})\n", contract.steps.size());
    for (const Json& step : transform::summary_of(contract.steps)) out += fmt::format("  {}\n", step.dump());
  }
  append_schema(out, "features", contract.features, [&](std::size_t i) {
    const auto known = bundle.categories().find(contract.features.columns[i].name);
    if (known == bundle.categories().end()) return std::string();
    return fmt::format(", {} {}", base::with_thousands(known->second.size()),
                       known->second.size() == 1 ? "category" : "categories");
  });
  append_object(out, "lineage", bundle.lineage());
  if (bundle.reference() != nullptr) {
    out += fmt::format("\nreference  distribution of {} training rows, to find drift\n",
                       base::with_thousands(bundle.reference()->row_count()));
  }
  if (bundle.canary() != nullptr) {
    out += fmt::format("canary     {} {} with their predictions, to check the file before it serves\n",
                       bundle.canary()->row_count(), bundle.canary()->row_count() == 1 ? "row" : "rows");
  }
  return out;
}

}  // namespace archmlp::bundle
