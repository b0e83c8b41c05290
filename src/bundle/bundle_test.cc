#include "archmlp/bundle/bundle.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "archmlp/base/hash.h"
#include "archmlp/bundle/model_file.h"
#include "archmlp/test_support/example_parts.h"

namespace archmlp::bundle {
namespace {

using contract::ColumnKind;
using testing::ElementsAre;
using testing::HasSubstr;

std::string error_of(std::span<const std::byte> bytes) {
  const auto bundle = Bundle::from_bytes(bytes, "m.archmlp");
  return bundle.ok() ? "accepted" : base::to_string(bundle.error());
}
std::string error_of(const test_support::ExampleParts& example) {
  return error_of(encode_bundle(example.parts));
}

TEST(Bundle, GivesBackWhatWasSaved) {
  const test_support::ExampleParts example = test_support::example_parts();
  const std::vector<std::byte> bytes = encode_bundle(example.parts);
  const auto bundle = Bundle::from_bytes(bytes, "m.archmlp");
  ASSERT_TRUE(bundle.ok()) << base::to_string(bundle.error());
  const Bundle& loaded = **bundle;
  EXPECT_EQ(contract::model_part_to_json(loaded.contract()),
            contract::model_part_to_json(example.parts.contract));
  EXPECT_EQ(loaded.model_features(), example.parts.model_features);
  EXPECT_EQ(loaded.metrics(), example.parts.metrics);
  EXPECT_EQ(loaded.lineage(), example.parts.lineage);
  EXPECT_EQ(loaded.model().to_bytes(), example.model->to_bytes());
  ASSERT_NE(loaded.plan(), nullptr);
  EXPECT_THAT(loaded.plan()->input().names(), ElementsAre("amount", "count", "kind", "flag", "name"));
  EXPECT_EQ(loaded.sha256(), base::sha256_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
  EXPECT_EQ(loaded.file_size(), bytes.size());
}

TEST(Bundle, EqualPartsGiveEqualBytes) {
  EXPECT_EQ(encode_bundle(test_support::example_parts().parts),
            encode_bundle(test_support::example_parts().parts));
}

TEST(Bundle, LoadsFromAFileInPlace) {
  const std::string path = testing::TempDir() + "/bundle_test_" + std::to_string(::getpid()) + ".archmlp";
  const test_support::ExampleParts example = test_support::example_parts();
  ASSERT_TRUE(save_bundle(example.parts, path).ok());
  const auto bundle = Bundle::load(path);
  ASSERT_TRUE(bundle.ok()) << base::to_string(bundle.error());
  EXPECT_EQ((*bundle)->sha256(), *base::sha256_of_file(path));
  const auto absent = Bundle::load(path + ".absent");
  ASSERT_FALSE(absent.ok());
  EXPECT_EQ(absent.error().code, base::ErrorCode::kNotFound);
}

TEST(Bundle, ACopyDoesNotChangeWithItsFile) {
  const std::string path = testing::TempDir() + "/bundle_copy_" + std::to_string(::getpid()) + ".archmlp";
  const test_support::ExampleParts example = test_support::example_parts();
  ASSERT_TRUE(save_bundle(example.parts, path).ok());
  const auto bundle = Bundle::load_copy(path);
  ASSERT_TRUE(bundle.ok()) << base::to_string(bundle.error());
  const std::string sha256 = *base::sha256_of_file(path);
  std::ofstream(path) << "written over the file in place";  // a mapping would end here
  EXPECT_EQ((*bundle)->sha256(), sha256);
  EXPECT_EQ((*bundle)->model().to_bytes(), example.model->to_bytes());

  const auto changed = Bundle::load_copy(path);
  ASSERT_FALSE(changed.ok());
  EXPECT_THAT(base::to_string(changed.error()), HasSubstr("not an ArchMLP model file"));
  std::ofstream(path).close();
  EXPECT_FALSE(Bundle::load_copy(path).ok());
  EXPECT_EQ(Bundle::load_copy(path + ".absent").error().code, base::ErrorCode::kNotFound);
}

TEST(Bundle, AModelOfCsvsAloneHasNoPlan) {
  const auto bundle = test_support::load_example(test_support::example_regression_parts());
  ASSERT_NE(bundle, nullptr);
  EXPECT_EQ(bundle->plan(), nullptr);
  EXPECT_TRUE(bundle->metrics().is_null());
}

TEST(Bundle, RefusesDamageAnywhere) {
  const std::vector<std::byte> bytes = encode_bundle(test_support::example_parts().parts);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::vector<std::byte> damaged = bytes;
    damaged[at] ^= std::byte{0x10};
    ASSERT_NE(error_of(damaged), "accepted") << "byte " << at;
  }
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ASSERT_NE(error_of(std::span(bytes).first(size)), "accepted") << "length " << size;
  }
}

struct WrongParts {
  std::string name;
  void (*spoil)(test_support::ExampleParts&);
  std::string expected;
};
class BundleOfWrongParts : public testing::TestWithParam<WrongParts> {};

TEST_P(BundleOfWrongParts, IsRefused) {
  test_support::ExampleParts example = test_support::example_parts();
  GetParam().spoil(example);
  EXPECT_THAT(error_of(example), HasSubstr(GetParam().expected));
  EXPECT_THAT(error_of(example), HasSubstr("m.archmlp: the model file cannot be used"));
}

INSTANTIATE_TEST_SUITE_P(
    Checks, BundleOfWrongParts,
    testing::Values(
        WrongParts{"TextFeature",
                   [](test_support::ExampleParts& e) {
                     e.parts.contract.features.columns[1].kind = ColumnKind::kText;
                   },
                   "the steps make column \"count\""},
        WrongParts{"UnsortedClasses",
                   [](test_support::ExampleParts& e) {
                     std::swap(e.parts.contract.label.classes[0], e.parts.contract.label.classes[1]);
                   },
                   "classes"},
        WrongParts{"ClassOfAnotherKind",
                   [](test_support::ExampleParts& e) { e.parts.contract.label.classes[0] = std::int64_t{1}; },
                   "classes"},
        WrongParts{"LabelAmongFeatures",
                   [](test_support::ExampleParts& e) { e.parts.contract.label.name = "count"; }, "count"},
        WrongParts{"OneClassTooMany",
                   [](test_support::ExampleParts& e) {
                     e.parts.contract.label.classes.emplace_back(std::string("zzz"));
                   },
                   "the model knows 2 classes, the contract 3"},
        WrongParts{"ForeignModelFeature",
                   [](test_support::ExampleParts& e) { e.parts.model_features[0] = "other"; },
                   "features are not those of the contract"},
        WrongParts{
            "RepeatedModelFeature",
            [](test_support::ExampleParts& e) { e.parts.model_features[0] = e.parts.model_features[1]; },
            "features are not those of the contract"},
        WrongParts{"StepsMakeOtherColumns",
                   [](test_support::ExampleParts& e) {
                     std::swap(e.parts.contract.features.columns[0], e.parts.contract.features.columns[1]);
                   },
                   "the steps make column \"total\""},
        WrongParts{"StepsMakeAnotherKind",
                   [](test_support::ExampleParts& e) {
                     e.parts.contract.features.columns[0].kind = ColumnKind::kInteger;
                   },
                   "the steps make column \"total\" (real)"},
        WrongParts{"AStepTooFew", [](test_support::ExampleParts& e) { e.parts.contract.steps.erase(5); },
                   "the steps make"},
        WrongParts{"RawColumnMissing",
                   [](test_support::ExampleParts& e) {
                     e.parts.contract.raw.columns.erase(e.parts.contract.raw.columns.begin());
                   },
                   "amount"},
        WrongParts{"NoSuchModel",
                   [](test_support::ExampleParts& e) {
                     static const test_support::ExampleParts regression =
                         test_support::example_regression_parts();
                     e.parts.model = regression.parts.model;
                   },
                   "the model is for regression"},
        WrongParts{"MetricsAreAList",
                   [](test_support::ExampleParts& e) { e.parts.metrics = nlohmann::ordered_json::array(); },
                   "section \"metrics\": it is no JSON object"}),
    [](const testing::TestParamInfo<WrongParts>& wrong) { return wrong.param.name; });

class CategoricalBundleOfWrongParts : public testing::TestWithParam<WrongParts> {};

TEST_P(CategoricalBundleOfWrongParts, IsRefused) {
  test_support::ExampleParts example = test_support::example_categorical_parts();
  EXPECT_EQ(error_of(example), "accepted");
  GetParam().spoil(example);
  EXPECT_THAT(error_of(example), HasSubstr(GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(
    Checks, CategoricalBundleOfWrongParts,
    testing::Values(
        WrongParts{"TextWithoutCategories",
                   [](test_support::ExampleParts& e) { e.parts.categories.erase("town"); },
                   "\"town\" is text, and nothing says which categories it has"},
        WrongParts{"NumberWithoutCategories",
                   [](test_support::ExampleParts& e) { e.parts.categories.erase("floor"); },
                   "the model knows 3 categories of its input \"floor\", the list has 0"},
        WrongParts{
            "ACategoryTooMany",
            [](test_support::ExampleParts& e) { e.parts.categories["town"].emplace_back(std::string("z")); },
            "the model knows 40 categories of its input \"town\", the list has 41"},
        WrongParts{"UnsortedCategories",
                   [](test_support::ExampleParts& e) {
                     std::swap(e.parts.categories["town"][0], e.parts.categories["town"][1]);
                   },
                   "not sorted"},
        WrongParts{"CategoryOfAnotherKind",
                   [](test_support::ExampleParts& e) { e.parts.categories["town"][39] = std::int64_t{1}; },
                   "cannot be the value"},
        WrongParts{"CategoryThatIsMissing",
                   [](test_support::ExampleParts& e) { e.parts.categories["floor"][0] = std::monostate(); },
                   "cannot be the value"},
        WrongParts{"CategoriesOfAStranger",
                   [](test_support::ExampleParts& e) { e.parts.categories["city"] = {std::string("a")}; },
                   "\"city\", which is no input"},
        WrongParts{"CategoriesOfANumber",
                   [](test_support::ExampleParts& e) {
                     e.parts.categories["size"] = {0.5, 1.5};
                   },
                   "the model knows 0 categories of its input \"size\", the list has 2"}),
    [](const testing::TestParamInfo<WrongParts>& wrong) { return wrong.param.name; });

TEST(Bundle, KeepsCategories) {
  const test_support::ExampleParts example = test_support::example_categorical_parts();
  const auto bundle = test_support::load_example(example);
  EXPECT_EQ(bundle->categories(), example.parts.categories);
  EXPECT_EQ(bundle->encoder().category_count(2), 40U);
  EXPECT_EQ(describe(*bundle)["categories"]["floor"], nlohmann::ordered_json({-1, 1, 2}));
  EXPECT_THAT(describe_text(*bundle), HasSubstr("town   text, may be missing, 40 categories"));
}

TEST(Bundle, NamesAMissingSection) {
  const std::vector<std::byte> bytes = encode_bundle(test_support::example_parts().parts);
  const auto sections = decode_model_file(bytes, "m.archmlp");
  ASSERT_TRUE(sections.ok());
  for (const Section& left_out : *sections) {
    std::vector<Section> others;
    for (const Section& section : *sections) {
      if (section.name != left_out.name) others.push_back(section);
    }
    EXPECT_THAT(error_of(encode_model_file(others)),
                HasSubstr("section \"" + left_out.name + "\": it is missing"));
  }
}

TEST(Bundle, SkipsSectionsThatItDoesNotKnow) {
  const std::vector<std::byte> bytes = encode_bundle(test_support::example_parts().parts);
  auto sections = decode_model_file(bytes, "m.archmlp");
  ASSERT_TRUE(sections.ok());
  const std::string note = "from a later program";
  sections->push_back({"background", std::as_bytes(std::span(note))});
  EXPECT_EQ(error_of(encode_model_file(*sections)), "accepted");
}

/// The categorical example with a distribution of 4 rows and a canary of 2.
test_support::ExampleParts example_with_references() {
  test_support::ExampleParts example = test_support::example_categorical_parts();
  const auto encoder = FeatureEncoder::make(example.parts.contract.features, example.parts.model_features,
                                            example.parts.categories);
  InputDistribution town{.marks = {}, .counts = std::vector<std::uint64_t>(22)};
  for (int i = 0; i < 20; ++i) town.marks.push_back(static_cast<float>(2 * i));
  town.counts[0] = town.counts[19] = town.counts[20] = town.counts[21] = 1;
  example.parts.reference = ReferenceDistribution::make(*encoder, 4,
                                                        {{.marks = {0, 1, 2}, .counts = {2, 1, 0, 1}},
                                                         {.marks = {50.25F}, .counts = {1, 2, 1}},
                                                         std::move(town)})
                                .value();
  example.parts.canary = Canary::of(*example.model, {0, 10, 3, 2, 99.5F, 38}).value();
  return example;
}

TEST(Bundle, KeepsReferenceAndCanary) {
  const test_support::ExampleParts example = example_with_references();
  const auto bundle = test_support::load_example(example);
  ASSERT_NE(bundle->reference(), nullptr);
  EXPECT_EQ(bundle->reference()->to_bytes(), example.parts.reference->to_bytes());
  ASSERT_NE(bundle->canary(), nullptr);
  EXPECT_EQ(bundle->canary()->to_bytes(), example.parts.canary->to_bytes());
  EXPECT_TRUE(bundle->check_canary().ok());

  const nlohmann::ordered_json json = describe(*bundle);
  EXPECT_EQ(json["canary"], nlohmann::ordered_json({{"row_count", 2}}));
  EXPECT_EQ(json["reference"]["row_count"], 4);
  const nlohmann::ordered_json& inputs = json["reference"]["inputs"];
  EXPECT_EQ(inputs[0].dump(),
            R"({"name":"floor","categories":[-1,1,2],"shares":[0.5,0.25,0.0],"missing":0.25})");
  EXPECT_EQ(inputs[1].dump(), R"({"name":"size","edges":[50.25],"shares":[0.25,0.5],"missing":0.25})");
  EXPECT_EQ(inputs[2]["categories"][19], "t38");
  EXPECT_EQ(inputs[2]["shares"].size(), 20U);
  EXPECT_EQ(inputs[2]["other"], 0.25);
  EXPECT_THAT(describe_text(*bundle), HasSubstr("reference  distribution of 4 training rows"));
  EXPECT_THAT(describe_text(*bundle), HasSubstr("canary     2 rows"));
}

TEST(Bundle, OfAnEarlierProgramHasNeitherReferenceNorCanary) {
  const auto bundle = test_support::load_example(test_support::example_categorical_parts());
  EXPECT_EQ(bundle->reference(), nullptr);
  EXPECT_EQ(bundle->canary(), nullptr);
  EXPECT_TRUE(bundle->check_canary().ok());
  EXPECT_TRUE(describe(*bundle)["reference"].is_null());
  EXPECT_THAT(describe_text(*bundle), testing::Not(HasSubstr("reference")));
}

TEST(Bundle, RefusesADamagedReferenceOrCanary) {
  const std::vector<std::byte> bytes = encode_bundle(example_with_references().parts);
  const auto sections = decode_model_file(bytes, "m.archmlp");
  ASSERT_TRUE(sections.ok());
  for (const std::string name : {"reference", "canary"}) {
    std::vector<Section> changed = *sections;
    for (Section& section : changed) {
      if (section.name == name) section.bytes = section.bytes.first(section.bytes.size() - 8);
    }
    EXPECT_THAT(error_of(encode_model_file(changed)),
                HasSubstr("m.archmlp: the model file cannot be used: section \"" + name + "\": " + name +
                          " section"));
  }
}

TEST(Bundle, IsNotSavedWithACanaryOfAnotherModel) {
  test_support::ExampleParts example = example_with_references();
  std::vector<std::byte> canary = example.parts.canary->to_bytes();
  canary[16] ^= std::byte{1};  // the last bit of the first output
  example.parts.canary = Canary::from_bytes(*example.model, canary).value();
  const std::string path = testing::TempDir() + "/bundle_canary_" + std::to_string(::getpid()) + ".archmlp";
  const auto saved = save_bundle(example.parts, path);
  ASSERT_FALSE(saved.ok());
  EXPECT_THAT(base::to_string(saved.error()), HasSubstr("canary row 1: the model does not predict"));
  EXPECT_FALSE(std::ifstream(path).good());
  EXPECT_FALSE(test_support::load_example(example)->check_canary().ok());
}

TEST(Bundle, DescribesItself) {
  const auto bundle = test_support::load_example(test_support::example_parts());
  ASSERT_NE(bundle, nullptr);
  const nlohmann::ordered_json json = describe(*bundle);
  EXPECT_EQ(json["sha256"], bundle->sha256());
  EXPECT_EQ(json["task"], "classification");
  EXPECT_EQ(json["label"]["classes"], nlohmann::ordered_json({"no", "yes"}));
  EXPECT_EQ(json["ignored"], nlohmann::ordered_json::array({"name"}));
  EXPECT_EQ(json["model"]["kind"], "random_forest");
  EXPECT_EQ(json["lineage"], bundle->lineage());
  const std::string text = describe_text(*bundle);
  EXPECT_THAT(text, HasSubstr("classes  no, yes"));
  EXPECT_THAT(text, HasSubstr("name    text, not used"));
}

}  // namespace
}  // namespace archmlp::bundle
