#include "archmlp/svm/linear_rows.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "archmlp/base/cancel.h"
#include "archmlp/base/parallel.h"
#include "archmlp/base/try.h"

namespace archmlp::svm {
namespace {

constexpr std::size_t kMostChunks = 64, kLeastChunks = 4;
constexpr std::size_t kGramBytes = std::size_t{64} << 20U;  // of the Gram matrices of all chunks
constexpr std::size_t kBlockPanels = kBlockRows / kPanelRows<float>;

std::vector<double> mean_of(model::MatrixView x, int thread_count) {
  return centre_of(x, {.kind = model::KernelKind::kRbf}, thread_count);
}

}  // namespace

LinearRows::LinearRows(model::MatrixView x, bool bias, int thread_count)
    : row_count_(x.rows), bias_(bias), thread_count_(thread_count) {
  centre_ = bias ? mean_of(x, thread_count) : std::vector<double>(x.cols, 0.0);
  std::vector<std::uint32_t> rows(x.rows);
  std::iota(rows.begin(), rows.end(), 0U);
  packed_.pack(x, rows, std::vector<double>(x.cols, 0.0), thread_count);
  const std::size_t block_count = (row_count_ + kBlockRows - 1) / kBlockRows;
  const std::size_t fitting = kGramBytes / (columns() * columns() * sizeof(double));
  const std::size_t most_chunks = std::clamp(fitting, kLeastChunks, kMostChunks);
  blocks_per_chunk_ = (block_count + most_chunks - 1) / most_chunks;
  chunk_count_ = (block_count + blocks_per_chunk_ - 1) / blocks_per_chunk_;
}

base::Status LinearRows::for_each_block(const std::function<void(const Block&)>& work) const {
  const std::size_t padded = padded_to(columns(), kTileRows * kTileColumns);
  return base::parallel_for(chunk_count_, thread_count_, [&](std::size_t chunk) -> base::Status {
    std::vector<double> values(padded * kBlockRows, 0.0), spare(padded * kBlockRows, 0.0);
    if (bias_)
      std::fill_n(values.begin() + static_cast<std::ptrdiff_t>(depth() * kBlockRows), kBlockRows, -1.0);
    const std::size_t begin = chunk * blocks_per_chunk_ * kBlockRows;
    const std::size_t end = std::min(row_count_, begin + blocks_per_chunk_ * kBlockRows);
    for (std::size_t first = begin; first < end; first += kBlockRows) {
      TRY(base::check_cancelled());
      const std::size_t panel = first / kPanelRows<float>;
      load_block(packed_.panels() + panel * kPanelRows<float> * depth(),
                 std::min(kBlockPanels, packed_.panel_count() - panel), depth(), centre_.data(),
                 values.data());
      work({.chunk = chunk,
            .first = first,
            .count = std::min(kBlockRows, row_count_ - first),
            .values = values.data(),
            .spare = spare.data()});
    }
    return {};
  });
}

void LinearRows::copy_row(std::size_t row, double* values) const noexcept {
  const float* from =
      packed_.panels() + row / kPanelRows<float> * depth() * kPanelRows<float> + row % kPanelRows<float>;
  for (std::size_t j = 0; j < depth(); ++j)
    values[j] = static_cast<double>(from[j * kPanelRows<float>]) - centre_[j];
  if (bias_) values[depth()] = -1;
}

base::Status LinearRows::decide(std::span<const double> coefficients, std::span<double> out) const {
  return for_each_block([&](const Block& block) {
    std::array<double, kBlockRows> decisions = {};
    block_dots(block.values, columns(), coefficients.data(), decisions.data());
    std::copy_n(decisions.begin(), block.count, out.begin() + static_cast<std::ptrdiff_t>(block.first));
  });
}

base::Result<std::vector<double>> LinearRows::weighted_sum(std::span<const double> factors) const {
  std::vector<double> parts(chunk_count_ * columns(), 0.0);
  TRY(for_each_block([&](const Block& block) {
    std::array<double, kBlockRows> some = {};
    std::copy_n(factors.begin() + static_cast<std::ptrdiff_t>(block.first), block.count, some.begin());
    add_block_products(block.values, columns(), some.data(), parts.data() + block.chunk * columns());
  }));
  add_up_parts(parts, columns());
  return parts;
}

void add_up_parts(std::vector<double>& parts, std::size_t size) {
  for (std::size_t i = size; i < parts.size(); ++i) parts[i % size] += parts[i];
  parts.resize(size);
}

}  // namespace archmlp::svm
