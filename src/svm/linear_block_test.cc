#include "archmlp/svm/linear_block.h"

#include <gtest/gtest.h>

#include <vector>

#include "archmlp/base/rng.h"
#include "archmlp/svm/kernel_block.h"

namespace archmlp::svm {
namespace {

constexpr std::size_t kDepth = 5;

struct Example {
  std::vector<float> panels = std::vector<float>(kDepth * kBlockHeight);
  std::vector<double> centre = std::vector<double>(kDepth), factors = std::vector<double>(kBlockHeight);
  std::vector<double> values = std::vector<double>(12 * kBlockHeight, 0.0);

  Example() {
    base::Rng rng(7);
    for (float& value : panels) value = static_cast<float>(rng.uniform() - 0.5);
    for (double& value : centre) value = rng.uniform();
    for (double& value : factors) value = rng.uniform();
    load_block(panels.data(), kBlockHeight / kPanelRows<float>, kDepth, centre.data(), values.data());
  }
  double at(std::size_t j, std::size_t row) const {
    const std::size_t panel = row / kPanelRows<float>, place = row % kPanelRows<float>;
    return static_cast<double>(panels[(panel * kDepth + j) * kPanelRows<float> + place]) - centre[j];
  }
};

TEST(LinearBlock, IsTheRowsLessTheirCentre) {
  const Example example;
  for (std::size_t j = 0; j < kDepth; ++j) {
    for (std::size_t row = 0; row < kBlockHeight; ++row)
      EXPECT_EQ(example.values[j * kBlockHeight + row], example.at(j, row));
  }
}

TEST(LinearBlock, ProductsAreTheirDefinition) {
  const Example example;
  const std::vector<double> w = {0.5, -1, 2, 0.25, -3};
  std::vector<double> dots(kBlockHeight), totals(kDepth, 1.0);
  block_dots(example.values.data(), kDepth, w.data(), dots.data());
  add_block_products(example.values.data(), kDepth, example.factors.data(), totals.data());
  std::vector<double> expected(kDepth, 1.0);
  for (std::size_t row = 0; row < kBlockHeight; ++row) {
    double dot = 0;
    for (std::size_t j = 0; j < kDepth; ++j) {
      dot += w[j] * example.at(j, row);
      expected[j] += example.factors[row] * example.at(j, row);
    }
    EXPECT_NEAR(dots[row], dot, 1e-14);
  }
  for (std::size_t j = 0; j < kDepth; ++j) EXPECT_NEAR(totals[j], expected[j], 1e-12);
}

TEST(LinearBlock, GramIsItsDefinitionAtAndAboveTheDiagonal) {
  const Example example;
  std::vector<double> scaled(12 * kBlockHeight, 0.0);
  scale_block(example.values.data(), kDepth, example.factors.data(), scaled.data());
  const std::size_t stride = padded_to(kDepth, kTileColumns);
  std::vector<double> gram(padded_to(kDepth, kTileRows) * stride, 0.5);
  add_block_gram(example.values.data(), scaled.data(), kDepth, gram.data());
  for (std::size_t j = 0; j < kDepth; ++j) {
    for (std::size_t k = j; k < kDepth; ++k) {
      double expected = 0.5;
      for (std::size_t row = 0; row < kBlockHeight; ++row)
        expected += example.factors[row] * example.at(j, row) * example.at(k, row);
      EXPECT_NEAR(gram[j * stride + k], expected, 1e-12) << j << ' ' << k;
    }
  }
}

}  // namespace
}  // namespace archmlp::svm
