#include "archmlp/serve/model_metrics.h"

#include <gmock/gmock.h>

#include <limits>
#include <random>
#include <thread>
#include <vector>

#include "archmlp/test_support/example_parts.h"

namespace archmlp::serve {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

/// Inputs a and b; nearly all training rows are from 1 to 2 in a, and below 5 in b.
std::shared_ptr<const predict::Predictor> example_predictor() {
  test_support::ExampleParts example = test_support::example_regression_parts();
  const auto encoder = bundle::FeatureEncoder::make(example.parts.contract.features,
                                                    example.parts.model_features, example.parts.categories);
  std::vector<bundle::InputDistribution> inputs = {{.marks = {1, 2}, .counts = {1, 97, 1, 1}},
                                                   {.marks = {5}, .counts = {98, 1, 1}}};
  example.parts.reference = bundle::ReferenceDistribution::make(*encoder, 100, std::move(inputs)).value();
  return std::make_shared<const predict::Predictor>(test_support::load_example(example));
}

/// Rows of inputs a and b, [rows, 2].
std::vector<float> random_rows(std::size_t count, std::mt19937& random) {
  constexpr float kValues[] = {kNan, 0, 1, 1.5F, 2, 5, 7};
  std::vector<float> rows(2 * count);
  for (float& value : rows) value = kValues[random() % std::size(kValues)];
  return rows;
}

std::vector<double> drift_of(const std::vector<float>& rows, const bundle::ReferenceDistribution& reference) {
  std::vector<double> drift;
  for (std::size_t input = 0; input < 2; ++input) {
    std::vector<std::uint64_t> counts(reference.bin_count(input));
    for (std::size_t i = input; i < rows.size(); i += 2) ++counts[reference.bin_of(input, rows[i])];
    drift.push_back(reference.population_stability_index(input, counts));
  }
  return drift;
}

std::vector<double> drift_of(ModelMetrics& metrics) {
  std::vector<double> drift;
  for (const ModelMetrics::Totals::OfInput& input : metrics.totals().inputs)
    drift.push_back(input.stability_index);
  return drift;
}

TEST(ModelMetrics, DriftIsThatOfEveryRowOfTheWindow) {
  const auto predictor = example_predictor();
  const bundle::ReferenceDistribution& reference = *predictor->bundle().reference();
  ModelMetrics metrics(predictor, 2);
  std::mt19937 random(1);
  const auto predict = [&](std::size_t thread, std::size_t count) {
    const std::vector<float> rows = random_rows(count, random);
    metrics.of_thread(thread).predicted(*predictor, rows, std::vector<double>(count));
    return rows;
  };
  EXPECT_EQ(drift_of(metrics), (std::vector<double>{0, 0}));

  std::vector<float> rows = predict(0, 10'000);
  EXPECT_EQ(drift_of(metrics), drift_of(rows, reference));
  metrics.move_window();
  std::vector<float> later = predict(1, 12'000);
  metrics.move_window();  // forgets `rows`
  const std::vector<float> latest = predict(0, 100);
  later.insert(later.end(), latest.begin(), latest.end());
  EXPECT_EQ(drift_of(metrics), drift_of(later, reference));
  EXPECT_EQ(metrics.totals().drift_rows, 12'100U);
  EXPECT_EQ(metrics.totals().rows, 22'100U);
}

TEST(ModelMetrics, DriftIsSeenWhileRowsAreCounted) {
  const auto predictor = example_predictor();
  ModelMetrics metrics(predictor, 1);
  const std::vector<float> rows(2 * 1000, 7);  // none is usual
  const std::vector<double> outputs(1000);
  ModelMetrics::Block& block = metrics.of_thread(0);
  block.predicted(*predictor, rows, outputs);
  std::jthread counting([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) block.predicted(*predictor, rows, outputs);
  });
  for (int i = 0; i < 1000; ++i) {
    metrics.move_window();  // rows are counted between the readings at both of its ends
    const ModelMetrics::Totals totals = metrics.totals();
    for (const ModelMetrics::Totals::OfInput& input : totals.inputs) EXPECT_GT(input.stability_index, 1);
  }
}

}  // namespace
}  // namespace archmlp::serve
