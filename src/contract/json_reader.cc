#include "archmlp/contract/json_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_set>

#include "archmlp/base/text.h"
#include "archmlp/base/try.h"

namespace archmlp::contract {
namespace {

using base::Error;
using Json = nlohmann::ordered_json;

/// Builds the document from the parser's events. The parser itself never recurses.
class DocumentBuilder : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { return false; }

  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    Level& level = levels_.back();
    if (!level.keys.insert(name).second) {
      error_ = Error{.message = "the key " + base::quoted(name) + " occurs twice in one object"};
      return false;
    }
    key_ = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& problem) override {
    std::string message = problem.what();
    if (const std::size_t end = message.find("] "); message.starts_with('[') && end != std::string::npos) {
      message.erase(0, end + 2);
    }
    error_ = Error{.message = "not valid JSON: " + message, .where = fmt::format("byte {}", position)};
    return false;
  }

  Json take() { return std::move(document_); }
  Error error() const { return error_; }

 private:
  struct Level {
    Json* container;
    std::unordered_set<std::string> keys;
  };

  bool add(Json value) {
    place(std::move(value));
    return true;
  }

  bool open(Json container) {
    if (levels_.size() == kMaxJsonDepth) {
      error_ = Error{.code = base::ErrorCode::kResourceLimit,
                     .message = fmt::format("the JSON is nested more than {} levels deep", kMaxJsonDepth)};
      return false;
    }
    levels_.push_back({place(std::move(container)), {}});
    return true;
  }

  bool close() {
    levels_.pop_back();
    return true;
  }

  /// The address stays valid while the value is open: its parent does not grow until then.
  Json* place(Json value) {
    if (levels_.empty()) {
      document_ = std::move(value);
      return &document_;
    }
    Json& parent = *levels_.back().container;
    if (parent.is_array()) {
      auto& items = parent.get_ref<Json::array_t&>();
      items.push_back(std::move(value));
      return &items.back();
    }
    // vector's own emplace_back: the map's emplace searches all keys, and they are known to differ.
    auto& members = parent.get_ref<Json::object_t&>();
    members.emplace_back(std::move(key_), std::move(value));
    return &members.back().second;
  }

  Json document_;
  std::vector<Level> levels_;
  std::string key_;
  Error error_;
};

std::string joined(const std::string& path, std::string_view key) {
  return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
}

Error wrong(const std::string& path, std::string_view key, std::string_view expected, const Json& found) {
  return Error{.message = fmt::format("expected {}, found {}", expected, describe(found)),
               .where = joined(path, key)};
}

}  // namespace

base::Result<Json> parse_json(std::string_view text) {
  DocumentBuilder builder;
  if (!Json::sax_parse(text.begin(), text.end(), &builder)) return builder.error();
  return builder.take();
}

std::string describe(const Json& json) {
  switch (json.type()) {
    case Json::value_t::null:
      return "null";
    case Json::value_t::boolean:
      return json.get<bool>() ? "true" : "false";
    case Json::value_t::string:
      return "the text " + base::quoted(json.get_ref<const std::string&>());
    case Json::value_t::object:
      return "an object";
    case Json::value_t::array:
      return "a list";
    default:
      return "the number " + json.dump();
  }
}

base::Result<JsonObject> JsonObject::from(const Json& json, std::string path) {
  if (!json.is_object())
    return Error{.message = "expected an object, found " + describe(json), .where = path};
  return JsonObject(json, std::move(path));
}

bool JsonObject::has(std::string_view key) const { return json_->find(key) != json_->end(); }

base::Status JsonObject::only(std::initializer_list<std::string_view> keys) const {
  const std::vector<std::string> known(keys.begin(), keys.end());
  for (const auto& [key, value] : json_->items()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      return Error{.message = "unknown key " + base::quoted(key),
                   .where = path_,
                   .hint = base::suggest_names(key, known)};
    }
  }
  return {};
}

base::Result<const Json*> JsonObject::member(std::string_view key) const {
  const auto found = json_->find(key);
  if (found == json_->end()) {
    return Error{.message = fmt::format("the key \"{}\" is missing", key), .where = path_};
  }
  return &*found;
}

base::Result<std::string> JsonObject::text(std::string_view key) const {
  const Json* value = TRY(member(key));
  if (!value->is_string()) return wrong(path_, key, "text", *value);
  return value->get<std::string>();
}

base::Result<bool> JsonObject::boolean(std::string_view key) const {
  const Json* value = TRY(member(key));
  if (!value->is_boolean()) return wrong(path_, key, "true or false", *value);
  return value->get<bool>();
}

base::Result<std::int64_t> JsonObject::integer(std::string_view key) const {
  const Json* value = TRY(member(key));
  const bool fits = value->is_number_unsigned()
                        ? value->get<std::uint64_t>() <=
                              static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())
                        : value->is_number_integer();
  if (!fits) return wrong(path_, key, "an integer of 64 bits", *value);
  return value->get<std::int64_t>();
}

base::Result<std::uint64_t> JsonObject::unsigned_integer(std::string_view key) const {
  const Json* value = TRY(member(key));
  const bool fits =
      value->is_number_unsigned() || (value->is_number_integer() && value->get<std::int64_t>() >= 0);
  if (!fits) return wrong(path_, key, "an integer of 64 bits without sign", *value);
  return value->get<std::uint64_t>();
}

base::Result<double> JsonObject::number(std::string_view key) const {
  const Json* value = TRY(member(key));
  if (!value->is_number() || !std::isfinite(value->get<double>())) {
    return wrong(path_, key, "a finite number", *value);
  }
  return value->get<double>();
}

base::Result<std::vector<std::string>> JsonObject::texts(std::string_view key) const {
  const Json* value = TRY(array(key));
  std::vector<std::string> result;
  result.reserve(value->size());
  for (const Json& item : *value) {
    if (!item.is_string()) {
      return wrong(path_, fmt::format("{}[{}]", key, result.size()), "text", item);
    }
    result.push_back(item.get<std::string>());
  }
  return result;
}

base::Result<const Json*> JsonObject::array(std::string_view key) const {
  const Json* value = TRY(member(key));
  if (!value->is_array()) return wrong(path_, key, "a list", *value);
  return value;
}

base::Result<JsonObject> JsonObject::object(std::string_view key) const {
  const Json* value = TRY(member(key));
  return from(*value, joined(path_, key));
}

}  // namespace archmlp::contract
