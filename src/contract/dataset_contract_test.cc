#include "archmlp/contract/dataset_contract.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "archmlp/base/hash.h"

namespace archmlp::contract {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

DatasetContract sample_contract() {
  DatasetContract contract;
  contract.program_version = "1.2.3";
  contract.has_raw = true;
  contract.raw = {{{"type", ColumnKind::kText, false, {""}},
                   {"amount", ColumnKind::kReal, true, {"", "NA"}},
                   {"isFraud", ColumnKind::kInteger, false, {""}}}};
  contract.steps = Json::parse(R"([{"kind": "remove", "columns": ["type"]}])");
  contract.features = {{{"amount", ColumnKind::kReal, false, {}}}};
  contract.label = {"isFraud",
                    ColumnKind::kInteger,
                    Task::kClassification,
                    {Value(std::int64_t{0}), Value(std::int64_t{1})}};
  for (const std::string_view name : kDatasetFiles) {
    contract.files.emplace(name,
                           FileRecord{base::sha256_hex(name), name.find("train") != name.npos ? 70U : 30U});
  }
  contract.inputs["data"] = base::sha256_hex("data");
  contract.recipe = Json{{"label", "isFraud"}};
  contract.seed = 18446744073709551615U;
  return contract;
}

/// The document with a change made by somebody who also knows how to compute the checksum.
std::string forged(const std::function<void(Json&)>& change) {
  Json json = Json::parse(to_text(sample_contract()));
  json.erase("sha256");
  change(json);
  std::string text = json.dump(2);
  text.resize(text.size() - 2);
  return text + ",\n  \"sha256\": \"" + base::sha256_hex(text) + "\"\n}\n";
}

std::string problem_with(const std::string& text) {
  const auto contract = contract_from_text(text, "contract.json");
  if (contract.ok()) return "accepted";
  EXPECT_EQ(contract.error().code, base::ErrorCode::kContractBroken);
  EXPECT_EQ(contract.error().component, "preprocess");
  EXPECT_THAT(contract.error().where, HasSubstr("contract.json"));
  EXPECT_FALSE(contract.error().hint.empty());
  return base::to_string(contract.error());
}

TEST(DatasetContract, ReadsBackWhatItWrote) {
  const std::string text = to_text(sample_contract());
  const auto back = contract_from_text(text, "contract.json");
  ASSERT_TRUE(back.ok()) << base::to_string(back.error());
  EXPECT_EQ(to_text(*back), text);
  EXPECT_EQ(back->raw, sample_contract().raw);
  EXPECT_EQ(back->label, sample_contract().label);
  EXPECT_EQ(back->files.at("x_test.csv").row_count, 30U);
  EXPECT_EQ(back->seed, 18446744073709551615U);
}

TEST(DatasetContract, IsPlainJsonWithTheChecksumLast) {
  const Json json = Json::parse(to_text(sample_contract()));
  EXPECT_EQ(json["contract_version"], kContractVersion);
  EXPECT_EQ(std::prev(json.end()).key(), "sha256");
}

TEST(DatasetContract, ShowsEveryEdit) {
  const std::string text = to_text(sample_contract());
  std::size_t accepted = 0;
  for (std::size_t position = 0; position < text.size(); ++position) {
    std::string edited = text;
    edited[position] = edited[position] == '7' ? '8' : '7';
    accepted += contract_from_text(edited, "contract.json").ok() ? 1U : 0U;
    accepted += contract_from_text(text.substr(0, position), "contract.json").ok() ? 1U : 0U;
  }
  EXPECT_EQ(accepted, 0U);
  EXPECT_THAT(problem_with(text + "\n"), HasSubstr("changed after preprocess wrote it"));
  EXPECT_THAT(problem_with(Json::parse(text).dump()), HasSubstr("changed after preprocess wrote it"));
}

TEST(DatasetContract, TellsOldAndNewVersionsApart) {
  EXPECT_THAT(problem_with(forged([](Json& json) { json["contract_version"] = 0; })),
              ::testing::AllOf(HasSubstr("version 0 (written by archmlp 1.2.3) is older than version 1"),
                               HasSubstr("run preprocess again")));
  EXPECT_THAT(problem_with(forged([](Json& json) { json["contract_version"] = 2; })),
              ::testing::AllOf(HasSubstr("is newer than"), HasSubstr("use the newer program")));
}

TEST(DatasetContract, SaysWhichKeyIsWrong) {
  EXPECT_THAT(problem_with("[]"), HasSubstr("contract.json: expected an object, found a list"));
  EXPECT_THAT(problem_with("{"), HasSubstr("contract.json: byte 2: not valid JSON"));
  const std::vector<std::pair<std::function<void(Json&)>, std::string>> cases = {
      {[](Json& json) { json.erase("label"); }, "\"label\" is missing"},
      {[](Json& json) { json["labels"] = 1; }, "unknown key \"labels\""},
      {[](Json& json) { json["features"][0]["name"] = "isFraud"; }, "\"isFraud\" is the label and a feature"},
      {[](Json& json) { json["features"] = Json::array(); }, "there are no features"},
      {[](Json& json) { json["raw"][1].erase("nullable"); }, "raw[1]: the key \"nullable\" is missing"},
      {[](Json& json) { json["raw"][2]["name"] = "y"; }, "no column \"isFraud\""},
      {[](Json& json) { json["raw"] = nullptr; }, "no raw schema"},
      {[](Json& json) { json["steps"] = {1}; }, "steps[0]: expected a fitted step"},
      {[](Json& json) {
         json["label"]["classes"] = {1, 0};
       },
       "label.classes[1]: the classes are not sorted"},
      {[](Json& json) { json["files"].erase("y_test.csv"); }, "files: the key \"y_test.csv\" is missing"},
      {[](Json& json) { json["files"]["y_test.csv"]["row_count"] = 29; },
       "x_test.csv has 30 rows and y_test.csv has 29"},
      {[](Json& json) { json["files"]["x_test.csv"]["sha256"] = "00"; },
       "files.x_test.csv.sha256: expected a SHA-256"},
      {[](Json& json) { json["inputs"]["data"] = 5; }, "inputs.data: expected text"},
      {[](Json& json) { json["recipe"] = 5; }, "recipe: expected an object or null"},
      {[](Json& json) { json["seed"] = -1; }, "seed: expected an integer"}};
  for (const auto& [change, expected] : cases) EXPECT_THAT(problem_with(forged(change)), HasSubstr(expected));
}

TEST(DatasetContract, TravelsInAModelFileWithoutTheFiles) {
  const Json part = Json::parse(model_part_to_json(sample_contract()).dump());
  EXPECT_FALSE(part.contains("files"));
  const auto back = model_part_from_json(part);
  ASSERT_TRUE(back.ok()) << base::to_string(back.error());
  EXPECT_EQ(model_part_to_json(*back), part);
}

TEST(DatasetContract, NeedsNoRawSchema) {
  DatasetContract contract = sample_contract();
  contract.has_raw = false;
  contract.raw = {};
  contract.steps = Json::array();
  contract.recipe = nullptr;
  const auto back = model_part_from_json(model_part_to_json(contract));
  ASSERT_TRUE(back.ok()) << base::to_string(back.error());
  EXPECT_FALSE(back->has_raw);
  EXPECT_TRUE(back->recipe.is_null());
}

TEST(DatasetContract, ChecksTheModelPartToo) {
  Json part = model_part_to_json(sample_contract());
  part["label"]["kind"] = "text";
  const auto back = model_part_from_json(part);
  ASSERT_FALSE(back.ok());
  EXPECT_EQ(back.error().where, "label.classes[0]");
}

}  // namespace
}  // namespace archmlp::contract
