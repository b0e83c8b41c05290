// Any bytes: a forest is refused, or predicts finite numbers without touching anything outside them.

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <vector>

#include "archmlp/model/forest.h"

namespace {

using archmlp::model::Forest;
using archmlp::model::MatrixView;

constexpr std::size_t kMaxWidth = 4096;  // features or outputs; more only takes memory

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::uint64_t> words(size / 8 + 1);
  std::memcpy(words.data(), data, size);
  const auto forest = Forest::from_bytes(std::as_bytes(std::span(words)).first(size));
  if (!forest.ok()) return 0;
  const Forest& model = **forest;
  require(model.to_bytes().size() == size);
  if (model.feature_count() > kMaxWidth || model.output_count() > kMaxWidth) return 0;
  const std::vector<float> values = {0.0F,
                                     1.0F,
                                     33.0F,
                                     -1e30F,
                                     std::numeric_limits<float>::infinity(),
                                     std::numeric_limits<float>::quiet_NaN()};
  std::vector<float> x;
  for (const float value : values) x.insert(x.end(), model.feature_count(), value);
  std::vector<double> rows(values.size() * model.output_count());
  require(model.predict(MatrixView::row_major(x.data(), values.size(), model.feature_count()), rows).ok());
  std::vector<double> one(model.output_count());
  for (std::size_t row = 0; row < values.size(); ++row) {
    model.predict_row(std::span(x).subspan(row * model.feature_count(), model.feature_count()), one);
    for (std::size_t k = 0; k < one.size(); ++k)
      require(std::isfinite(one[k]) && one[k] == rows[row * one.size() + k]);
  }
  return 0;
}
