#pragma once

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <vector>

#include "archmlp/model/model.h"

// What holds of the section of any model, whatever its bytes: it is refused, or it predicts without touching
// anything outside it, a row alone as among others.

namespace archmlp::fuzz {

inline constexpr std::size_t kMaxWidth = 4096;  // features or outputs; more only takes memory

inline void require(bool condition) {
  if (!condition) std::abort();
}

/// Bytes where a model may stand, with room behind them that is not theirs.
inline std::vector<std::uint64_t> aligned(const std::uint8_t* data, std::size_t size) {
  std::vector<std::uint64_t> words(size / 8 + 1);
  std::memcpy(words.data(), data, size);
  return words;
}

/// `check`: of each output.
template <typename Check>
void predict_both_ways(const model::Model& model, Check check) {
  if (model.feature_count() > kMaxWidth || model.output_count() > kMaxWidth) return;
  const std::vector<float> values = {0.0F,
                                     1.0F,
                                     33.0F,
                                     -1e30F,
                                     std::numeric_limits<float>::infinity(),
                                     std::numeric_limits<float>::quiet_NaN()};
  std::vector<float> x;
  for (const float value : values) x.insert(x.end(), model.feature_count(), value);
  const std::size_t width = model.output_count();
  std::vector<double> rows(values.size() * width), one(width);
  require(
      model.predict(model::MatrixView::row_major(x.data(), values.size(), model.feature_count()), rows).ok());
  for (std::size_t row = 0; row < values.size(); ++row) {
    model.predict_row(std::span(x).subspan(row * model.feature_count(), model.feature_count()), one);
    require(std::memcmp(one.data(), rows.data() + row * width, width * sizeof(double)) == 0);
    for (const double output : one) check(output);
    if (model.class_count() > 0) require(model.class_of(one) < model.class_count());
  }
}

}  // namespace archmlp::fuzz
