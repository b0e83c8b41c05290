#include "archmlp/serve/known_values.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

namespace archmlp::serve {
namespace {

using Json = nlohmann::ordered_json;

void append_values(const Json& step_column, const char* key, std::vector<contract::Value>& values) {
  if (!step_column.contains(key)) return;
  for (const Json& item : step_column[key]) {
    if (base::Result<contract::Value> value = contract::value_from_json(item); value.ok())
      values.push_back(*std::move(value));
  }
}

void erase_named(const Json& json, std::map<std::string, std::string>& tracked) {
  if (json.is_string()) tracked.erase(json.get<std::string>());
  if (!json.is_structured()) return;
  for (const Json& item : json) erase_named(item, tracked);
}

/// Follows raw columns through the steps as long as nothing changes their values.
class Follower {
 public:
  explicit Follower(const contract::Schema& raw) {
    for (const contract::ColumnSchema& column : raw.columns) raw_names_[column.name] = column.name;
  }

  void apply(const Json& step) {
    static constexpr std::array<std::string_view, 3> kEncoders = {"one_hot", "ordinal", "target_encode"};
    static constexpr std::array<std::string_view, 4> kReaders = {"filter", "impute", "drop_missing", "join"};
    const std::string kind = step.value("kind", "");
    const auto is_one_of = [&](const auto& kinds) {
      return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
    };
    if (is_one_of(kReaders)) return;
    if (kind == "rename") return rename(step["names"]);
    if (is_one_of(kEncoders)) {
      for (const Json& column : step["columns"]) encode(column);
      return;
    }
    erase_named(step, raw_names_);
  }

  /// What is left of them is a feature of that name.
  std::map<std::string, KnownValues> finish(const bundle::FeatureCategories& categories) && {
    for (const auto& [name, raw_name] : raw_names_) {
      const auto found = categories.find(name);
      if (found != categories.end()) known_[raw_name] = {found->second, false};
    }
    return std::move(known_);
  }

 private:
  void rename(const Json& names) {
    std::map<std::string, std::string> renamed;
    for (const Json& name : names) {
      const auto found = raw_names_.find(name["from"].get<std::string>());
      if (found == raw_names_.end()) continue;
      renamed[name["to"].get<std::string>()] = found->second;
      raw_names_.erase(found);
    }
    raw_names_.merge(renamed);
  }

  void encode(const Json& column) {
    const auto found = raw_names_.find(column["name"].get<std::string>());
    if (found == raw_names_.end()) return;
    KnownValues& known = known_[found->second];
    append_values(column, "categories", known.values);
    append_values(column, "infrequent", known.values);
    known.refuses_others = column.value("unknown", "") == "error";
    raw_names_.erase(found);
  }

  std::map<std::string, std::string> raw_names_;  // by the name that they have by now
  std::map<std::string, KnownValues> known_;
};

}  // namespace

std::map<std::string, KnownValues> known_values(const predict::Predictor& predictor,
                                                predict::RecordForm form) {
  const bundle::Bundle& bundle = predictor.bundle();
  if (form == predict::RecordForm::kRaw) {
    Follower follower(predictor.schema(form));
    for (const Json& step : bundle.contract().steps) follower.apply(step);
    return std::move(follower).finish(bundle.categories());
  }
  std::map<std::string, KnownValues> known;
  for (const auto& [name, values] : bundle.categories()) known[name] = {values, false};
  return known;
}

}  // namespace archmlp::serve
