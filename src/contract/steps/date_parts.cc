#include <algorithm>

#include "archmlp/contract/parameter_fields.h"
#include "archmlp/contract/step_kind.h"

namespace archmlp::contract {
namespace {

using Json = nlohmann::ordered_json;

const std::vector<std::string> kParts = {"year",      "quarter", "month",  "week",   "day",       "weekday",
                                         "dayofyear", "hour",    "minute", "second", "is_weekend"};

Field parts_field() {
  const auto read = [](const Json& value) -> base::Result<std::vector<std::string>> {
    const Json list = value.is_array() ? value : Json::array({value});
    std::vector<std::string> parts;
    for (const Json& item : list) {
      const std::string name = item.is_string() ? item.get<std::string>() : "";
      if (std::find(kParts.begin(), kParts.end(), name) == kParts.end())
        return expected_word("a part of a date", item, kParts);
      if (std::find(parts.begin(), parts.end(), name) != parts.end())
        return base::Error{.message = "the part " + name + " is named twice"};
      parts.push_back(name);
    }
    if (parts.empty()) return base::Error{.message = "no part is named"};
    return parts;
  };
  return stored_field("parts", &DatePartsStep::parts, "list of words", "",
                      "year, quarter, month, week, day, weekday, dayofyear, hour, minute, second, is_weekend",
                      read, [] {
                        return Json{{"type", "array"}, {"items", {{"enum", Json(kParts)}}}, {"minItems", 1}};
                      });
}

}  // namespace

const StepKind& DatePartsStep::kind() {
  static const StepKind kind = with_parameters<DatePartsStep>(
      {.name = "date_parts",
       .help = "Replace dates by their year, month, weekday and other parts",
       .flag_value = "A,B,…",
       .flag_help = "Replace dates by year, month, day, weekday and hour",
       .from_flag = names_from_flag},
      {.fields = {columns_field(&DatePartsStep::columns, "Columns of dates: text, or counts since 1970"),
                  parts_field(),
                  flag_field("cyclic", &DatePartsStep::cyclic,
                             "Sine and cosine, instead of the number, for parts that come round again"),
                  text_field("format", &DatePartsStep::format,
                             "How texts write dates, as in %d.%m.%Y %H:%M, or ISO8601"),
                  word_field("unit", &DatePartsStep::unit, {"D", "s", "ms", "us"}, "D, s, ms or us",
                             "What integers count since 1970-01-01T00:00:00Z"),
                  word_field("errors", &DatePartsStep::errors, {"raise", "missing"}, "raise or missing",
                             "What is no date: an error, or missing values")},
       .short_forms = columns_short_form(),
       .check = [](const DatePartsStep& step, const std::string& path) {
         return require_columns(step.columns, path);
       }});
  return kind;
}

}  // namespace archmlp::contract
