// Forests as they have always been: bytes and predictions. Who changes the format, the random draws or the
// search for cuts on purpose writes down the new ones; nobody changes them unawares.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <ostream>
#include <string>

#include "archmlp/base/hash.h"
#include "archmlp/base/text.h"
#include "archmlp/train/forest_trainer.h"
#include "archmlp/train/test_data.h"
#include "archmlp/train/test_forests.h"

namespace archmlp::train {
namespace {

using contract::ForestParams;

constexpr std::size_t kRows = 600;
constexpr std::uint32_t kFewCategories = 7;
constexpr std::uint32_t kManyCategories = 400;  // more than bins: those with the fewest rows share one

/// Two numbers, one of them with gaps, then few and many categories; all of them matter.
TestData mixed_data(std::size_t class_count, std::uint64_t seed) {
  base::Rng rng({seed, class_count});
  TestData data{.cols = 4};
  data.labels.task = class_count == 0 ? contract::Task::kRegression : contract::Task::kClassification;
  for (std::size_t k = 0; k < class_count; ++k)
    data.labels.classes.emplace_back(static_cast<std::int64_t>(k));
  for (std::size_t row = 0; row < kRows; ++row) {
    const double a = static_cast<double>(rng.below(1000)) / 1000;
    const bool has_b = rng.below(8) != 0;
    const double b = static_cast<double>(rng.below(40)) / 40;
    const std::uint64_t few = rng.below(kFewCategories);
    const std::uint64_t many = rng.below(rng.below(kManyCategories) + 1);
    data.x.push_back(static_cast<float>(a));
    data.x.push_back(has_b ? static_cast<float>(b) : std::numeric_limits<float>::quiet_NaN());
    data.x.push_back(static_cast<float>(few));
    data.x.push_back(static_cast<float>(many));
    const double signal =
        (a + (has_b ? b : 0.8) + static_cast<double>(few * 3 % kFewCategories) / kFewCategories +
         static_cast<double>(many * 7 % 10) / 10) /
        4;  // in [0, 1)
    if (class_count == 0) data.labels.values.push_back(signal * 64);
    if (class_count > 0)
      data.labels.class_indices.push_back(
          static_cast<std::uint32_t>(signal * static_cast<double>(class_count)));
  }
  return data;
}

struct Golden {
  std::string name;
  std::size_t class_count;
  bool categorical;
  ForestParams params;
  std::string sha256;
  std::string predictions;  // all outputs of three other rows
};

ForestParams params_of(ForestParams params, void (*change)(ForestParams&)) {
  params.random_state = 42;
  change(params);
  return params;
}

void PrintTo(const Golden& golden, std::ostream* out) { *out << golden.name; }

class ForestGolden : public ::testing::TestWithParam<Golden> {};

TEST_P(ForestGolden, IsAsItWas) {
  const Golden& golden = GetParam();
  const TestData data = mixed_data(golden.class_count, 1);
  const std::vector<std::uint32_t> categories = {0, 0, kFewCategories, kManyCategories};
  auto fitted = fit_forest(
      data.view(), data.labels, golden.params,
      {.thread_count = 2, .category_counts = golden.categorical ? categories : std::vector<std::uint32_t>()});
  ASSERT_TRUE(fitted.ok()) << to_string(fitted.error());
  const std::vector<std::byte> bytes = fitted->forest->to_bytes();
  EXPECT_EQ(base::sha256_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()}), golden.sha256);
  TestData others = mixed_data(golden.class_count, 2);
  others.x.resize(3 * others.cols);
  std::string predictions;
  for (const double output : predict(*fitted->forest, others)) predictions += base::format_real(output) + " ";
  EXPECT_EQ(predictions, golden.predictions);
}

INSTANTIATE_TEST_SUITE_P(
    All, ForestGolden,
    ::testing::Values(Golden{"Numbers", 2, false, params_of(trees(5), [](ForestParams&) {}),
                             "3729a001509dab7af85b675436fe4413af02555386f4020ed483c9664b20c3d0",
                             "0.0 1.0 0.8 0.2 1.0 0.0 "},
                      Golden{"TwoClasses", 2, true, params_of(trees(5), [](ForestParams&) {}),
                             "6f3d44c62788b8963f1ae36165a8dac5789991f29ea6def40041fc357d4a6e1b",
                             "0.2 0.8 1.0 0.0 1.0 0.0 "},
                      Golden{"FourClasses", 4, true,
                             params_of(trees(5), [](ForestParams& params) { params.min_samples_leaf = 3; }),
                             "616527ab6e594edd9ee7a31f0034e606030a6b49095daee897ac1bb113441ef3",
                             "0.9333333333333332 0.06666666666666667 0.0 0.0 0.0 0.2 0.8 0.0 "
                             "0.4133333333333333 0.5866666666666667 0.0 0.0 "},
                      Golden{"Regression", 0, true,
                             params_of(trees(5), [](ForestParams& params) { params.max_leaf_nodes = 60; }),
                             "47b63b75a4a715d9b87eded1d62029d6710fba536a15cc8cebdceb603c8f3fc9",
                             "28.655599455782312 34.44473087480607 34.34727111111111 "}),
    [](const auto& golden) { return golden.param.name; });

}  // namespace
}  // namespace archmlp::train
