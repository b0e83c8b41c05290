#include "archmlp/contract/dataset_contract.h"

#include <fmt/format.h>

#include <algorithm>

#include "archmlp/base/hash.h"
#include "archmlp/base/text.h"
#include "archmlp/base/try.h"
#include "archmlp/contract/json_reader.h"

namespace archmlp::contract {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;
using base::Status;
using Json = nlohmann::ordered_json;

constexpr std::string_view kChecksumStart = ",\n  \"sha256\": \"";
constexpr std::string_view kChecksumEnd = "\"\n}\n";
constexpr std::size_t kHexDigits = 64;

Json files_to_json(const DatasetContract& contract) {
  Json files = Json::object();
  for (const std::string_view name :
       kDatasetFiles) {  // in this order, which is easier to read than the map's
    const auto found = contract.files.find(name);
    if (found == contract.files.end()) continue;
    Json file = Json::object();
    file["sha256"] = found->second.sha256;
    file["row_count"] = found->second.row_count;
    files[std::string(name)] = std::move(file);
  }
  return files;
}

Json body_to_json(const DatasetContract& contract, bool with_files) {
  Json json = Json::object();
  json["contract_version"] = kContractVersion;
  json["program_version"] = contract.program_version;
  json["raw"] = contract.has_raw ? to_json(contract.raw) : Json(nullptr);
  json["steps"] = contract.steps;
  json["features"] = to_json(contract.features);
  json["label"] = to_json(contract.label);
  if (with_files) json["files"] = files_to_json(contract);
  json["inputs"] = Json::object();
  for (const auto& [role, sha256] : contract.inputs) json["inputs"][role] = sha256;
  json["recipe"] = contract.recipe;
  json["seed"] = contract.seed;
  return json;
}

/// Puts `prefix` in front of the error's own place, which starts with `[` or a key.
Error within(std::string_view prefix, Error error) {
  if (error.where.empty() || error.where.starts_with('[')) {
    error.where = fmt::format("{}{}", prefix, error.where);
  }
  return error;
}

bool is_sha256(std::string_view text) noexcept {
  return text.size() == kHexDigits && std::all_of(text.begin(), text.end(), [](char digit) {
           return (digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f');
         });
}

Result<std::string> sha256_member(const JsonObject& object, std::string_view key) {
  std::string text = TRY(object.text(key));
  if (!is_sha256(text)) {
    return Error{
        .message = "expected a SHA-256 of 64 hexadecimal digits, found " + base::quoted(text),
        .where = object.path().empty() ? std::string(key) : fmt::format("{}.{}", object.path(), key)};
  }
  return text;
}

Status check_version(const JsonObject& object) {
  const std::int64_t version = TRY(object.integer("contract_version"));
  if (version == kContractVersion) return {};
  std::string writer = "another version of the program";
  if (auto program = object.text("program_version"); program.ok()) writer = "archmlp " + *program;
  const bool older = version < kContractVersion;
  return Error{
      .message = fmt::format("contract version {} (written by {}) is {} than version {}, the one this "
                             "program reads",
                             version, writer, older ? "older" : "newer", kContractVersion),
      .where = "contract_version",
      .hint = older ? "run preprocess again with this program"
                    : "use the newer program for all stages, or run preprocess again with this one"};
}

Result<Schema> schema_member(const JsonObject& object, std::string_view key) {
  auto schema = schema_from_json(*TRY(object.member(key)));
  if (!schema.ok()) return within(key, std::move(schema).error());
  return schema;
}

Status read_raw(const JsonObject& object, DatasetContract& contract) {
  const Json& steps = *TRY(object.array("steps"));
  for (std::size_t index = 0; index < steps.size(); ++index) {
    if (!steps[index].is_object()) {
      return Error{.message = "expected a fitted step (an object), found " + describe(steps[index]),
                   .where = fmt::format("steps[{}]", index)};
    }
  }
  contract.steps = steps;
  contract.has_raw = !TRY(object.member("raw"))->is_null();
  if (!contract.has_raw) {
    if (steps.empty()) return {};
    return Error{.message = "there are fitted steps but no raw schema that they start from",
                 .where = "steps"};
  }
  contract.raw = TRY(schema_member(object, "raw"));
  return {};
}

Status check_schemas(const DatasetContract& contract) {
  const std::string& label = contract.label.name;
  if (contract.features.columns.empty())
    return Error{.message = "there are no features", .where = "features"};
  for (std::size_t index = 0; index < contract.features.columns.size(); ++index) {
    const ColumnSchema& feature = contract.features.columns[index];
    const std::string where = fmt::format("features[{}]", index);
    if (feature.name == label) {
      return Error{.message = fmt::format("{} is the label and a feature", base::quoted(label)),
                   .where = where};
    }
  }
  if (!contract.has_raw) return {};
  const auto position = contract.raw.find(label);
  if (!position || contract.raw.columns[*position].kind != contract.label.kind) {
    return Error{.message = fmt::format("the raw schema has no column {} of kind {}, the label",
                                        base::quoted(label), to_string(contract.label.kind)),
                 .where = "raw"};
  }
  return {};
}

Status read_files(const JsonObject& object, DatasetContract& contract) {
  const JsonObject files = TRY(object.object("files"));
  TRY(files.only({kDatasetFiles[0], kDatasetFiles[1], kDatasetFiles[2], kDatasetFiles[3]}));
  for (const std::string_view name : kDatasetFiles) {
    const JsonObject file = TRY(files.object(name));
    TRY(file.only({"sha256", "row_count"}));
    FileRecord record;
    record.sha256 = TRY(sha256_member(file, "sha256"));
    record.row_count = TRY(file.unsigned_integer("row_count"));
    contract.files.emplace(name, std::move(record));
  }
  for (const std::string_view part : {"train", "test"}) {
    const std::string x = fmt::format("x_{}.csv", part);
    const std::string y = fmt::format("y_{}.csv", part);
    if (contract.files[x].row_count != contract.files[y].row_count) {
      return Error{.message = fmt::format("{} has {} rows and {} has {}", x, contract.files[x].row_count, y,
                                          contract.files[y].row_count),
                   .where = "files"};
    }
  }
  return {};
}

Status read_lineage(const JsonObject& object, DatasetContract& contract) {
  const JsonObject inputs = TRY(object.object("inputs"));
  for (const auto& [role, ignored] : inputs.json().items()) {
    contract.inputs[role] = TRY(sha256_member(inputs, role));
  }
  const Json& recipe = *TRY(object.member("recipe"));
  if (!recipe.is_null() && !recipe.is_object()) {
    return Error{.message = "expected an object or null, found " + describe(recipe), .where = "recipe"};
  }
  contract.recipe = recipe;
  contract.seed = TRY(object.unsigned_integer("seed"));
  return {};
}

Result<DatasetContract> body_from_json(const JsonObject& object, bool with_files) {
  TRY(check_version(object));
  // Listed twice, because a model file has no use for the sums of CSVs that it does not hold.
  if (with_files) {
    TRY(object.only({"contract_version", "program_version", "raw", "steps", "features", "label", "files",
                     "inputs", "recipe", "seed", "sha256"}));
  } else {
    TRY(object.only({"contract_version", "program_version", "raw", "steps", "features", "label", "inputs",
                     "recipe", "seed"}));
  }
  DatasetContract contract;
  contract.program_version = TRY(object.text("program_version"));
  TRY(read_raw(object, contract));
  contract.features = TRY(schema_member(object, "features"));
  const Json* label = TRY(object.member("label"));
  contract.label = TRY(label_from_json(*label));
  TRY(check_schemas(contract));
  if (with_files) TRY(read_files(object, contract));
  TRY(read_lineage(object, contract));
  return contract;
}

/// The bytes must be exactly those that to_text wrote.
Status check_checksum(std::string_view text) {
  const Error changed{
      .message = "the file was changed after preprocess wrote it: its checksum does not hold",
      .where = "sha256",
      .hint = "run preprocess again; the contract and the CSVs belong together and are not edited"};
  const std::size_t start = text.rfind(kChecksumStart);
  if (start == std::string_view::npos) return changed;
  std::string_view rest = text.substr(start + kChecksumStart.size());
  if (rest.size() != kHexDigits + kChecksumEnd.size() || !rest.ends_with(kChecksumEnd)) return changed;
  if (rest.substr(0, kHexDigits) != base::sha256_hex(text.substr(0, start))) return changed;
  return {};
}

Result<DatasetContract> read_text(std::string_view text) {
  const Json json = TRY(parse_json(text));
  const JsonObject object = TRY(JsonObject::from(json, ""));
  TRY(check_version(object));  // before the checksum, which another version may compute otherwise
  TRY(check_checksum(text));
  return body_from_json(object, true);
}

}  // namespace

std::string to_text(const DatasetContract& contract) {
  std::string text = body_to_json(contract, true).dump(2);
  text.resize(text.size() - 2);  // the closing "\n}"
  const std::string checksum = base::sha256_hex(text);
  return fmt::format("{}{}{}{}", text, kChecksumStart, checksum, kChecksumEnd);
}

Result<DatasetContract> contract_from_text(std::string_view text, const std::string& source_name) {
  auto contract = read_text(text);
  if (contract.ok()) return contract;
  Error error = base::located(source_name, std::move(contract).error());
  error.code = ErrorCode::kContractBroken;
  error.component = "preprocess";
  if (error.hint.empty()) error.hint = "run preprocess again";
  return error;
}

Json model_part_to_json(const DatasetContract& contract) { return body_to_json(contract, false); }

Result<DatasetContract> model_part_from_json(const Json& json) {
  const JsonObject object = TRY(JsonObject::from(json, ""));
  return body_from_json(object, false);
}

}  // namespace archmlp::contract
