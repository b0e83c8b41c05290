#include <nlohmann/json.hpp>

#include "archmlp/profile/profile.h"

namespace archmlp::profile {
namespace {

using Json = nlohmann::ordered_json;

Json value_or_null(const std::optional<contract::Value>& value) {
  return value ? contract::to_json(*value) : Json();
}
Json number_or_null(const std::optional<double>& number) { return number ? Json(*number) : Json(); }

Json counts_json(const std::vector<ValueCount>& counts) {
  Json json = Json::array();
  for (const auto& [value, count] : counts) {
    Json entry;
    entry["value"] = contract::to_json(value);
    entry["count"] = count;
    json.push_back(std::move(entry));
  }
  return json;
}

Json association_json(const Association& association) {
  Json json;
  json["measure"] = to_string(association.measure);
  json["value"] = association.value;
  return json;
}

void add_numbers(const NumberSummary& numbers, Json& json) {
  json["std"] = number_or_null(numbers.std);
  json["skewness"] = number_or_null(numbers.skewness);
  json["zero_count"] = numbers.zero_count;
  json["negative_count"] = numbers.negative_count;
  json["quantiles"] = Json::array();
  for (const auto& [probability, value] : numbers.quantiles) {
    Json entry;
    entry["probability"] = probability;
    entry["value"] = value;
    json["quantiles"].push_back(std::move(entry));
  }
  Json& histogram = json["histogram"];
  histogram["edges"] = numbers.histogram.edges;
  histogram["counts"] = numbers.histogram.counts;
  histogram["below"] = numbers.histogram.below;
  histogram["above"] = numbers.histogram.above;
}

void add_text(const TextSummary& text, Json& json) {
  Json& length = json["length"];
  length["min"] = text.min_length;
  length["mean"] = text.mean_length;
  length["max"] = text.max_length;
  json["empty_count"] = text.empty_count;
  json["surrounding_blank_count"] = text.surrounding_blank_count;
}

Json column_json(const ColumnProfile& column, std::size_t row_count) {
  Json json;
  json["name"] = column.name;
  json["kind"] = contract::to_string(column.kind);
  json["kind_reason"] = column.kind_reason;
  json["missing_count"] = column.missing_count;
  json["missing_share"] =
      row_count == 0 ? 0.0 : static_cast<double>(column.missing_count) / static_cast<double>(row_count);
  json["distinct_count"] = column.distinct_count;
  json["min"] = value_or_null(column.min);
  json["max"] = value_or_null(column.max);
  json["mean"] = number_or_null(column.mean);
  if (column.numbers) add_numbers(*column.numbers, json);
  if (column.text) add_text(*column.text, json);
  json["top"] = counts_json(column.top);
  if (column.with_label) json["with_label"] = association_json(*column.with_label);
  if (!column.by_class.empty()) json["by_class"] = column.by_class;
  json["warnings"] = Json::array();
  for (const Warning& warning : column.warnings) {
    Json entry;
    entry["kind"] = to_string(warning.kind);
    entry["message"] = warning.message;
    json["warnings"].push_back(std::move(entry));
  }
  return json;
}

Json associations_json(const TableProfile& profile) {
  const auto name = [&](std::size_t column) { return profile.columns[column].name; };
  Json json;
  json["row_count"] = profile.associations.row_count;
  json["columns"] = Json::array();
  for (const std::size_t column : profile.associations.columns) json["columns"].push_back(name(column));
  json["pairs"] = Json::array();
  for (const ColumnPair& pair : profile.associations.pairs) {
    Json entry;
    entry["columns"] = {name(pair.first), name(pair.second)};
    entry.update(association_json(pair.association));
    json["pairs"].push_back(std::move(entry));
  }
  return json;
}

}  // namespace

Json to_json(const TableProfile& profile) {
  Json json;
  json["row_count"] = profile.row_count;
  if (profile.label) {
    json["label"]["name"] = profile.columns[profile.label->column].name;
    json["label"]["task"] = contract::to_string(profile.label->task);
    json["label"]["classes"] = counts_json(profile.label->classes);
  }
  json["columns"] = Json::array();
  for (const ColumnProfile& column : profile.columns) {
    json["columns"].push_back(column_json(column, profile.row_count));
  }
  json["associations"] = associations_json(profile);
  return json;
}

}  // namespace archmlp::profile
