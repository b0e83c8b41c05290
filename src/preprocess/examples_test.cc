#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "archmlp/preprocess/preprocess_stage.h"
#include "archmlp/test_support/shared_data.h"

namespace archmlp::preprocess {
namespace {

namespace fs = std::filesystem;

fs::path source_folder() { return ARCHMLP_SOURCE_DIR; }

TEST(Examples, AreRecipes) {
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(source_folder() / "examples")) {
    if (entry.path().extension() != ".yaml") continue;
    ++count;
    const auto recipe = contract::read_recipe(entry.path());
    EXPECT_TRUE(recipe.ok()) << base::to_string(recipe.error());
  }
  EXPECT_GE(count, 8U);
}

struct Example {
  std::string recipe;
  std::string data;  // in the folder of shared data
  std::size_t train_rows;
  std::size_t test_rows;
  std::size_t features;
};

class ExampleTest : public ::testing::TestWithParam<Example> {};

TEST_P(ExampleTest, PreparesItsData) {
  const fs::path data = test_support::shared_folder() / "data" / GetParam().data;
  if (!fs::exists(data)) GTEST_SKIP() << data << " is not there";
  const fs::path out = fs::path(::testing::TempDir()) /
                       ("archmlp_example_" + std::to_string(::getpid()) + "_" + GetParam().recipe);
  auto recipe = contract::read_recipe(source_folder() / "examples" / (GetParam().recipe + ".yaml"));
  ASSERT_TRUE(recipe.ok());
  PreprocessOptions options{.recipe = *std::move(recipe), .data = {data}, .out = out};
  options.recipe.folder = data.parent_path();  // where a test file lies
  const auto report = run_preprocess_stage(options);
  fs::remove_all(out);
  ASSERT_TRUE(report.ok()) << base::to_string(report.error());
  EXPECT_EQ(report->contract.files.at("x_train.csv").row_count, GetParam().train_rows);
  EXPECT_EQ(report->contract.files.at("x_test.csv").row_count, GetParam().test_rows);
  EXPECT_EQ(report->contract.features.columns.size(), GetParam().features);
}

// Row counts: the data's, split as scikit-learn does. Features: columns kept, made and encoded, as pandas
// counts them.
INSTANTIATE_TEST_SUITE_P(Shared, ExampleTest,
                         ::testing::Values(Example{"fraud", "kaggle_paysim_sample.csv", 3643, 1562, 9},
                                           Example{"fraud_paper", "kaggle_paysim_sample.csv", 3643, 1562, 8},
                                           Example{"adult", "tables/adult_train.csv", 22792, 9769, 105},
                                           Example{"california_housing", "tables/california_housing.csv",
                                                   14448, 6192, 13},
                                           Example{"penguins", "tables/penguins.csv", 240, 104, 10},
                                           Example{"telco_churn", "tables/telco_churn.csv", 4930, 2113, 45},
                                           Example{"abalone", "tables/abalone.csv", 2923, 1254, 10}),
                         [](const auto& example) { return example.param.recipe; });

}  // namespace
}  // namespace archmlp::preprocess
