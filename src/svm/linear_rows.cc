#include "archmlp/svm/linear_rows.h"

#include <algorithm>
#include <array>

#include "archmlp/base/cancel.h"
#include "archmlp/base/parallel.h"
#include "archmlp/base/try.h"

namespace archmlp::svm {
namespace {

constexpr std::size_t kMostChunks = 64, kLeastChunks = 4;
constexpr std::size_t kGramBytes = std::size_t{64} << 20U;  // of the Gram matrices of all chunks
constexpr std::size_t kPanelsOfBlock = kBlockHeight / kPanelRows<float>;

}  // namespace

LinearRows::LinearRows(model::MatrixView x, std::span<const std::uint32_t> rows,
                       std::span<const double> centre, bool bias, int thread_count)
    : row_count_(rows.size()),
      bias_(bias),
      thread_count_(thread_count),
      centre_(centre.begin(), centre.end()) {
  packed_.pack(x, rows, std::vector<double>(x.cols, 0.0), thread_count);
  const std::size_t block_count = (row_count_ + kBlockHeight - 1) / kBlockHeight;
  const std::size_t fitting = kGramBytes / (columns() * columns() * sizeof(double));
  const std::size_t most_chunks = std::clamp(fitting, kLeastChunks, kMostChunks);
  blocks_per_chunk_ = (block_count + most_chunks - 1) / most_chunks;
  chunk_count_ = (block_count + blocks_per_chunk_ - 1) / blocks_per_chunk_;
}

base::Status LinearRows::for_each_block(const std::function<void(const Block&)>& work) const {
  const std::size_t padded = padded_to(columns(), kTileRows * kTileColumns);
  return base::parallel_for(chunk_count_, thread_count_, [&](std::size_t chunk) -> base::Status {
    std::vector<double> values(padded * kBlockHeight, 0.0), spare(padded * kBlockHeight, 0.0);
    if (bias_)
      std::fill_n(values.begin() + static_cast<std::ptrdiff_t>(depth() * kBlockHeight), kBlockHeight, -1.0);
    const std::size_t begin = chunk * blocks_per_chunk_ * kBlockHeight;
    const std::size_t end = std::min(row_count_, begin + blocks_per_chunk_ * kBlockHeight);
    for (std::size_t first = begin; first < end; first += kBlockHeight) {
      TRY(base::check_cancelled());
      const std::size_t panel = first / kPanelRows<float>;
      load_block(packed_.panels() + panel * kPanelRows<float> * depth(),
                 std::min(kPanelsOfBlock, packed_.panel_count() - panel), depth(), centre_.data(),
                 values.data());
      work({.chunk = chunk,
            .first = first,
            .count = std::min(kBlockHeight, row_count_ - first),
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
    std::array<double, kBlockHeight> decisions = {};
    block_dots(block.values, columns(), coefficients.data(), decisions.data());
    std::copy_n(decisions.begin(), block.count, out.begin() + static_cast<std::ptrdiff_t>(block.first));
  });
}

base::Result<std::vector<double>> LinearRows::weighted_sum(std::span<const double> factors) const {
  std::vector<double> parts(chunk_count_ * columns(), 0.0);
  TRY(for_each_block([&](const Block& block) {
    std::array<double, kBlockHeight> some = {};
    std::copy_n(factors.begin() + static_cast<std::ptrdiff_t>(block.first), block.count, some.begin());
    add_block_products(block.values, columns(), some.data(), parts.data() + block.chunk * columns());
  }));
  add_up_parts(parts, columns());
  return parts;
}

std::vector<double> linear_centre(model::MatrixView x, bool bias, int thread_count) {
  if (!bias) return std::vector<double>(x.cols, 0.0);
  return centre_of(x, {.kind = model::KernelKind::kRbf}, thread_count);
}

void add_up_parts(std::vector<double>& parts, std::size_t size) {
  for (std::size_t i = size; i < parts.size(); ++i) parts[i % size] += parts[i];
  parts.resize(size);
}

}  // namespace archmlp::svm
