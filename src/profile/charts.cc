#include "archmlp/profile/charts.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "archmlp/profile/shown.h"
#include "archmlp/table/terminal_text.h"

namespace archmlp::profile {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kLabelWidth = 40;
constexpr std::size_t kBarTextWidth = 100;
constexpr std::size_t kMostOrdinalBins = 25;

Json chart() {
  Json spec;
  spec["$schema"] = "https://vega.github.io/schema/vega-lite/v5.json";
  spec["width"] = "container";
  return spec;
}

Json field(std::string_view name, std::string_view type, Json title = nullptr) {
  Json encoding;
  encoding["field"] = name;
  encoding["type"] = type;
  encoding["title"] = std::move(title);
  return encoding;
}

Json count_field() {
  Json encoding = field("count", "quantitative", "rows");
  encoding["axis"] = {{"tickCount", 4}, {"tickMinStep", 1}, {"format", ",d"}};
  return encoding;
}

Json count_tooltip() {
  Json tooltip = field("count", "quantitative", "rows");
  tooltip["format"] = ",";
  return tooltip;
}

/// Labels that differ, so that no two bars fall on one another.
class DistinctLabels {
 public:
  std::string make(const std::string& text) {
    const std::string label = table::cut_to_width(text, kLabelWidth);
    std::string distinct = label;
    for (std::size_t number = 2; !taken_.insert(distinct).second; ++number) {
      distinct = label + " (" + std::to_string(number) + ")";
    }
    return distinct;
  }

 private:
  std::set<std::string> taken_;
};

/// Adds `bar` to the chart's values, once for each class if it is divided.
void add_bar(Json bar, std::size_t index, std::size_t count, const ClassParts& parts, Json& values) {
  for (std::size_t number = 0; number < parts.labels.size(); ++number) {
    bar["count"] = (*parts.counts)[number][index];
    bar["class"] = parts.labels[number];
    values.push_back(bar);
  }
  if (!parts.labels.empty()) return;
  bar["count"] = count;
  values.push_back(std::move(bar));
}

/// Colours and names the parts.
void encode_classes(const ClassParts& parts, Json& encoding) {
  if (parts.labels.empty()) return;
  encoding["color"] = field("class", "nominal");
  encoding["color"]["scale"]["domain"] = parts.labels;
  encoding["color"]["legend"] = {{"orient", "top"}};
  encoding["order"] = {{"field", "class"}, {"type", "nominal"}};
  encoding["tooltip"].push_back(field("class", "nominal", "class"));
}

}  // namespace

std::vector<std::string> class_labels(const LabelProfile& label) {
  DistinctLabels distinct;
  std::vector<std::string> labels;
  labels.reserve(label.classes.size());
  for (const ValueCount& entry : label.classes) labels.push_back(distinct.make(shown(entry.value)));
  return labels;
}

Json histogram_chart(const Histogram& histogram, bool whole_numbers, const ClassParts& parts) {
  Json values = Json::array();
  bool single = whole_numbers && histogram.counts.size() <= kMostOrdinalBins;
  for (std::size_t bin = 0; bin < histogram.counts.size(); ++bin) {
    add_bar({{"from", histogram.edges[bin]}, {"to", histogram.edges[bin + 1]}}, bin, histogram.counts[bin],
            parts, values);
    single = single && histogram.edges[bin + 1] - histogram.edges[bin] == 1;
  }
  Json spec = chart();
  spec["height"] = 170;
  spec["data"]["values"] = std::move(values);
  spec["mark"] = {{"type", "bar"}};
  Json& encoding = spec["encoding"];
  if (single) {
    encoding["x"] = field("from", "ordinal");
    encoding["x"]["axis"] = {{"labelAngle", 0}, {"labelOverlap", true}};
    encoding["tooltip"] = {field("from", "ordinal", "value"), count_tooltip()};
  } else {
    encoding["x"] = field("from", "quantitative");
    encoding["x"]["bin"] = {{"binned", true}};
    encoding["x"]["axis"] = {{"tickCount", 5}, {"labelOverlap", true}, {"grid", false}};
    encoding["x2"] = {{"field", "to"}};
    encoding["tooltip"] = {field("from", "quantitative", "from"), field("to", "quantitative", "to"),
                           count_tooltip()};
  }
  encoding["y"] = count_field();
  encode_classes(parts, encoding);
  return spec;
}

Json bar_chart(const std::vector<Bar>& bars, const ClassParts& parts) {
  Json values = Json::array();
  DistinctLabels labels;
  for (const Bar& bar : bars) {
    add_bar({{"value", labels.make(bar.label)}, {"rest", bar.is_rest ? 1 : 0}}, bar.part, bar.count, parts,
            values);
  }
  Json spec = chart();
  spec["height"] = {{"step", 20}};
  spec["data"]["values"] = std::move(values);
  spec["mark"] = {{"type", "bar"}};
  Json& encoding = spec["encoding"];
  encoding["y"] = field("value", "nominal");
  encoding["y"]["sort"] = nullptr;
  encoding["x"] = count_field();
  encoding["opacity"] = field("rest", "nominal");
  encoding["opacity"]["scale"] = {{"domain", {0, 1}}, {"range", {1, 0.4}}};
  encoding["opacity"]["legend"] = nullptr;
  encoding["tooltip"] = {field("value", "nominal", "value"), count_tooltip()};
  encode_classes(parts, encoding);
  return spec;
}

Json association_chart(const TableProfile& profile, const std::vector<std::size_t>& columns) {
  std::map<std::pair<std::size_t, std::size_t>, const Association*> found;
  for (const ColumnPair& pair : profile.associations.pairs)
    found[{pair.first, pair.second}] = &pair.association;
  std::vector<std::string> names;
  names.reserve(columns.size());
  DistinctLabels labels;
  for (const std::size_t column : columns)
    names.push_back(labels.make(table::printable(profile.columns[column].name)));
  Json values = Json::array();
  for (std::size_t a = 0; a < columns.size(); ++a) {
    for (std::size_t b = 0; b < columns.size(); ++b) {
      const auto pair = found.find({std::min(columns[a], columns[b]), std::max(columns[a], columns[b])});
      if (pair == found.end()) continue;
      values.push_back({{"a", names[a]},
                        {"b", names[b]},
                        {"value", pair->second->value},
                        {"measure", name_of(pair->second->measure)}});
    }
  }
  const std::size_t step = columns.size() <= 20 ? 26 : 16;
  Json spec = chart();
  spec["width"] = {{"step", step}};
  spec["height"] = {{"step", step}};
  spec["data"]["values"] = std::move(values);
  spec["mark"] = {{"type", "rect"}};
  Json& encoding = spec["encoding"];
  encoding["x"] = field("a", "nominal");
  encoding["x"]["scale"]["domain"] = names;
  encoding["x"]["axis"] = {{"labelAngle", -45}};
  encoding["y"] = field("b", "nominal");
  encoding["y"]["scale"]["domain"] = names;
  encoding["color"] = field("value", "quantitative");
  encoding["color"]["scale"] = {{"domain", {-1, 1}}, {"domainMid", 0}};
  Json tooltip = field("value", "quantitative", "value");
  tooltip["format"] = ".3f";
  encoding["tooltip"] = {field("a", "nominal", "column"), field("b", "nominal", "with"), std::move(tooltip),
                         field("measure", "nominal", "measure")};
  return spec;
}

std::vector<Bar> bars_of(const std::vector<ValueCount>& top, std::size_t row_count,
                         std::size_t missing_count) {
  std::vector<Bar> bars;
  std::size_t rest = row_count - missing_count;
  for (const auto& [value, count] : top) {
    const std::string text = table::cut_to_width(shown(value), kBarTextWidth);
    bars.push_back({text.empty() ? "(empty)" : text, count, false, bars.size()});
    rest -= count;
  }
  if (rest > 0) bars.push_back({"(other values)", rest, true, top.size()});
  if (missing_count > 0) bars.push_back({"(missing)", missing_count, true, top.size() + 1});
  return bars;
}

}  // namespace archmlp::profile
