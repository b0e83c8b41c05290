#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "archmlp/base/result.h"
#include "archmlp/contract/schema.h"

namespace archmlp::contract {

inline constexpr int kContractVersion = 1;
inline constexpr std::array<std::string_view, 4> kDatasetFiles = {"x_train.csv", "x_test.csv", "y_train.csv",
                                                                  "y_test.csv"};
inline constexpr std::string_view kContractFile = "contract.json";

struct FileRecord {
  std::string sha256;
  std::size_t row_count = 0;  // data rows, the header not counted
};

/// What preprocessing promises to training: `contract.json`. A training without one makes a feature-level
/// contract: `raw` and `steps` are then empty and `has_raw` is false.
struct DatasetContract {
  std::string program_version;
  bool has_raw = false;
  Schema raw;  // of the input file, label included, in file order
  nlohmann::ordered_json steps = nlohmann::ordered_json::array();  // fitted steps, as transform writes them
  Schema features;                                                 // of the x files, in file order
  LabelSchema label;
  std::map<std::string, FileRecord, std::less<>> files;  // the four CSVs
  /// Lineage: role of an input ("data", "data:2", …, "test_data", "join:FILE") -> SHA-256.
  std::map<std::string, std::string, std::less<>> inputs;
  nlohmann::ordered_json recipe;  // canonical (contract::to_json(Recipe)); null if none
  std::uint64_t seed = 0;
};

/// The whole document, with `contract_version` and, last, `sha256` over everything before it: an edit shows.
std::string to_text(const DatasetContract& contract);

/// Errors: kContractBroken, component "preprocess", `where` = source_name (+ key): not JSON, edited
/// (checksum), an old or newer version (says which and what to do), a key that is missing or of the wrong
/// type.
base::Result<DatasetContract> contract_from_text(std::string_view text, const std::string& source_name);

/// The parts that travel in the model file, and back. Without `files`.
nlohmann::ordered_json model_part_to_json(const DatasetContract& contract);
base::Result<DatasetContract> model_part_from_json(const nlohmann::ordered_json& json);

}  // namespace archmlp::contract
