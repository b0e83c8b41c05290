#include "archmlp/serve/model_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archmlp/test_support/example_parts.h"

namespace archmlp::serve {
namespace {

using testing::HasSubstr;

std::shared_ptr<const ServedModel> served(const std::string& name, const std::string& version) {
  static const auto kPredictor =
      std::make_shared<const predict::Predictor>(test_support::load_example(test_support::example_parts()));
  return make_served_model(name, version, kPredictor, 1);
}

NamedModel with_versions(const std::vector<std::string>& versions) {
  NamedModel model{.name = "m", .versions = {}, .split = {}, .shadow = {}};
  for (const std::string& version : versions) model.versions.push_back(served("m", version));
  EXPECT_TRUE(set_traffic(model, {}).ok());
  return model;
}

TEST(Versions, NumbersStandInTheirOrder) {
  EXPECT_TRUE(version_less("2", "10"));
  EXPECT_FALSE(version_less("10", "2"));
  EXPECT_TRUE(version_less("9", "010"));
  EXPECT_FALSE(version_less("1", "1"));
  EXPECT_TRUE(version_less("01", "1") != version_less("1", "01")) << "an order even of equal numbers";
  EXPECT_TRUE(version_less("beta", "1"));
  EXPECT_TRUE(version_less("a", "b"));
  EXPECT_TRUE(version_less("99999999999999999999", "100000000000000000000")) << "beyond 64 bits";
}

TEST(NamedModel, TheHighestVersionAnswersByDefault) {
  const NamedModel model = with_versions({"1", "2", "10"});
  for (const double draw : {0.0, 50.0, 99.999}) EXPECT_EQ(model.choose(draw)->version, "10");
  EXPECT_EQ((*model.find("2"))->label, "m/2");
  EXPECT_EQ(model.find("3"), nullptr);
}

TEST(NamedModel, SplitsByPerCent) {
  NamedModel model = with_versions({"1", "2"});
  ASSERT_TRUE(set_traffic(model, {.split = {{"1", 90}, {"2", 10}}, .shadow = {}}).ok());
  int second = 0;
  for (int i = 0; i < 1000; ++i) second += model.choose(i * 0.1)->version == "2" ? 1 : 0;
  EXPECT_EQ(second, 100);
  EXPECT_EQ(model.choose(99.999999)->version, "2");
}

TEST(NamedModel, RefusesAWrongSplit) {
  NamedModel model = with_versions({"1", "2"});
  const base::Status sum = set_traffic(model, {.split = {{"1", 90}, {"2", 20}}, .shadow = {}});
  EXPECT_THAT(sum.error().message, HasSubstr("110"));
  const base::Status unknown = set_traffic(model, {.split = {{"3", 100}}, .shadow = {}});
  EXPECT_THAT(unknown.error().message, HasSubstr("no version \"3\""));
  EXPECT_FALSE(set_traffic(model, {.split = {{"1", 150}, {"2", -50}}, .shadow = {}}).ok());
  EXPECT_FALSE(set_traffic(model, {.split = {}, .shadow = {{"2", 101}}}).ok());
  EXPECT_EQ(model.choose(0)->version, "2") << "what was before goes on";
  EXPECT_TRUE(set_traffic(model, {.split = {}, .shadow = {{"1", 100}}}).ok());
  EXPECT_EQ(model.shadow.front().model->version, "1");
}

TEST(ModelSet, FindsByNameAndKnowsItsDefault) {
  NamedModel a = with_versions({"1"});
  NamedModel b = with_versions({"1"});
  b.name = "default";
  NamedModel c = with_versions({"1"});
  c.name = "c";
  EXPECT_EQ(ModelSet({a}).default_model()->name, "m");
  EXPECT_EQ(ModelSet({a, c}).default_model(), nullptr);
  EXPECT_EQ(ModelSet({a, b, c}).default_model()->name, "default");
  EXPECT_EQ(ModelSet({a, c}).find("c")->name, "c");
  EXPECT_EQ(ModelSet({a, c}).find("d"), nullptr);
  EXPECT_EQ(ModelSet().default_model(), nullptr);
}

}  // namespace
}  // namespace archmlp::serve
