#include "archmlp/serve/model_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>

#include "archmlp/serve/service.h"
#include "archmlp/test_support/example_parts.h"

namespace archmlp::serve {
namespace {

using test_support::ExampleParts;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr http::Request kGoodRequest = {.method = "POST",
                                        .target = "/predict",
                                        .content_type = "application/json",
                                        .accept = {},
                                        .body = R"({"amount": 10.5, "count": 3, "kind": "a", "flag": true})"};

class ModelStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              (std::string("models_") + testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  /// `seed` makes files differ that predict the same.
  void put(const std::string& path, std::uint64_t seed = 0,
           const std::function<void(ExampleParts&)>& change = nullptr) const {
    ExampleParts example = test_support::example_parts();
    example.parts.contract.seed = seed;
    if (change) change(example);
    std::filesystem::create_directories((folder_ / path).parent_path());
    const auto saved = bundle::save_bundle(example.parts, folder_ / path);
    ASSERT_TRUE(saved.ok()) << base::to_string(saved.error());
  }
  void put_text(const std::string& path, const std::string& text) const {
    std::ofstream(folder_ / path, std::ios::binary) << text;
  }
  std::string read(const std::string& path) const {
    std::ostringstream text;
    text << std::ifstream(folder_ / path, std::ios::binary).rdbuf();
    return text.str();
  }

  std::unique_ptr<ModelStore> open() {
    auto store = ModelStore::open(
        {.file = {}, .folder = folder_, .name = {}}, 2,
        [this](bool is_error, const std::string& line) { (is_error ? errors_ : events_) += line + "\n"; });
    EXPECT_TRUE(store.ok()) << (store.ok() ? "" : base::to_string(store.error()));
    return std::move(store).value();
  }
  static std::vector<std::string> served(const ModelStore& store) {
    std::vector<std::string> labels;
    const auto set = store.current();
    for (const NamedModel& named : set->models())
      for (const auto& model : named.versions) labels.push_back(model->label);
    return labels;
  }
  static const ServedModel& first(const std::shared_ptr<const ModelSet>& set) {
    return *set->models().front().versions.front();
  }

  std::filesystem::path folder_;
  std::string events_, errors_;
};

TEST_F(ModelStoreTest, ServesWhatStandsInTheFolder) {
  put("fraud.archmlp");
  put("churn/2.archmlp");
  put("churn/10.archmlp");
  put_text("notes.txt", "no model");
  std::filesystem::create_directories(folder_ / ".hidden");
  put_text("churn/.2.archmlp.tmp", "half");
  const auto store = open();
  EXPECT_THAT(served(*store), ElementsAre("churn/2", "churn/10", "fraud/1"));
  EXPECT_EQ(store->current()->find("churn")->choose(0)->version, "10");
  EXPECT_THAT(events_, HasSubstr("serving churn/10"));
}

TEST_F(ModelStoreTest, FilesThatCannotBeModelsByTheirNameAreToldOnce) {
  const auto told = [this](const std::string& path) {
    const std::string line = "not serving " + (folder_ / path).string() + ": ";
    std::size_t count = 0;
    for (std::size_t at = errors_.find(line); at != std::string::npos; at = errors_.find(line, at + 1))
      ++count;
    return count;
  };
  put("good.archmlp");
  put("my model.archmlp");
  put("m/2 (copy).archmlp");
  put("old models/1.archmlp");
  put(".half.archmlp");
  put("m/.3.archmlp");
  put_text("old models/notes.txt", "no model");
  std::filesystem::create_symlink(folder_ / "nowhere", folder_ / "gone.archmlp");
  const auto store = open();
  EXPECT_THAT(served(*store), ElementsAre("good/1"));
  for (const char* path : {"my model.archmlp", "m/2 (copy).archmlp", "old models/1.archmlp", "gone.archmlp"})
    EXPECT_EQ(told(path), 1U) << path << "\n" << errors_;
  EXPECT_THAT(errors_, HasSubstr("letters, digits"));
  EXPECT_THAT(errors_, HasSubstr("leads nowhere"));
  EXPECT_THAT(errors_, testing::Not(HasSubstr(".half"))) << "hidden";
  EXPECT_THAT(errors_, testing::Not(HasSubstr(".3.archmlp")));

  EXPECT_FALSE(store->has_changed());
  EXPECT_THAT(store->reload().errors, IsEmpty());
  store->take_changes();
  EXPECT_EQ(told("my model.archmlp"), 1U) << "not at each look";
  put("naïve.archmlp");
  EXPECT_TRUE(store->has_changed());
  store->take_changes();
  EXPECT_EQ(told("naïve.archmlp"), 1U);
  EXPECT_EQ(told("my model.archmlp"), 1U);
  std::filesystem::remove(folder_ / "my model.archmlp");
  store->reload();
  put("my model.archmlp");
  store->reload();
  EXPECT_EQ(told("my model.archmlp"), 2U) << "it is another one";
}

TEST_F(ModelStoreTest, AnEmptyFolderIsAllowedAndAMissingOneIsNot) {
  EXPECT_THAT(served(*open()), IsEmpty());
  std::filesystem::remove_all(folder_);
  const auto store = ModelStore::open({.file = {}, .folder = folder_, .name = {}}, 1, nullptr);
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().code, base::ErrorCode::kNotFound);
  EXPECT_THAT(store.error().hint, HasSubstr("--models"));
}

TEST_F(ModelStoreTest, AtTheStartWhatIsGoodServes) {
  put("good.archmlp");
  put_text("bad.archmlp", "\x80\x04.");
  EXPECT_THAT(served(*open()), ElementsAre("good/1"));
  EXPECT_THAT(errors_, HasSubstr("bad.archmlp"));
  std::filesystem::remove(folder_ / "good.archmlp");
  const auto store = ModelStore::open({.file = {}, .folder = folder_, .name = {}}, 1, nullptr);
  ASSERT_FALSE(store.ok()) << "nothing can be served";
  EXPECT_THAT(base::to_string(store.error()), HasSubstr("bad.archmlp"));
}

TEST_F(ModelStoreTest, AtTheStartVersionsMustSuitTheOnesBelow) {
  put("m/1.archmlp", 1);
  put("m/2.archmlp", 2, [](ExampleParts& example) { example = test_support::example_regression_parts(); });
  put("m/10.archmlp", 3);
  EXPECT_THAT(served(*open()), ElementsAre("m/1", "m/10"));
  EXPECT_THAT(errors_, HasSubstr("it predicts \"price\""));
}

TEST_F(ModelStoreTest, OneFileAVersion) {
  put("m.archmlp", 1);
  put("m/1.archmlp", 2);
  const auto store = open();
  EXPECT_THAT(served(*store), ElementsAre("m/1"));
  EXPECT_THAT(errors_, HasSubstr("another file is version 1 of m already"));
  EXPECT_THAT(store->reload().loaded, IsEmpty()) << "and it stays the same one";
}

TEST_F(ModelStoreTest, AFileThatSaysItIsShorterThanItIsTakesNoMemory) {
  put("m.archmlp");
  const auto store = open();
  std::filesystem::resize_file(folder_ / "m.archmlp", std::uintmax_t{1} << 40U);  // with a hole in it
  const auto report = store->reload();
  ASSERT_EQ(report.errors.size(), 1U);
  EXPECT_THAT(base::to_string(report.errors.front()), HasSubstr("follow behind its end"));
  EXPECT_THAT(served(*store), ElementsAre("m/1"));
}

TEST_F(ModelStoreTest, TakesUpNewChangedAndRemovedFiles) {
  put("m.archmlp", 1);
  const auto store = open();
  const std::uint64_t generation = store->generation();
  EXPECT_FALSE(store->has_changed());
  EXPECT_THAT(store->reload().loaded, IsEmpty());
  EXPECT_EQ(store->generation(), generation) << "nothing changed, nothing is swapped";
  const std::string before = first(store->current()).predictor->bundle().sha256();

  put("m.archmlp", 2);
  put("n/1.archmlp", 3);
  EXPECT_TRUE(store->has_changed());
  EXPECT_THAT(store->reload().loaded, ElementsAre("m/1", "n/1"));
  EXPECT_FALSE(store->has_changed());
  EXPECT_NE(first(store->current()).predictor->bundle().sha256(), before);
  EXPECT_GT(store->generation(), generation);

  std::filesystem::remove_all(folder_ / "n");
  EXPECT_THAT(store->reload().removed, ElementsAre("n/1"));
  EXPECT_THAT(served(*store), ElementsAre("m/1"));
}

TEST_F(ModelStoreTest, ADamagedFileLeavesTheOneThatServes) {
  put("m.archmlp");
  const auto store = open();
  const auto serving = store->current();
  std::string bytes = read("m.archmlp");
  for (const std::size_t size : {std::size_t{0}, std::size_t{100}, bytes.size() - 1}) {
    put_text("m.archmlp", bytes.substr(0, size));
    const auto report = store->reload();
    ASSERT_EQ(report.errors.size(), 1U) << size;
    EXPECT_THAT(base::to_string(report.errors.front()), HasSubstr("m.archmlp"));
    EXPECT_EQ(store->current(), serving);
  }
  bytes[bytes.size() / 2] ^= 1;
  put_text("m.archmlp", bytes);
  EXPECT_EQ(store->reload().errors.size(), 1U);
  EXPECT_EQ(store->current(), serving);
  EXPECT_THAT(errors_, HasSubstr("the one before goes on serving"));
  EXPECT_EQ(store->swap_counts().at("m").refused, 4U);
  EXPECT_EQ(store->swap_counts().at("m").loaded, 1U);

  const std::string lines = errors_;
  EXPECT_THAT(store->take_changes().errors, IsEmpty()) << "the same file is not tried again by itself";
  EXPECT_EQ(errors_, lines);
  EXPECT_EQ(store->reload().errors.size(), 1U) << "but when somebody asks";
  put("m.archmlp", 5);
  EXPECT_THAT(store->reload().loaded, ElementsAre("m/1"));
}

TEST_F(ModelStoreTest, TheLastGoodVersionStaysThoughItsFileIsGone) {
  put("m/1.archmlp");
  const auto store = open();
  std::filesystem::remove(folder_ / "m/1.archmlp");
  put_text("m/2.archmlp", "no model");
  for (int round = 0; round < 2; ++round) {
    EXPECT_THAT(store->reload().removed, IsEmpty());
    EXPECT_THAT(served(*store), ElementsAre("m/1"));
  }
  put("m/2.archmlp");
  EXPECT_THAT(store->reload().removed, ElementsAre("m/1"));
  EXPECT_THAT(served(*store), ElementsAre("m/2"));
  std::filesystem::remove(folder_ / "m/2.archmlp");
  EXPECT_THAT(store->reload().removed, ElementsAre("m/2")) << "nothing is refused: it was meant to go";
}

TEST_F(ModelStoreTest, AModelWithAnotherContractDoesNotTakeThePlace) {
  put("m.archmlp");
  const auto store = open();
  const auto serving = store->current();
  const auto expect_refused = [&](const std::string& why, const std::function<void(ExampleParts&)>& change) {
    put("m.archmlp", 9, change);
    const auto report = store->reload();
    ASSERT_EQ(report.errors.size(), 1U) << why;
    EXPECT_EQ(report.errors.front().code, base::ErrorCode::kContractBroken);
    EXPECT_THAT(base::to_string(report.errors.front()), HasSubstr(why));
    EXPECT_EQ(store->current(), serving);
  };
  expect_refused("other classes", [](ExampleParts& example) {
    example.parts.contract.label.classes = {std::string("never"), std::string("yes")};
  });
  expect_refused("may no longer be missing",
                 [](ExampleParts& example) { example.parts.contract.raw.columns[3].nullable = false; });
  expect_refused("another kind of value", [](ExampleParts& example) {
    example.parts.contract.raw.columns[5].kind = contract::ColumnKind::kBoolean;
    example.parts.contract.label.kind = contract::ColumnKind::kBoolean;
    example.parts.contract.label.classes = {false, true};
  });
  expect_refused("it predicts \"price\"",
                 [](ExampleParts& example) { example = test_support::example_regression_parts(); });
  // The way out: the name is given up first.
  ASSERT_TRUE(store->unload("m").ok());
  EXPECT_THAT(served(*store), IsEmpty());
  ASSERT_TRUE(store->load("m").ok());
  EXPECT_THAT(served(*store), ElementsAre("m/1"));
}

TEST_F(ModelStoreTest, AModelThatPredictsItsOwnRowsOtherwiseIsRefused) {
  put("m.archmlp");
  const auto store = open();
  const auto serving = store->current();
  ExampleParts example = test_support::example_parts();
  const std::vector<float> row(example.model->feature_count(), 1.0F);
  const bundle::Canary honest = bundle::Canary::of(*example.model, row).value();
  // The last bit of the first output, which stands behind the header, is another one now.
  std::vector<std::byte> section = honest.to_bytes();
  section[16] ^= std::byte{1};
  std::vector<std::uint64_t> aligned(section.size() / 8 + 1);
  std::memcpy(aligned.data(), section.data(), section.size());
  example.parts.canary =
      bundle::Canary::from_bytes(*example.model, std::as_bytes(std::span(aligned)).first(section.size()))
          .value();
  const std::vector<std::byte> bytes = bundle::encode_bundle(example.parts);
  put_text("m.archmlp", {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  const auto report = store->reload();
  ASSERT_EQ(report.errors.size(), 1U);
  EXPECT_THAT(base::to_string(report.errors.front()), HasSubstr("row 1"));
  EXPECT_EQ(store->current(), serving);
}

TEST_F(ModelStoreTest, LoadAndUnload) {
  put("a.archmlp");
  put("b.archmlp");
  const auto store = open();
  ASSERT_TRUE(store->unload("a").ok());
  EXPECT_THAT(served(*store), ElementsAre("b/1"));
  EXPECT_THAT(store->reload().loaded, IsEmpty()) << "until it is loaded again";
  const auto index = store->index();
  ASSERT_EQ(index.size(), 2U);
  EXPECT_TRUE(index[0].is_served);
  EXPECT_EQ(index[1].name, "a");
  EXPECT_EQ(index[1].reason, "unloaded");
  EXPECT_EQ(store->unload("a").error().code, base::ErrorCode::kNotFound);
  ASSERT_TRUE(store->load("a").ok());
  EXPECT_THAT(served(*store), ElementsAre("a/1", "b/1"));
  EXPECT_THAT(base::to_string(store->load("c").error()), HasSubstr("\"a\""));
  put_text("d.archmlp", "nothing");
  EXPECT_THAT(base::to_string(store->load("d").error()), HasSubstr("d.archmlp"));
}

TEST_F(ModelStoreTest, WhatIsNoLongerServedLeavesMemoryWithoutARequest) {
  put("m/1.archmlp", 1);
  put("m/2.archmlp", 2);
  const auto store = open();
  ASSERT_TRUE(store->set_traffic("m", {.split = {{"1", 100}}, .shadow = {{"2", 100}}}).ok());
  Service service(*store, 2);
  const auto handler = service.make_handler(0);
  const auto weak = [&store](const char* version) {
    return std::weak_ptr<const predict::Predictor>((*store->current()->find("m")->find(version))->predictor);
  };
  const auto answered = weak("1");
  const auto in_shadow = weak("2");
  http::Response response;
  handler->handle(kGoodRequest, response);
  ASSERT_EQ(response.status, 200) << response.body;
  const auto until = [](const auto& holds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!holds() && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return holds();
  };
  ASSERT_TRUE(
      until([&] { return (*store->current()->find("m")->find("2"))->metrics->totals().agreements == 1; }));
  ASSERT_TRUE(store->unload("m").ok());
  EXPECT_FALSE(answered.expired()) << "the handler has it yet";
  handler->on_tick();
  EXPECT_TRUE(until([&] { return answered.expired(); }));
  EXPECT_TRUE(until([&] { return in_shadow.expired(); })) << "the queue of shadows lets go by itself";
}

TEST_F(ModelStoreTest, ASplitOutlivesReloadsAndEndsWithItsVersion) {
  put("m/1.archmlp", 1);
  put("m/2.archmlp", 2);
  const auto store = open();
  ASSERT_TRUE(store->set_traffic("m", {.split = {{"1", 50}, {"2", 50}}, .shadow = {}}).ok());
  EXPECT_EQ(store->current()->find("m")->choose(10)->version, "1");
  put("m/2.archmlp", 3);
  store->reload();
  EXPECT_EQ(store->current()->find("m")->choose(10)->version, "1");
  std::filesystem::remove(folder_ / "m/1.archmlp");
  store->reload();
  EXPECT_EQ(store->current()->find("m")->choose(10)->version, "2");
  EXPECT_THAT(errors_, HasSubstr("no"));
  EXPECT_FALSE(store->set_traffic("m", {.split = {{"7", 100}}, .shadow = {}}).ok());
  EXPECT_EQ(store->set_traffic("x", {}).error().code, base::ErrorCode::kNotFound);
}

TEST_F(ModelStoreTest, SwapsWhileOthersPredictAndCount) {
  put("m.archmlp");
  const auto store = open();
  Service service(*store, 2);
  std::atomic<bool> ends = false;
  std::atomic<int> answered = 0;
  std::atomic<int> failed = 0;
  std::thread client([&] {
    const auto handler = service.make_handler(0);
    http::Response response;
    while (!ends) {
      response.clear();
      handler->handle(kGoodRequest, response);
      ++(response.status == 200 ? answered : failed);
    }
  });
  std::thread scraper([&] {
    while (!ends) {
      if (service.metrics().find("archmlp_model_rows_total") == std::string::npos) ++failed;
    }
  });
  for (std::uint64_t round = 1; round <= 20; ++round) {
    put("m.archmlp", round);
    EXPECT_THAT(store->reload().loaded, ElementsAre("m/1"));
  }
  while (answered < 100) std::this_thread::yield();
  ends = true;
  client.join();
  scraper.join();
  EXPECT_EQ(failed, 0);
}

}  // namespace
}  // namespace archmlp::serve
