#pragma once

// Checked access to a parsed JSON document, for the .cc files that read contracts, fitted steps and model
// sections.

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "archmlp/base/result.h"

namespace archmlp::contract {

inline constexpr std::size_t kMaxJsonDepth = 100;

/// Parses `text`; never throws, depth at most kMaxJsonDepth, duplicate keys refused.
/// Errors: kInvalidInput, `where` = `byte N` (counted from 1).
base::Result<nlohmann::ordered_json> parse_json(std::string_view text);

/// What a value is, for a message: `the text "a"`, `the number 3`, `a list`, `an object`, `true`, `null`.
std::string describe(const nlohmann::ordered_json& json);

/// An object whose members are asked for by name and type; the Error says which key is missing or wrong.
class JsonObject {
 public:
  /// `path` is shown in errors: `features[3]`. Errors: kInvalidInput if `json` is no object.
  static base::Result<JsonObject> from(const nlohmann::ordered_json& json, std::string path);

  bool has(std::string_view key) const;
  /// Errors: kInvalidInput for a key that is none of `keys`.
  base::Status only(std::initializer_list<std::string_view> keys) const;
  base::Result<std::string> text(std::string_view key) const;
  base::Result<bool> boolean(std::string_view key) const;
  base::Result<std::int64_t> integer(std::string_view key) const;  // any integer that fits
  base::Result<std::uint64_t> unsigned_integer(std::string_view key) const;
  base::Result<double> number(std::string_view key) const;  // finite
  base::Result<std::vector<std::string>> texts(std::string_view key) const;
  base::Result<const nlohmann::ordered_json*> array(std::string_view key) const;
  base::Result<const nlohmann::ordered_json*> member(std::string_view key) const;  // of any type
  base::Result<JsonObject> object(std::string_view key) const;
  const nlohmann::ordered_json& json() const noexcept { return *json_; }
  const std::string& path() const noexcept { return path_; }

 private:
  JsonObject(const nlohmann::ordered_json& json, std::string path) : json_(&json), path_(std::move(path)) {}
  const nlohmann::ordered_json* json_;
  std::string path_;
};

}  // namespace archmlp::contract
