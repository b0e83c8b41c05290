#include "archmlp/serve/model_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "archmlp/test_support/example_parts.h"

namespace archmlp::serve {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A folder of models, and a store of it.
class ModelStoreTest : public testing::Test {
 protected:
  ModelStoreTest()
      : folder_(testing::TempDir() + "/model_store_" + std::to_string(::getpid()) + "_" + info()) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ / "m");
  }
  ~ModelStoreTest() override { std::filesystem::remove_all(folder_); }

  static std::string info() { return testing::UnitTest::GetInstance()->current_test_info()->name(); }

  void write(const std::string& file, const test_support::ExampleParts& example) const {
    ASSERT_TRUE(bundle::save_bundle(example.parts, folder_ / file).ok());
  }
  void write_damaged(const std::string& file) const { std::ofstream(folder_ / file) << "no model"; }
  void open() {
    auto opened = ModelStore::open({.file = {}, .folder = folder_, .name = {}}, 1,
                                   [this](bool, const std::string& line) { log_ += line + "\n"; });
    ASSERT_TRUE(opened.ok()) << base::to_string(opened.error());
    store_ = std::move(opened).value();
  }
  std::vector<std::string> served() const {
    std::vector<std::string> labels;
    const std::shared_ptr<const ModelSet> set = store_->current();
    for (const NamedModel& model : set->models())
      for (const auto& version : model.versions) labels.push_back(version->label);
    return labels;
  }

  std::filesystem::path folder_;
  std::unique_ptr<ModelStore> store_;
  std::string log_;
};

TEST_F(ModelStoreTest, ADamagedVersionIsNotServed) {
  write("m/1.archmlp", test_support::example_parts());
  open();
  write_damaged("m/2.archmlp");
  const ModelStore::ReloadReport report = store_->reload();
  ASSERT_EQ(report.errors.size(), 1U);
  EXPECT_THAT(served(), ElementsAre("m/1"));
  EXPECT_THAT(log_, HasSubstr("not serving m/2"));
  EXPECT_EQ(store_->swap_counts().at("m").refused, 1U);
  EXPECT_THAT(store_->reload().errors, IsEmpty()) << "it is not tried again";
}

TEST_F(ModelStoreTest, TheLastGoodVersionStaysThoughItsFileIsGone) {
  write("m/1.archmlp", test_support::example_parts());
  open();
  std::filesystem::remove(folder_ / "m/1.archmlp");
  write_damaged("m/2.archmlp");
  EXPECT_THAT(store_->reload().removed, IsEmpty());
  EXPECT_THAT(served(), ElementsAre("m/1"));
  EXPECT_THAT(store_->reload().removed, IsEmpty()) << "nor the second time";
  write("m/2.archmlp", test_support::example_parts());
  EXPECT_THAT(store_->reload().removed, ElementsAre("m/1"));
  EXPECT_THAT(served(), ElementsAre("m/2"));
}

TEST_F(ModelStoreTest, WithoutAnyFileAModelGoes) {
  write("m/1.archmlp", test_support::example_parts());
  open();
  std::filesystem::remove(folder_ / "m/1.archmlp");
  EXPECT_THAT(store_->reload().removed, ElementsAre("m/1"));
  EXPECT_THAT(served(), IsEmpty());
}

TEST_F(ModelStoreTest, AnotherContractIsNotServedUntilTheOldOneIsUnloaded) {
  write("m/1.archmlp", test_support::example_parts());
  open();
  for (const std::string file : {"m/1.archmlp", "m/2.archmlp"}) {
    write(file, test_support::example_regression_parts());
    const ModelStore::ReloadReport report = store_->reload();
    ASSERT_EQ(report.errors.size(), 1U) << file;
    EXPECT_THAT(report.errors[0].message, HasSubstr("its contract is not that of the model that is served"));
    EXPECT_THAT(report.errors[0].where, HasSubstr(file));
    EXPECT_THAT(served(), ElementsAre("m/1"));
  }
  write("other.archmlp", test_support::example_regression_parts());
  EXPECT_THAT(store_->reload().loaded, ElementsAre("other/1")) << "another name has a contract of its own";
  ASSERT_TRUE(store_->unload("m").ok());
  ASSERT_TRUE(store_->load("m").ok());
  EXPECT_THAT(served(), ElementsAre("m/1", "m/2", "other/1"));
}

}  // namespace
}  // namespace archmlp::serve
