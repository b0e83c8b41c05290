#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "archmlp/preprocess/preprocess_stage.h"

namespace archmlp::preprocess {

/// Runs the stage in a folder of its own.
class PreprocessStageTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              ("archmlp_preprocess_" + std::to_string(::getpid()) + "_" +
               ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }
  std::string read(const std::string& name) const {
    std::ifstream file(folder_ / name);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  std::vector<std::string> lines(const std::string& name) const {
    std::istringstream text(read(name));
    std::vector<std::string> result;
    for (std::string line; std::getline(text, line);) result.push_back(line);
    return result;
  }

  PreprocessOptions options(const std::string& recipe) const {
    PreprocessOptions result;
    auto parsed = contract::parse_recipe(recipe, "recipe.yaml");
    EXPECT_TRUE(parsed.ok()) << base::to_string(parsed.error());
    if (parsed.ok()) result.recipe = *std::move(parsed);
    result.recipe.folder = folder_;
    result.data = {folder_ / "data.csv"};
    result.out = folder_ / "prepared";
    return result;
  }
  PreprocessReport run(const std::string& recipe) const {
    auto report = run_preprocess_stage(options(recipe));
    EXPECT_TRUE(report.ok()) << base::to_string(report.error());
    return report.ok() ? *std::move(report) : PreprocessReport{};
  }
  /// Nothing may be published where something is wrong.
  std::string problem(const std::string& recipe) const {
    const auto report = run_preprocess_stage(options(recipe));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "prepared"));
    return report.ok() ? "accepted" : base::to_string(report.error());
  }

  std::filesystem::path folder_;
};

// Sorted by time, the last three rows are the test rows of a time split.
inline constexpr const char* kPeople =
    "time,city,age,wage,id,y\n"
    "1,Rome,30,1.5,a,no\n"
    "2,Oslo,,2.5,b,yes\n"
    "3,Rome,50,,c,no\n"
    "4,Oslo,20,4.5,d,yes\n"
    "5,Rome,40,9.5,e,no\n"
    "6,Oslo,20,2.0,f,yes\n"
    "7,Bern,,1.0,g,no\n"
    "8,Oslo,99,7.0,h,yes\n"
    "9,Rome,10,,i,no\n";
inline constexpr const char* kTimeSplit = "split: {time_column: time, test_size: 0.33}\n";

}  // namespace archmlp::preprocess
